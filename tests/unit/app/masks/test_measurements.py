"""Figures that follow from measurements by hand."""

import math

import pytest

from app.masks.drawing import measured

LONG = [[0.0, 0.0], [40.0, 0.0]]
SHORT = [[20.0, -10.0], [20.0, 10.0]]


def test_area_volume_and_angle_follow_from_the_axes_in_millimetres() -> None:
    kept = [
        {"kind": "ellipse", "lines": [LONG, SHORT]},
        {"kind": "volume", "lines": [LONG, SHORT, LONG]},
        {"kind": "angle", "lines": [[[0, 0], [10, 0]], [[0, 0], [10, 10]]]},
    ]
    # Rows are 0.2 mm apart, columns 0.1 mm: both axes are 4 mm long.
    ellipse, volume, angle = measured(kept, (0.2, 0.1))
    assert ellipse.length_mm == [4.0, 4.0]
    assert ellipse.area_mm2 == pytest.approx(math.pi * 4, abs=1e-3)
    assert volume.volume_mm3 == pytest.approx(math.pi / 6 * 64, abs=1e-3)
    assert angle.angle_degrees == pytest.approx(math.degrees(math.atan2(2, 1)), abs=0.01)


def test_where_the_spacing_is_unknown_only_the_angle_of_the_picture_is_said() -> None:
    kept = [
        {"kind": "volume", "lines": [LONG, SHORT, LONG]},
        {"kind": "angle", "lines": [[[0, 0], [10, 0]], [[0, 0], [10, 10]]]},
    ]
    volume, angle = measured(kept, None)
    assert volume.volume_mm3 is None
    assert angle.angle_degrees == 45
