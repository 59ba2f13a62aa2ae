"""Checkpoints of training, written so that a kill leaves the old one or the new one, whole."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.config import TrainConfig

CHECKPOINT_FILE = "last.pt"
_FORMAT = 1


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message says what to do."""


@dataclass(slots=True)
class Checkpoint:
    """The whole state of a run after some epochs."""

    config: TrainConfig
    epochs: int
    """Epochs done."""
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    """Averaged weights: what is validated and exported."""
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    curves: list[dict[str, Any]] = field(default_factory=list)
    """One record per epoch done."""

    def write(self, path: Path) -> None:
        """Write to `path` through a temporary file, fsync and rename."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".checkpoint-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                torch.save(
                    {
                        "format": _FORMAT,
                        "config": self.config.model_dump_json(),
                        "epochs": self.epochs,
                        "network": self.network,
                        "average": self.average,
                        "optimizer": self.optimizer,
                        "schedule": self.schedule,
                        "curves": self.curves,
                    },
                    stream,
                )
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

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
