"""Classical methods: each finds a plain lesion, and the product's pipeline runs them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from models.classical import METHODS, ClassicalNetwork
from models.classical.canny import CannyFill
from models.classical.choice import choose_lesion, components
from models.classical.fit import fit
from models.classical.fuzzy_cmeans import cluster_centres
from models.classical.otsu import Otsu
from models.commands.evaluate import evaluate
from models.data.samples import read_samples
from models.evaluation.metrics import iou
from tests.synthetic import EllipseLesion, ultrasound
from worker.pipeline import Frame, segment


def disc(height: int, width: int, row: int, column: int, radius: int) -> NDArray[np.bool_]:
    canvas = np.zeros((height, width), np.uint8)
    cv2.circle(canvas, (column, row), radius, 1, cv2.FILLED)
    return canvas > 0


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"canny"}))
def test_a_dark_lesion_in_speckle_is_found(name: str) -> None:
    lesion = EllipseLesion((105, 130), (44, 30), 20.0)
    image = ultrasound(208, 256, seed=4, lesions=[lesion], geometry="full")
    network = ClassicalNetwork(name, METHODS[name]())
    found = segment(Frame(image.pixels), network, network.card.pipeline)
    assert iou(found.mask, image.mask) > 0.6
    assert len(found.lesions) == 1


def test_edges_enclose_a_lesion_where_speckle_does_not_break_them() -> None:
    """Fully developed speckle is full of edges; the method needs a smoother picture."""
    lesion = disc(208, 256, 110, 120, 40)
    noise = np.random.default_rng(1).normal(0, 6, lesion.shape)
    grey = np.clip(np.where(lesion, 60, 140) + noise, 0, 255).astype(np.uint8)
    assert iou(CannyFill(high=0.95).segment(grey), lesion) > 0.8


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_image_shows_no_lesion(name: str, level: int) -> None:
    blank = np.full((80, 100), level, np.uint8)
    assert METHODS[name]().segment(blank).sum() == 0


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(33, 64), (400, 40), (64, 64)])
def test_the_mask_has_the_size_of_the_image_and_is_the_same_each_time(
    name: str, shape: tuple[int, int]
) -> None:
    grey = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    masks = [METHODS[name]().segment(grey) for _ in range(2)]
    assert masks[0].shape == shape
    assert masks[0].dtype == np.bool_
    assert np.array_equal(*masks)


def test_the_dark_central_region_is_chosen_among_others() -> None:
    grey = np.full((100, 120), 150, np.uint8)
    lesion = disc(100, 120, 52, 58, 14)
    corner, bright = disc(100, 120, 8, 8, 14), disc(100, 120, 30, 75, 10)
    grey[lesion], grey[corner], grey[bright] = 60, 20, 240
    regions = components(lesion | corner) + 2 * bright.astype(np.int32) * 5
    assert np.array_equal(choose_lesion(regions, grey), lesion)
    # A bright region is never chosen, not even if it is the only one.
    assert not choose_lesion(components(bright), grey).any()


def test_specks_and_whole_pictures_are_no_lesions_and_holes_are_filled() -> None:
    grey = np.full((100, 120), 150, np.uint8)
    grey[50:53, 60:63] = 0
    assert not choose_lesion(components(grey < 50), grey).any()
    everything = np.ones((100, 120), np.int32)
    assert not choose_lesion(everything, grey).any()
    ring = disc(100, 120, 50, 60, 15) & ~disc(100, 120, 50, 60, 5)
    grey = np.where(ring, 40, 150).astype(np.uint8)
    chosen = choose_lesion(components(ring), grey)
    assert np.array_equal(chosen, disc(100, 120, 50, 60, 15))


def test_fuzzy_centres_satisfy_both_conditions_of_an_optimum() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(c, 6, 500) for c in (40, 110, 190)])
    pixels = np.clip(values, 0, 255).astype(np.uint8)
    centres = cluster_centres(np.bincount(pixels, minlength=256).astype(np.float64), 3)
    assert centres == pytest.approx([40, 110, 190], abs=4)
    # Bezdek's update over each single pixel leaves the centres where they are.
    distance = np.maximum(np.abs(pixels[None].astype(float) - centres[:, None]), 1e-9)
    membership = 1 / ((distance[:, None] / distance[None]) ** 2).sum(axis=1)
    moved = (membership**2 @ pixels) / (membership**2).sum(axis=1)
    assert moved == pytest.approx(centres, abs=0.01)


def test_settings_are_chosen_by_the_training_images(dataset: Path) -> None:
    samples = read_samples(dataset)
    method, scores = fit("otsu", samples[:8], area=4096)
    assert len(scores) == len(Otsu.grid())
    assert scores[method.model_dump_json()] == max(scores.values())
    assert len(set(scores.values())) > 1


def test_evaluate_measures_a_method_as_it_does_a_model(dataset: Path) -> None:
    folders = ["--images", str(dataset / "images"), "--masks", str(dataset / "masks")]
    result = CliRunner().invoke(evaluate, ["--method", "otsu", *folders, "--json", "-"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["overall"]["count"] == 12
    assert report["overall"]["lesion_iou_mean"] > 0.6
    assert report["overall"]["provenance"]["model"] == "otsu"
    both = CliRunner().invoke(
        evaluate, ["--method", "otsu", "--model", "x", *folders, "--json", "-"]
    )
    assert both.exit_code == 1
    assert "either" in both.output
