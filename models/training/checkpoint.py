"""Checkpoints of training, written so that a kill leaves the complete old or new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.core.disk import replacing
from models.training.config import SourceConfig, TrainConfig

CHECKPOINT_FILE = "last.pt"
BEST_FILE = "best.pt"
"""The checkpoint of the best validation so far."""
_FORMAT = 1


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message says what to do."""


@dataclass(slots=True)
class Checkpoint:
    """The complete state of a run after some epochs."""

    config: TrainConfig
    epochs: int
    """Number of completed epochs."""
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    """Averaged weights, which are validated and exported."""
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    scaler: dict[str, Any] = field(default_factory=dict)
    """State of the scaler of fp16 gradients; empty for other precisions."""
    curves: list[dict[str, Any]] = field(default_factory=list)
    """One record per completed epoch."""

    def write(self, path: Path) -> None:
        """Write to `path` through a temporary file, fsync and rename."""
        write_state(
            path,
            {
                "format": _FORMAT,
                "config": self.config.model_dump_json(),
                "epochs": self.epochs,
                "network": self.network,
                "average": self.average,
                "optimizer": self.optimizer,
                "schedule": self.schedule,
                "scaler": self.scaler,
                "curves": self.curves,
            },
        )

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """Read a checkpoint; only tensors and plain values are accepted from the file.

        Raises:
            CheckpointError: the file is missing, damaged, or of another format.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
        except Exception as error:  # torch raises many types for a damaged file
            raise CheckpointError(f"{path} is not a checkpoint of `sonoloop train`.") from error
        if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
            raise CheckpointError(f"{path} is not a checkpoint of this version; train again.")
        content["config"] = TrainConfig.model_validate_json(content["config"])
        return cls(**content)


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values to `path` through a temporary file, fsync and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        torch.save(state, stream)


def averaged(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """Return the first of several checkpoints with the mean of all their averaged weights.

    For runs that continued from the same weights: their mean often combines their strengths
    (Wortsman et al., "Model soups", ICML 2022).

    Raises:
        CheckpointError: their networks or their data differ; an image held out of one run might
            have been trained on in another.
    """
    first, *others = checkpoints
    if any(other.config.network != first.config.network for other in others):
        raise CheckpointError("The checkpoints are of different networks; give those of one.")
    return replace(first, average=mean_weights(checkpoints))


def mean_weights(checkpoints: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """Return the mean of averaged weights; a weight that only some have is the mean of those.

    Raises:
        CheckpointError: they were trained on different folds.
    """
    first = checkpoints[0].config.sources
    if any({_data(s) for s in c.config.sources} != {_data(s) for s in first} for c in checkpoints):
        raise CheckpointError("The checkpoints learnt from different folds; give those of one.")
    mean = {}
    for name in {name: None for one in checkpoints for name in one.average}:
        values = [one.average[name] for one in checkpoints if name in one.average]
        floating = values[0].is_floating_point()
        mean[name] = torch.stack(values).mean(0) if floating else values[0]
    return mean


def _data(source: SourceConfig) -> tuple[object, ...]:
    without = tuple(sorted(source.without.items()))
    return source.folder, source.train_folds, source.validation_folds, without
