"""Boxes from several frames of a cine become a list in which every found place is contained."""

import numpy as np
import pytest

from worker.deidentify.boxes import TextBox, at_most
from worker.deidentify.cine import together
from worker.pipeline.frame import Region


def box(top: int, left: int, height: int, width: int, score: float = 0.5) -> TextBox:
    return TextBox(Region(top, left, height, width), "text", score)


def test_a_line_that_is_found_longer_in_a_later_frame_is_listed_as_long() -> None:
    (listed,) = together([box(20, 10, 12, 100)], [box(21, 20, 12, 130, 0.7)])
    assert listed == box(20, 10, 13, 140, 0.7)


def test_other_places_are_listed_beside_it() -> None:
    known = [box(20, 10, 12, 100)]
    assert together(known, [box(60, 10, 12, 100)]) == [*known, box(60, 10, 12, 100)]
    assert together(known, []) == known


def test_no_place_is_dropped_from_a_long_list() -> None:
    found = [box(10 * n, n, 8, 30, n / 10) for n in range(10)]
    assert at_most(found, 10) == tuple(found)
    assert at_most(found, 4) == (*found[:3], box(30, 3, 68, 36, 0.9))


@pytest.mark.parametrize("seed", range(10))
def test_whatever_was_found_in_any_frame_is_inside_a_listed_box(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = [
        [box(*(int(v) for v in rng.integers((0, 0, 5, 20), (60, 60, 20, 90)))) for _ in range(6)]
        for _ in range(5)
    ]
    listed: list[TextBox] = []
    for found in frames:
        listed = together(listed, found)
    for one in (one for found in frames for one in found):
        a = one.region
        assert any(
            b.top <= a.top
            and b.left <= a.left
            and a.top + a.height <= b.top + b.height
            and a.left + a.width <= b.left + b.width
            for b in (two.region for two in listed)
        )
