"""The training loop.

Everything random is drawn from generators seeded by (seed, epoch, index), so a run that was
killed and resumed from its last checkpoint ends with the weights of one that was not.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.augment import augment
from models.checkpoint import CHECKPOINT_FILE, Checkpoint, CheckpointError
from models.config import TrainConfig, training_samples, validation_samples
from models.data import Pixels, Sample, cache_at_area, require_disjoint
from models.loss import dice_bce_loss
from models.validation import lesion_iou_by_source

CURVES_FILE = "curves.jsonl"
_EPOCH_STREAM, _SAMPLE_STREAM = 0, 1

Progress = Callable[[int, int, int, float], None]
"""Called after each step with epoch (from 0), step in it (from 1), steps per epoch and loss."""


class TrainingDiverged(Exception):  # noqa: N818 - the name says what happened
    """The loss is not a number; the last good checkpoint is kept."""


def split(config: TrainConfig) -> tuple[list[Sample], list[Sample]]:
    """Training and validation samples of all sources; no group is in both."""
    training = training_samples(config.sources)
    validation = validation_samples(config.sources)
    require_disjoint(training, validation)
    return training, validation


class Trainer:
    """One run in one folder; continues from the folder's checkpoint if there is one.

    Raises:
        CheckpointError: the folder's checkpoint is damaged or of another configuration.
        DataError: a data set cannot be used.
    """

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self.config = config
        self.folder = folder
        if config.threads:
            torch.set_num_threads(config.threads)
        self._training, self._validation = split(config)
        if len(self._training) < config.batch_size:
            raise CheckpointError("There are fewer training samples than one batch holds.")
        self._drawn = [
            (np.flatnonzero([s.source == source.folder.name for s in self._training]), source.share)
            for source in config.sources
        ]
        drawn = sum(round(len(indices) * share) for indices, share in self._drawn)
        self.steps_per_epoch = drawn // config.batch_size
        torch.manual_seed(config.seed)
        self.network = _channels_last(config.network.build())
        self.average = _channels_last(config.network.build())
        self._initialise()
        self.average.load_state_dict(self.network.state_dict())
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.network, config), fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=[group["lr"] for group in self.optimizer.param_groups],
            total_steps=self.steps_per_epoch * config.epochs,
            pct_start=config.warmup_share,
            cycle_momentum=False,
        )
        self.epoch = 0
        self.curves: list[dict[str, Any]] = []
        if self.checkpoint_path.exists():
            self._resume()

    @property
    def checkpoint_path(self) -> Path:
        """Where the run's state is after each epoch."""
        return self.folder / CHECKPOINT_FILE

    def run(self, progress: Progress | None = None) -> list[dict[str, Any]]:
        """Train the epochs that are left; returns the curves, one record per epoch.

        Raises:
            TrainingDiverged: a step's loss is not finite.
        """
        if self.epoch >= self.config.epochs:
            return self.curves
        # A cache of the largest view that augmentation asks for keeps its detail and no more.
        largest = self.config.largest_size * self.config.augment.scale[1]
        pixels = cache_at_area(self._training, round(largest**2))
        while self.epoch < self.config.epochs:
            self._epoch(pixels, progress)
        return self.curves

    def _epoch(self, pixels: list[Pixels], progress: Progress | None) -> None:
        started = time.perf_counter()
        # Dropout draws from the global generator.
        torch.manual_seed(self.config.seed * 1_000_003 + self.epoch)
        self.network.train()
        total = 0.0
        for step, (images, labels) in enumerate(self._batches(pixels), start=1):
            loss = self._step(images, labels)
            total += loss
            if progress:
                progress(self.epoch, step, self.steps_per_epoch, loss)
        seconds = time.perf_counter() - started
        record: dict[str, Any] = {
            "epoch": self.epoch + 1,
            "size": self.config.size_at(self.epoch),
            "loss": total / self.steps_per_epoch,
            "learning_rate": self.schedule.get_last_lr()[-1],
            "images_per_second": self.steps_per_epoch * self.config.batch_size / seconds,
        }
        self.epoch += 1
        if self.epoch % self.config.validate_every == 0 or self.epoch == self.config.epochs:
            with self._autocast():
                record["validation_iou"] = lesion_iou_by_source(
                    self.average, self._validation, self.config.input_area
                )
        self.curves.append(record)
        self._save()

    def _batches(self, pixels: list[Pixels]) -> Iterator[tuple[Tensor, Tensor]]:
        config = self.config
        size = config.size_at(self.epoch)
        order = self._order()
        for step in range(self.steps_per_epoch):
            chosen = order[step * config.batch_size : (step + 1) * config.batch_size]
            views = [
                augment(
                    pixels[index],
                    size,
                    np.random.default_rng((config.seed, _SAMPLE_STREAM, self.epoch, int(index))),
                    config.augment,
                )
                for index in chosen
            ]
            images = torch.from_numpy(np.stack([view.image for view in views]))
            labels = torch.from_numpy(np.stack([view.mask for view in views]))
            # The memory is channels-last already; only the order of the axes is told.
            yield images.permute(0, 3, 1, 2).float(), labels

    def _order(self) -> NDArray[np.intp]:
        """Indices of the epoch's samples: of each source its share, all mixed."""
        rng = np.random.default_rng((self.config.seed, _EPOCH_STREAM, self.epoch))
        order = rng.permutation(len(self._training))
        kept = [
            order[np.isin(order, indices)][: round(len(indices) * share)]
            for indices, share in self._drawn
        ]
        return order[np.isin(order, np.concatenate(kept))]

    def _step(self, images: Tensor, labels: Tensor) -> float:
        with self._autocast():
            logits = self.network(images)
        loss = dice_bce_loss(logits, labels)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"The loss became {value} in epoch {self.epoch + 1}. The checkpoint of epoch "
                f"{self.epoch} is kept; lower the learning rate and start again from it."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self.schedule.step()
        self._update_average()
        return value

    @torch.no_grad()
    def _update_average(self) -> None:
        """Exponential moving average of weights and batch statistics, short at the start."""
        steps = self.schedule.last_epoch
        decay = min(self.config.ema_decay, (1 + steps) / (10 + steps))
        average, current = self.average.state_dict(), self.network.state_dict()
        floating = [name for name, value in average.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [average[name] for name in floating], [current[name] for name in floating], 1 - decay
        )

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.config.precision == "bf16")

    def _initialise(self) -> None:
        if self.config.initial_checkpoint:
            start = Checkpoint.read(self.config.initial_checkpoint)
            self.network.load_state_dict(start.average)
        else:
            self.config.network.start(self.network)

    def _resume(self) -> None:
        saved = Checkpoint.read(self.checkpoint_path)
        if saved.config != self.config:
            raise CheckpointError(
                f"{self.folder} holds a run of another configuration; choose another folder."
            )
        self.network.load_state_dict(saved.network)
        self.average.load_state_dict(saved.average)
        self.optimizer.load_state_dict(saved.optimizer)
        self.schedule.load_state_dict(saved.schedule)
        self.epoch, self.curves = saved.epochs, saved.curves

    def _save(self) -> None:
        Checkpoint(
            config=self.config,
            epochs=self.epoch,
            network=self.network.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            schedule=self.schedule.state_dict(),
            curves=self.curves,
        ).write(self.checkpoint_path)
        # Derived from the checkpoint, for people and plotting; whole again after each epoch.
        lines = "".join(json.dumps(record) + os.linesep for record in self.curves)
        (self.folder / CURVES_FILE).write_text(lines, encoding="utf-8")


def _channels_last(network: nn.Module) -> nn.Module:
    """The order of memory in which convolutions run fastest on CPUs."""
    # torch's own stubs lack the overload.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _parameter_groups(network: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """Encoder and head at their own rates; no decay on norms and biases."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": config.learning_rate * (config.encoder_rate_factor if encoder else 1.0),
            "weight_decay": config.weight_decay if decayed else 0.0,
        }
        for (encoder, decayed), parameters in sorted(groups.items())
    ]
