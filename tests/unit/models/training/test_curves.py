"""A run can be watched while it runs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from models.training.curves import LiveCurves, draw_curves, overlay
from models.training.trainer import Trainer
from tests.unit.models.training_runs import config


class Killed(BaseException):
    """Stands in for a signal."""


def events(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    return found


def test_tensorboard_shows_each_epoch_once_though_the_run_was_cut(
    dataset: Path, tmp_path: Path
) -> None:
    settings = config(dataset, epochs=3)

    def kill(epoch: int, step: int, steps: int, loss: float) -> None:
        if epoch == 2:
            raise Killed

    trainer = Trainer(settings, tmp_path / "run")
    with pytest.raises(Killed), LiveCurves(trainer) as live:
        trainer.run(kill, live.epoch_done)
    trainer = Trainer(settings, tmp_path / "run")
    with LiveCurves(trainer) as live:
        trainer.run(live.step, live.epoch_done)

    found = events(trainer.folder)
    losses = found.Scalars("epoch/loss")
    assert [event.step for event in losses] == [2, 4, 6]
    assert [event.value for event in losses] == pytest.approx(
        [record["loss"] for record in trainer.curves]
    )
    scores = found.Scalars("validation_iou/synthetic")
    assert [event.value for event in scores] == pytest.approx(
        [record["validation_iou"]["synthetic"] for record in trainer.curves]
    )
    pictures = found.Tags()["images"]
    assert len(pictures) == 3
    assert all(name.startswith("synthetic/") for name in pictures)
    assert (trainer.folder / "curves.png").exists()


def test_the_loss_of_single_steps_is_shown_now_and_then(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset, epochs=25, validate_every=25), tmp_path / "run")
    with LiveCurves(trainer) as live:
        trainer.run(live.step)
    steps = [event.step for event in events(trainer.folder).Scalars("step/loss")]
    assert steps == [20, 40]


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    record = {"epoch": 1, "loss": 1.0, "learning_rate": 1e-3, "images_per_second": 9.0}
    draw_curves(tmp_path / "one.png", [record])
    validated = {**record, "epoch": 2, "loss": 0.2, "validation_iou": {"breast": 0.5, "ovary": 0.7}}
    draw_curves(tmp_path / "two.png", [record, validated])
    one, two = (cv2.imread(str(tmp_path / name)) for name in ("one.png", "two.png"))
    assert one.shape == two.shape == (600, 1000, 3)
    # Two data sets have two lines, in matplotlib's blue and orange.
    orange = np.abs(two.astype(int) - (14, 127, 255)).sum(axis=2) < 30
    assert orange[:300, 500:].sum() > 10
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


class Everything(torch.nn.Module):
    """Predicts lesion everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.ones_like(image[:, :1]) * self.weight


def test_an_overlay_outlines_the_mask_and_the_answer(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset), tmp_path / "run")
    picture = overlay(Everything(), trainer.validation[0], 4096)
    assert picture.shape[1:] == (320, 3)
    green = np.all(picture == (64, 220, 96), axis=2)
    amber = np.all(picture == (255, 176, 0), axis=2)
    border = np.ones_like(amber)
    border[1:-1, 1:-1] = False
    assert np.array_equal(amber, border)
    assert green.sum() > 30
