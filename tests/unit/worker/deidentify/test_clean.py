"""Nothing outside the effective area is kept, and nothing inside it is changed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic import jpeg_bytes, ultrasound
from worker.deidentify import deidentify
from worker.ingest import DecodeLimits, Frame, Region, decode


@pytest.mark.parametrize("color", [False, True])
def test_pixels_outside_the_region_are_black_and_those_inside_are_untouched(color: bool) -> None:
    image = ultrasound(300, 400, seed=1, color=color)
    before = image.pixels.copy()
    region = Region(60, 80, 120, 200)
    kept = deidentify(Frame(image.pixels, (0.1, 0.2), region)).frame
    inside = np.zeros((300, 400), dtype=bool)
    inside[region.slices] = True
    assert np.array_equal(kept.pixels[inside], before[inside])
    assert not kept.pixels[~inside].any()
    assert before[~inside].any()
    assert np.array_equal(image.pixels, before), "the frame that was given must not change"
    assert kept.spacing == (0.1, 0.2)
    assert kept.region == region


def test_the_region_that_the_file_states_is_taken() -> None:
    frame = Frame(np.full((20, 30), 9, np.uint8), region=Region(2, 3, 4, 5))
    assert np.count_nonzero(deidentify(frame).frame.pixels) == 20


@pytest.mark.parametrize("geometry", ["fan", "linear"])
@pytest.mark.parametrize("seed", range(4))
def test_a_banner_around_a_sector_that_nobody_states_disappears(seed: int, geometry: str) -> None:
    image = ultrasound(480, 640, seed=seed, geometry=geometry)
    frame = decode(jpeg_bytes(image.pixels), DecodeLimits()).frame
    kept = deidentify(frame).frame
    # Letters are near white; JPEG blur at the sector's edge is not.
    letters = (image.pixels > 150) & ~image.sector
    assert letters.sum() > 200
    assert not (kept.pixels[letters] > 60).any()
    assert np.array_equal(kept.pixels[image.mask], frame.pixels[image.mask])
    changed = image.sector & (kept.pixels != frame.pixels)
    assert changed.sum() < 0.01 * image.sector.sum()


def test_a_frame_without_a_border_is_kept_whole() -> None:
    image = ultrasound(200, 300, seed=3, geometry="full")
    kept = deidentify(Frame(image.pixels)).frame
    assert np.array_equal(kept.pixels, image.pixels)
    assert kept.region == Region(0, 0, 200, 300)
