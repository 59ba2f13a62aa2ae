"""The training loop.

All random numbers come from generators seeded by (seed, epoch, index), so a run that was killed and
resumed from its last checkpoint ends with the weights of an uninterrupted one.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from models.architectures.channels import lesion_logits
from models.architectures.deeplabv3plus import DeepLabV3Plus, WithPresence
from models.data.labels import IGNORED
from models.data.loading import load_samples, load_unlabelled, require_readable
from models.data.samples import Pixels, Sample, read_pixels, require_disjoint
from models.training.batches import Batch, Batches
from models.training.checkpoint import BEST_FILE, CHECKPOINT_FILE, Checkpoint, CheckpointError
from models.training.class_loss import class_loss, lesions_of
from models.training.config import ConfigError, TrainConfig, training_samples, validation_samples
from models.training.curves import write_curves
from models.training.device import ComputeDevice, memory_explained
from models.training.distributed import Ranks
from models.training.initial import load_initial_weights
from models.training.loss import dice_bce_loss, hardest_background_loss, presence_loss
from models.training.optimization import (
    build_optimizer,
    build_schedule,
    freeze_encoder,
    only_presence_learns,
    update_average,
)
from models.training.semi_supervised import pseudo_label_loss, pseudo_labels, ramp_up
from models.training.validation import class_scores_by_source, lesion_iou_by_source

Progress = Callable[[int, int, int, float], None]
"""Called after each step with epoch (from 0), step in it (from 1), steps per epoch and loss."""

EpochDone = Callable[[], None]
"""Called after each epoch, once its checkpoint is on disk."""


class TrainingDiverged(Exception):  # noqa: N818 - the name says what happened
    """The loss is not a number; the last good checkpoint is kept."""


def split(config: TrainConfig) -> tuple[list[Sample], list[Sample]]:
    """Return the training and validation samples of all sources; no group is in both."""
    training = training_samples(config.sources)
    validation = validation_samples(config.sources)
    require_disjoint(training, validation)
    return training, validation


@dataclass(frozen=True, slots=True)
class _Losses:
    """Means over all processes, of one step or of the steps of an epoch."""

    total: float
    pseudo: float = 0.0
    sure: float = 0.0
    """Share of the unlabelled pixels on which the teacher is confident."""


class Trainer:
    """One run in one folder; continues from the folder's checkpoint if there is one.

    Args:
        config: the run's configuration.
        folder: folder of its checkpoints and curves.
        ranks: this process among those that share the run.

    Raises:
        CheckpointError: the folder's checkpoint or the initial weights are damaged or belong to
            another configuration.
        ConfigError: the device or the number of processes does not fit.
        DataError: a data set cannot be used.
    """

    def __init__(self, config: TrainConfig, folder: Path, ranks: Ranks | None = None) -> None:
        self.config = config
        self.folder = folder
        self.ranks = ranks or Ranks()
        self.ranks.require_divisible(config)
        self.place = ComputeDevice.of(config, self.ranks.rank)
        self.place.share_cores(config, self.ranks.size)
        self._training, self.validation = split(config)
        self.labels = config.class_labels
        self.batches = Batches(config, self._training, self.ranks, self.place.loaders(config))
        self.steps_per_epoch = self.batches.steps_per_epoch
        if not self.steps_per_epoch:
            raise ConfigError("An epoch has fewer samples than one batch; lower batch_size.")
        torch.manual_seed(config.seed)
        network = config.network.build()
        load_initial_weights(network, config)
        self.network = self.ranks.synchronised(self.place.put(network), self.place.device)
        self.average = self.place.put(config.network.build()).eval()
        self.average.load_state_dict(self.network.state_dict())
        self.optimizer = build_optimizer(self.network, config)
        self.steps = self.steps_per_epoch * config.epochs
        self.schedule = build_schedule(self.optimizer, config, self.steps)
        self.scaler = self.place.scaler()
        self._parallel: nn.Module | None = None
        self.epoch = 0
        self.curves: list[dict[str, Any]] = []
        if self.checkpoint_path.exists():
            self._resume()

    @property
    def checkpoint_path(self) -> Path:
        """The file of the run's state after each epoch."""
        return self.folder / CHECKPOINT_FILE

    @property
    def best_path(self) -> Path:
        """The file of the state with the best validation."""
        return self.folder / BEST_FILE

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or validation has not improved for as long as allowed."""
        if self.epoch >= self.config.last_epoch:
            return True
        scores = _scores(self.curves)
        patience = self.config.patience
        return bool(patience and scores and len(scores) - 1 - scores.index(max(scores)) >= patience)

    def run(
        self, progress: Progress | None = None, epoch_done: EpochDone | None = None
    ) -> list[dict[str, Any]]:
        """Train the remaining epochs; return the curves, one record per epoch.

        Raises:
            DataError: images cannot be used; the message lists them.
            OutOfMemory: images, network and batches do not fit.
            TrainingDiverged: a step's loss is not finite.
        """
        if self.finished:
            return self.curves
        with memory_explained(self._memory_advice(fewer_images=True)):
            read = self.labels.read if self.labels else read_pixels
            require_readable(self.validation[self.ranks.rank :: self.ranks.size], read)
            # Cache images at the resolution of the largest view that augmentation requires.
            area = round((self.config.largest_size * self.config.augment.scale[1]) ** 2)
            pixels = load_samples(self._training, area, read)
            unlabelled: list[Pixels] = []
            if self.config.unlabelled:
                unlabelled = load_unlabelled(self.config.unlabelled.folders, area, self.validation)
        while not self.finished:
            with memory_explained(self._memory_advice()):
                self._epoch(pixels, unlabelled, progress)
            if epoch_done:
                epoch_done()
        return self.curves

    def _epoch(
        self, pixels: Sequence[Pixels], unlabelled: Sequence[Pixels], progress: Progress | None
    ) -> None:
        started = time.perf_counter()
        # Dropout draws from the global generator; each process must draw differently.
        torch.manual_seed(
            self.config.seed * 1_000_003 + self.epoch + self.ranks.rank * 1_000_000_007
        )
        parallel = self._ready()
        losses: list[_Losses] = []
        for step, batch in enumerate(
            self.batches.of_epoch(self.epoch, pixels, unlabelled), start=1
        ):
            losses.append(self._step(parallel, batch.to(self.place.device)))
            if progress:
                progress(self.epoch, step, self.steps_per_epoch, losses[-1].total)
        self.ranks.agree_on_statistics(self.network, self.average)
        seconds = time.perf_counter() - started
        record: dict[str, Any] = {
            "epoch": self.epoch + 1,
            "size": self.config.size_at(self.epoch),
            "loss": sum(loss.total for loss in losses) / self.steps_per_epoch,
            "learning_rate": max(self.schedule.get_last_lr()),
            "images_per_second": self.steps_per_epoch * self.config.batch_size / seconds,
        }
        if self.config.unlabelled:
            record["pseudo_label_loss"] = fmean(loss.pseudo for loss in losses)
            record["pseudo_labelled_share"] = fmean(loss.sure for loss in losses)
        self.epoch += 1
        every = self.config.validate_every
        if every and (self.epoch % every == 0 or self.epoch == self.config.last_epoch):
            with self.place.autocast():
                record |= self._validated()
        self.curves.append(record)
        if self.ranks.first:
            self._save()

    def _validated(self) -> dict[str, Any]:
        """Return the scores of the averaged network on the held-out samples."""
        if self.labels is None:
            scores = lesion_iou_by_source(
                self.average, self.validation, self.config.input_area, self.ranks
            )
            return {"validation_iou": scores}
        found = class_scores_by_source(
            self.average, self.validation, self.labels, self.config.input_area, self.ranks
        )
        return {
            "validation_iou": {source: one.score for source, one in found.items()},
            "validation_classes": {source: one.to_json() for source, one in found.items()},
        }

    def _ready(self) -> nn.Module:
        """Return the module to call in training, with this epoch's parts set to learn."""
        self.network.train()
        frozen = self.config.freeze_encoder_epochs
        if frozen:
            freeze_encoder(self.network, self.epoch < frozen)
        if self.config.only_presence:
            only_presence_learns(self.network)
        if self._parallel is None or self.epoch == frozen:
            if self._parallel is not None:
                self._parallel = None
                gc.collect()  # its gradient hooks disappear only with it
            called = WithPresence(self.network) if _answers_presence(self.network) else self.network
            self._parallel = self.ranks.parallel(called)
        return self._parallel

    def _step(self, parallel: nn.Module, batch: Batch) -> _Losses:
        loss, losses = self._losses(parallel, batch)
        if not math.isfinite(losses.total):
            raise TrainingDiverged(
                f"The loss became {losses.total} in epoch {self.epoch + 1}. The checkpoint of "
                f"epoch {self.epoch} is kept; lower the learning rate and start again from it."
            )
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        update_average(self.average, self.network, self.schedule.last_epoch, self.config.ema_decay)
        return losses

    def _losses(self, parallel: nn.Module, batch: Batch) -> tuple[Tensor, _Losses]:
        """Return the loss to differentiate, and its mean over all processes."""
        settings = self.config.unlabelled
        inside = self.ranks.mean((batch.labels != IGNORED).sum().float())
        if settings is None or batch.unlabelled is None:
            with self.place.autocast():
                logits, presence = _parts(parallel(batch.images))
            loss = self._labelled_loss(logits, presence, batch, inside)
            return loss, _Losses(self.ranks.mean(loss.detach().clone()).item())
        weak, strong, outside = batch.unlabelled
        with self.place.autocast():
            with torch.no_grad():
                teacher = self.average(weak)
            # One pass over both, so that norms see the mixture that they will be used on.
            logits, presence = _parts(parallel(torch.cat([batch.images, strong])))
        labels = pseudo_labels(teacher, outside, settings.confidence)
        pixels = self.ranks.mean((outside != IGNORED).sum().float())
        count = len(batch.images)
        pseudo = pseudo_label_loss(logits[count:], labels, pixels)
        weight = settings.weight * ramp_up(
            self.schedule.last_epoch, settings.ramp_up_share * self.steps
        )
        known = None if presence is None else presence[:count]
        loss = self._labelled_loss(logits[:count], known, batch, inside) + weight * pseudo
        sure = (labels != IGNORED).sum() / pixels
        values = self.ranks.mean(torch.stack([loss.detach(), pseudo.detach(), sure])).tolist()
        return loss, _Losses(*values)

    def _labelled_loss(
        self, logits: Tensor, presence: Tensor | None, batch: Batch, inside: Tensor
    ) -> Tensor:
        labels, sure = batch.labels, None
        if batch.looked_for is None:
            loss = dice_bce_loss(logits, labels, inside, self.config.lesion_free_weight)
        else:
            loss = class_loss(
                logits, labels, batch.looked_for, inside, self.config.lesion_free_weight
            )
            labels, sure = lesions_of(labels, batch.looked_for)
            logits = lesion_logits(logits)
        if self.config.hardest_weight:
            loss = loss + self.config.hardest_weight * hardest_background_loss(logits, labels)
        if presence is not None:
            loss = loss + self.config.presence_weight * presence_loss(presence, labels, sure)
        return loss

    def _memory_advice(self, *, fewer_images: bool = False) -> str:
        config = self.config
        kept = f" The checkpoint of epoch {self.epoch} is kept." if self.epoch else ""
        what = (
            "Training images are held in memory: use fewer, or lower" if fewer_images else "Lower"
        )
        return (
            f"{what} batch_size (now {config.batch_size}), the size of the phases (now up to "
            f"{config.largest_size} px) or input_area (now {config.input_area}).{kept}"
        )

    def _resume(self) -> None:
        saved = Checkpoint.read(self.checkpoint_path)
        if saved.config != self.config:
            raise CheckpointError(
                f"{self.folder} holds a run of another configuration, or of another version of "
                "Sonoloop. Choose another folder, or delete this one to begin anew."
            )
        self.network.load_state_dict(saved.network)
        self.average.load_state_dict(saved.average)
        self.optimizer.load_state_dict(saved.optimizer)
        self.schedule.load_state_dict(saved.schedule)
        self.scaler.load_state_dict(saved.scaler)
        self.epoch, self.curves = saved.epochs, saved.curves

    def _save(self) -> None:
        checkpoint = Checkpoint(
            config=self.config,
            epochs=self.epoch,
            network=self.network.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            schedule=self.schedule.state_dict(),
            scaler=self.scaler.state_dict(),
            curves=self.curves,
        )
        scores = _scores(self.curves)
        if "validation_iou" in self.curves[-1] and scores[-1] > max(scores[:-1], default=-1.0):
            # First: after a kill in between, the epoch is repeated and writes the same again.
            checkpoint.write(self.best_path)
        checkpoint.write(self.checkpoint_path)
        write_curves(self.folder, self.curves)


def _scores(curves: Sequence[dict[str, Any]]) -> list[float]:
    """Return the mean over data sets of each validation so far."""
    return [fmean(r["validation_iou"].values()) for r in curves if "validation_iou" in r]


def _answers_presence(network: nn.Module) -> TypeGuard[DeepLabV3Plus]:
    return isinstance(network, DeepLabV3Plus) and network.presence is not None


def _parts(answer: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor | None]:
    return answer if isinstance(answer, tuple) else (answer, None)
