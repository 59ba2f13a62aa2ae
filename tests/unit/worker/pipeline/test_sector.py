"""The effective area contains the echoes and excludes the banner."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.synthetic import ultrasound
from worker.pipeline import Frame, Region, find_sector
from worker.pipeline.crop import effective_area

SHARED = Path(__file__).parents[5] / "shared" / "data"


def box_iou(one: Region, other: Region) -> float:
    both = one.clipped(other.top + other.height, other.left + other.width)
    if both is None:
        return 0.0
    top, left = max(one.top, other.top), max(one.left, other.left)
    height = both.top + both.height - top
    width = both.left + both.width - left
    shared = max(0, height) * max(0, width)
    return shared / (one.height * one.width + other.height * other.width - shared)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("geometry", ["fan", "linear"])
@pytest.mark.parametrize("size", [(384, 512), (768, 1024), (300, 260), (1080, 1440)])
def test_a_sector_is_found_within_5_percent(
    size: tuple[int, int], geometry: str, seed: int
) -> None:
    image = ultrasound(*size, seed=seed, geometry=geometry, color=seed == 1)
    sector = find_sector(image.pixels)
    assert box_iou(sector.box, Region(*image.sector_box)) >= 0.95
    inside = np.zeros(size, bool)
    inside[sector.box.slices] = True
    assert not (image.mask & ~inside).any(), "no lesion may be cut"


@pytest.mark.parametrize("seed", range(3))
def test_letters_are_outside(seed: int) -> None:
    image = ultrasound(768, 1024, seed=seed, banner=["DOE^JANE 1970-01-01", "CLINIC", "MI 1.2"])
    letters = (image.pixels > 0) & ~image.sector
    assert letters.sum() > 200
    sector = find_sector(image.pixels)
    assert sector.hull is not None
    hull = cv2.fillConvexPoly(np.zeros(image.pixels.shape, np.uint8), sector.hull, 1) > 0
    assert not (letters & hull).any()
    assert (image.sector & ~hull).sum() <= 0.001 * image.sector.sum()


def test_an_image_without_border_is_taken_whole() -> None:
    image = ultrasound(300, 400, seed=2, geometry="full")
    assert find_sector(image.pixels).box == Region(0, 0, 300, 400)


def test_an_anechoic_cyst_under_the_probe_does_not_cost_the_near_field() -> None:
    image = ultrasound(400, 500, seed=4, geometry="linear", banner=())
    top, left, _, width = image.sector_box
    pixels = image.pixels.copy()
    pixels[top + 25 : top + 150, left : left + width] = 0
    assert box_iou(find_sector(pixels).box, Region(*image.sector_box)) >= 0.95


@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
    level=st.integers(0, 255),
)
@settings(max_examples=80, deadline=None)
def test_any_image_gives_a_box_inside_it(
    height: int, width: int, channels: int, seed: int, level: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, 3)
    pixels = np.where(rng.random(shape) < 0.2, np.uint8(level), np.uint8(0))
    box = find_sector(pixels).box
    assert box.clipped(height, width) == box


@pytest.mark.parametrize("level", [0, 255])
def test_a_blank_image_is_taken_whole(level: int) -> None:
    assert find_sector(np.full((200, 300), level, np.uint8)).box == Region(0, 0, 200, 300)


def test_the_region_of_the_file_wins() -> None:
    image = ultrasound(300, 400)
    region = Region(10, 20, 100, 120)
    assert effective_area(Frame(image.pixels, region=region)) == region


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared images are not here")
@pytest.mark.parametrize("name", ["mmotu", "bus-bra"])
def test_lesions_of_real_images_are_not_cut(name: str) -> None:
    folder = SHARED / name
    with (folder / "samples.csv").open(newline="") as table:
        ids = [row["id"] for row in csv.DictReader(table)][::10]
    lost = []
    for image_id in ids:
        image = cv2.imread(str(folder / "images" / f"{image_id}.jpg"))
        mask = cv2.imread(str(folder / "masks" / f"{image_id}.png"), cv2.IMREAD_GRAYSCALE) > 0
        box = find_sector(np.ascontiguousarray(image[..., ::-1])).box
        lost.append(1 - mask[box.slices].sum() / max(1, mask.sum()))
    assert np.mean(lost) < 0.001
    assert max(lost) < 0.05
