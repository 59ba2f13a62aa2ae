"""Images without masks teach through the averaged network's confident answers."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.data.augment import AugmentSettings
from models.data.labels import IGNORED
from models.data.samples import DataError, Pixels
from models.training.config import UnlabelledConfig
from models.training.semi_supervised import (
    pseudo_label_loss,
    pseudo_labels,
    ramp_up,
    weak_and_strong_view,
)
from models.training.trainer import Trainer
from tests.unit.models.conftest import write_dataset
from tests.unit.models.training_runs import config, same


def unlabelled(folder: Path, **changes: object) -> UnlabelledConfig:
    return UnlabelledConfig.model_validate({"folders": (folder,), "batch_size": 4, **changes})


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Write images other than those of `dataset`, without masks."""
    rng = np.random.default_rng(3)
    folder = write_dataset(tmp_path / "more", 10)
    shutil.rmtree(folder / "masks")
    for path in sorted((folder / "images").iterdir()):
        cv2.imwrite(str(path), rng.integers(0, 255, (70, 90, 3), np.uint8))
    return folder


def test_a_pixel_is_labelled_where_the_teacher_is_sure() -> None:
    probabilities = torch.tensor([[0.05, 0.3, 0.7], [0.95, 0.95, 0.05]])
    outside = torch.zeros(1, 2, 3, dtype=torch.uint8)
    outside[0, 1, 1] = IGNORED
    labels = pseudo_labels(probabilities.logit()[None, None], outside, confidence=0.9)
    assert labels.dtype == torch.uint8
    assert labels[0].tolist() == [[0, IGNORED, IGNORED], [1, IGNORED, 0]]


def test_few_sure_pixels_weigh_little() -> None:
    logits = torch.zeros(1, 1, 4, 4)
    labels = torch.full((1, 4, 4), IGNORED, dtype=torch.uint8)
    labels[0, 0] = 1
    loss = pseudo_label_loss(logits, labels, torch.tensor(16.0))
    assert loss.item() == pytest.approx(4 / 16 * math.log(2))
    nothing = pseudo_label_loss(logits, torch.full_like(labels, IGNORED), torch.tensor(0.0))
    assert nothing.item() == 0


def test_the_weight_rises_to_one() -> None:
    weights = [ramp_up(step, 10.0) for step in range(12)]
    assert weights == sorted(weights)
    assert weights[0] < 0.01
    assert weights[10:] == [1.0, 1.0]
    assert ramp_up(0, 0.0) == 1.0


def test_both_views_show_the_same_window() -> None:
    rng = np.random.default_rng(1)
    image = np.repeat(rng.integers(0, 255, (80, 120, 1), np.uint8), 3, axis=2)
    pixels = Pixels(image, np.zeros((80, 120), np.uint8))
    geometry_only = AugmentSettings(
        gain=0, blur=0, speckle=0, attenuation=0, shadow=0, annotations=0, grey=0, sector=1
    )
    for seed in range(5):
        weak, strong = weak_and_strong_view(pixels, 64, np.random.default_rng(seed), geometry_only)
        assert np.array_equal(weak.image, strong)
        assert set(np.unique(weak.mask)) <= {0, IGNORED}


def test_only_the_strong_view_looks_different() -> None:
    image = np.full((80, 80, 3), 128, np.uint8)
    pixels = Pixels(image, np.zeros((80, 80), np.uint8))
    every = AugmentSettings(speckle=1, gain=1, shadow=1, scale=(1.5, 1.5), rotation_degrees=0)
    weak, strong = weak_and_strong_view(pixels, 64, np.random.default_rng(0), every)
    assert np.all(weak.image == 128)
    assert np.std(strong) > 5


def test_unlabelled_images_change_what_is_learnt_and_a_resumed_run_learns_the_same(
    dataset: Path, images: Path, tmp_path: Path
) -> None:
    settings = config(
        dataset, epochs=3, unlabelled=unlabelled(images, confidence=0.501, ramp_up_share=0.1)
    )
    whole = Trainer(settings, tmp_path / "whole")
    curves = whole.run()
    assert all(record["pseudo_label_loss"] > 0 for record in curves)
    assert all(0 < record["pseudo_labelled_share"] <= 1 for record in curves)

    without = Trainer(config(dataset, epochs=3), tmp_path / "without")
    without.run()
    assert not same(whole.network.state_dict(), without.network.state_dict())

    def kill(epoch: int, step: int, steps: int, loss: float) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(settings, tmp_path / "cut").run(kill)
    resumed = Trainer(settings, tmp_path / "cut")
    resumed.run()
    assert same(whole.average.state_dict(), resumed.average.state_dict())


def test_an_epoch_shows_all_unlabelled_images_before_any_comes_again(
    dataset: Path, images: Path, tmp_path: Path
) -> None:
    settings = config(dataset, unlabelled=unlabelled(images, batch_size=6))
    trainer = Trainer(settings, tmp_path / "run")
    # Each image is a single grey level, so the weak views tell which images were shown.
    greys = [
        Pixels(np.full((64, 64, 3), 20 * i + 10, np.uint8), np.zeros((64, 64), np.uint8))
        for i in range(10)
    ]
    shown: list[int] = []
    for batch in trainer.batches.of_epoch(0, greys, greys):
        assert batch.unlabelled is not None
        weak, strong, _ = batch.unlabelled
        assert weak.shape == strong.shape == (6, 3, 64, 64)
        shown += [int(view[0, 32, 32].item()) for view in weak]
    assert len(shown) == 12
    assert set(shown[:10]) == {20 * i + 10 for i in range(10)}


def test_an_image_held_out_for_validation_does_not_teach(dataset: Path, tmp_path: Path) -> None:
    settings = config(dataset, unlabelled=unlabelled(dataset))
    with pytest.raises(DataError, match=r"4 of 12 images cannot be used.*\n.*the held-out image"):
        Trainer(settings, tmp_path / "run").run()
