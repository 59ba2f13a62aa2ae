"""Each cleaning step does its own part, and nothing when it is off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from worker.pipeline.morphology import clean, disc
from worker.pipeline.settings import MorphologySettings

OFF = MorphologySettings(
    enabled=True, opening_radius=0, fill_holes=False, min_area_fraction=0, min_area_mm2=0
)
masks = st.builds(
    lambda seed, share: np.random.default_rng(seed).random((24, 30)) < share,
    st.integers(0, 10_000),
    st.floats(0.05, 0.95),
)


def off_but(**changes: object) -> MorphologySettings:
    return OFF.model_copy(update=changes)


def picture() -> NDArray[np.bool_]:
    """Return a block with a hole, a speck of 4 px and a line of 1 px."""
    mask = np.zeros((60, 80), bool)
    mask[10:40, 10:40] = True
    mask[20:25, 20:25] = False
    mask[50:52, 50:52] = True
    mask[25, 40:70] = True
    return mask


@given(masks)
def test_off_is_off(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(clean(mask, MorphologySettings(enabled=False)), mask)
    assert np.array_equal(clean(mask, OFF), mask)


@given(masks)
@settings(deadline=None)
def test_holes_are_filled_as_scipy_fills_them(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(clean(mask, off_but(fill_holes=True)), ndimage.binary_fill_holes(mask))


@given(masks, st.integers(2, 40))
@settings(deadline=None)
def test_small_objects_go_and_large_ones_stay(mask: NDArray[np.bool_], smallest: int) -> None:
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())
    expected = (areas[labels] >= smallest) & mask
    found = clean(mask, off_but(min_area_fraction=smallest / mask.size))
    assert np.array_equal(found, expected)


def test_an_object_of_just_the_least_area_stays() -> None:
    mask = np.zeros((10, 10), bool)
    mask[4, :7] = True
    assert 7 / mask.size * mask.size > 7  # in floating point
    assert np.array_equal(clean(mask, off_but(min_area_fraction=7 / mask.size)), mask)


@given(masks, st.integers(1, 4))
@settings(deadline=None)
def test_opening_is_that_of_scipy_inside(mask: NDArray[np.bool_], radius: int) -> None:
    mask = np.pad(mask, 2 * radius)
    found = clean(mask, off_but(opening_radius=radius))
    assert np.array_equal(found, ndimage.binary_opening(mask, disc(radius)))


def test_opening_cuts_the_bridge_before_specks_are_counted() -> None:
    found = clean(picture(), off_but(opening_radius=1, min_area_fraction=0.01, fill_holes=True))
    assert not found[25, 45:70].any()
    assert not found[50:52, 50:52].any()
    assert found[20:25, 20:25].all()


def test_a_lesion_at_the_border_keeps_its_edge() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:15, :20] = True
    found = clean(mask, off_but(opening_radius=4))
    assert found[0, :15].all() and found[:12, 0].all()


@pytest.mark.parametrize(("pixel_area", "kept"), [(0.01, False), (2.0, True), (None, True)])
def test_area_in_mm2_needs_spacing(pixel_area: float | None, kept: bool) -> None:
    mask = np.zeros((30, 30), bool)
    mask[5:10, 5:10] = True
    assert clean(mask, off_but(min_area_mm2=40.0), 1.0, pixel_area).any() == kept


def test_lengths_follow_the_image() -> None:
    mask = np.zeros((60, 60), bool)
    mask[10:50, 30:35] = True
    settings = off_but(opening_radius=1.5)
    assert clean(mask, settings, px_per_unit=1.0).any()
    assert not clean(mask, settings, px_per_unit=4.0).any()
