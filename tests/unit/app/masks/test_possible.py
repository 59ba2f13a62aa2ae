"""Outlines that are probably not lesions are marked as possible, including in older rows."""

import pytest

from app.masks.measures import LesionFigures

FIGURES = {
    "label": 1,
    "area_px": 4,
    "area_mm2": None,
    "box": {"top": 0, "left": 0, "height": 2, "width": 2},
    "long_axis_px": 2.0,
    "short_axis_px": 2.0,
    "long_axis_mm": None,
    "short_axis_mm": None,
    "mean_probability": 0.9,
}


@pytest.mark.parametrize(
    ("probability", "possible"), [(0.2, True), (0.494, True), (0.496, False), (0.97, False)]
)
def test_it_follows_from_the_probability_as_pages_round_it(
    probability: float, possible: bool
) -> None:
    assert LesionFigures(**FIGURES, probability=probability).possible is possible


def test_what_a_person_drew_is_not_judged() -> None:
    assert LesionFigures(**FIGURES).possible is None
