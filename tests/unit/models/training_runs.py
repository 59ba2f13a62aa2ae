"""Training runs that tests can afford."""

from __future__ import annotations

from pathlib import Path

import torch

from models.training.config import PhaseConfig, SourceConfig, TrainConfig
from tests.unit.models.small_networks import SMALL


def config(dataset: Path, epochs: int = 2, **changes: object) -> TrainConfig:
    values: dict[str, object] = {
        "seed": 5,
        "sources": (SourceConfig(folder=dataset, train_folds=(1, 2), validation_folds=(3,)),),
        "network": SMALL["deeplabv3plus-resnet18"],  # fewest layers: the quickest to train
        "phases": (PhaseConfig(epochs=epochs, size=64),),
        "batch_size": 4,
        "ema_decay": 0.9,
        "input_area": 4096,
        "precision": "fp32",
        "threads": 1,
        **changes,
    }
    return TrainConfig.model_validate(values)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, b[name]) for name, value in a.items())
