"""Measurements against ellipses whose area and axes are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.synthetic import EllipseLesion
from worker.pipeline.lesions import Lesion, find_lesions


def measured(semi_mm: tuple[float, float], angle: float, spacing: tuple[float, float]) -> Lesion:
    """Measure an ellipse that is given in mm and sampled at the pixel centres."""
    reach = max(semi_mm)
    height = math.ceil(2 * reach / spacing[0]) + 9
    width = math.ceil(2 * reach / spacing[1]) + 9
    rows, columns = np.mgrid[:height, :width]
    y = (rows - height / 2 + 0.3) * spacing[0]
    x = (columns - width / 2 + 0.1) * spacing[1]
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    mask = ((x * c + y * s) / semi_mm[0]) ** 2 + ((y * c - x * s) / semi_mm[1]) ** 2 <= 1
    lesions = find_lesions(mask, mask.astype(np.float32), spacing)
    assert len(lesions) == 1
    return lesions[0]


@settings(max_examples=60, deadline=None)
@given(
    long=st.floats(12, 40),
    ratio=st.floats(0.35, 0.95),
    angle=st.floats(0, 180),
    spacing=st.tuples(st.floats(0.2, 1.0), st.floats(0.2, 1.0)),
)
def test_axes_and_area_of_any_ellipse_with_any_spacing(
    long: float, ratio: float, angle: float, spacing: tuple[float, float]
) -> None:
    lesion = measured((long, long * ratio), angle, spacing)
    pixel = max(spacing)
    assert lesion.area_mm2 == pytest.approx(math.pi * long * long * ratio, rel=0.02)
    # Each end of a caliper is accurate to about half a pixel.
    assert lesion.long_axis.length_mm == pytest.approx(2 * long, abs=pixel)
    if ratio < 0.9:  # a near circle has no long axis to be at a right angle to
        assert lesion.short_axis.length_mm == pytest.approx(2 * long * ratio, abs=1.5 * pixel)
    else:
        assert lesion.short_axis.length_mm == pytest.approx(2 * long * ratio, rel=0.1)


@pytest.mark.parametrize("angle", [0, 30, 90, 145])
def test_the_long_axis_lies_along_the_ellipse(angle: float) -> None:
    lesion = measured((30, 12), angle, (0.5, 0.5))
    (x0, y0), (x1, y1) = lesion.long_axis.start, lesion.long_axis.end
    found = math.degrees(math.atan2(y1 - y0, x1 - x0)) % 180
    assert min(abs(found - angle), 180 - abs(found - angle)) < 4


@settings(max_examples=30, deadline=None)
@given(angle=st.floats(0, 180), spacing=st.tuples(st.floats(0.2, 1), st.floats(0.2, 1)))
def test_the_axes_are_orthogonal_in_the_body(angle: float, spacing: tuple[float, float]) -> None:
    lesion = measured((25, 14), angle, spacing)
    directions = [
        ((a.end[0] - a.start[0]) * spacing[1], (a.end[1] - a.start[1]) * spacing[0])
        for a in (lesion.long_axis, lesion.short_axis)
    ]
    (x0, y0), (x1, y1) = directions
    assert abs(x0 * x1 + y0 * y1) <= 1e-6 * math.hypot(x0, y0) * math.hypot(x1, y1)
    for axis, (x, y) in zip((lesion.long_axis, lesion.short_axis), directions, strict=True):
        assert axis.length_mm == pytest.approx(math.hypot(x, y))


def test_unequal_spacing_decides_which_axis_is_long() -> None:
    mask = np.zeros((80, 80), bool)
    mask[20:40, 10:70] = True  # 20 rows by 60 columns
    probability = mask.astype(np.float32)
    in_px = find_lesions(mask, probability)[0]
    in_mm = find_lesions(mask, probability, (4.0, 1.0))[0]
    assert in_px.long_axis.length_px == pytest.approx(math.hypot(20, 60), abs=1.5)
    assert in_px.long_axis.length_mm is None and in_px.area_mm2 is None
    assert in_mm.long_axis.length_mm == pytest.approx(math.hypot(80, 60), abs=4)
    assert in_mm.area_mm2 == 20 * 60 * 4


def test_one_pixel_is_one_pixel_long() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 5] = True
    lesion = find_lesions(mask, mask.astype(np.float32), (0.5, 0.5))[0]
    assert lesion.area_px == 1
    assert lesion.long_axis.length_px == pytest.approx(1)
    assert lesion.box == (4, 5, 1, 1)
    assert lesion.contour.tolist() == [[5, 4]]


def test_lesions_are_sorted_numbered_and_placed_in_the_frame() -> None:
    mask = np.zeros((100, 120), bool)
    small = EllipseLesion((20, 30), (8, 6)).mask(100, 120)
    large = EllipseLesion((60, 80), (25, 15), 20).mask(100, 120)
    mask |= small | large
    probability = np.where(large, np.float32(0.9), np.float32(0.6))
    first, second = find_lesions(mask, probability, origin=(7, 11))
    assert (first.label, second.label) == (1, 2)
    assert first.area_px == large.sum() and second.area_px == small.sum()
    assert first.mean_probability == pytest.approx(0.9, abs=1e-6)
    assert second.mean_probability == pytest.approx(0.6, abs=1e-6)
    rows, columns = np.nonzero(small)
    assert second.box == (
        rows.min() + 7,
        columns.min() + 11,
        np.ptp(rows) + 1,
        np.ptp(columns) + 1,
    )
    for x, y in second.contour:
        assert small[y - 7, x - 11]


def test_diagonal_neighbours_are_one_lesion() -> None:
    mask = np.eye(12, dtype=bool)
    assert len(find_lesions(mask, mask.astype(np.float32))) == 1


def test_an_empty_mask_has_no_lesions() -> None:
    assert find_lesions(np.zeros((5, 5), bool), np.zeros((5, 5), np.float32)) == ()
