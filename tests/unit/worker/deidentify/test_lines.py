"""Dots of a measurement are distinguished from pieces of faint letters."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from worker.deidentify.lines import is_dotted, is_straight, tightened

BOX = np.array([[10, 20], [190, 20], [190, 44], [10, 44]], np.float32)


def _dots(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.uint8]:
    strokes = np.zeros((64, 200), np.uint8)
    for row, column in zip(rows, columns, strict=True):
        cv2.circle(strokes, (round(column), round(row)), 1, 255, -1)
    return strokes


@pytest.mark.parametrize("fall", [0, 6, 16])
@pytest.mark.parametrize("apart", [5, 9])
def test_dots_on_a_straight_line_are_a_measurement(fall: int, apart: int) -> None:
    columns = np.arange(12.0, 188, apart)
    rows = np.linspace(32 - fall / 2, 32 + fall / 2, len(columns))
    assert is_dotted(_dots(rows, columns), BOX)


def test_pieces_at_the_height_of_letters_are_none() -> None:
    rng = np.random.default_rng(4)
    columns = np.arange(12.0, 188, 6)
    assert not is_dotted(_dots(rng.uniform(26, 38, len(columns)), columns), BOX)


def test_a_few_pieces_are_none() -> None:
    columns = np.array([20.0, 31, 90, 150])
    assert not is_dotted(_dots(np.full(4, 32.0), columns), BOX)


def test_strokes_on_one_line_are_a_measurement_in_spite_of_speckle_and_letters_are_none() -> None:
    rng = np.random.default_rng(5)
    columns = np.arange(12.0, 188, 8)
    slanted = _dots(np.linspace(20, 44, len(columns)), columns)
    speckle = rng.integers(0, (64, 200), (20, 2))
    slanted[speckle[:, 0], speckle[:, 1]] = 255
    assert is_straight(slanted)
    letters = np.zeros((24, 100), np.uint8)
    cv2.putText(letters, "DOE, JANE", (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 255, 1)
    assert not is_straight(letters)


def test_a_box_ends_where_a_dotted_line_with_its_cross_begins() -> None:
    strokes = np.zeros((64, 200), np.uint8)
    cv2.putText(strokes, "DOE, J", (14, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    for column in range(80, 176, 5):
        cv2.circle(strokes, (column, 33), 1, 255, -1)
    cv2.drawMarker(strokes, (180, 33), 255, cv2.MARKER_CROSS, 11, 1)
    middle = np.array([[[16, 30]], [[184, 30]], [[184, 35]], [[16, 35]]], np.int32)
    found = tightened(BOX, middle, strokes)
    assert found[:, 0].min() <= 14
    assert 66 <= found[:, 0].max() < 100


def test_a_box_reaches_above_and_below_letters_and_not_to_speckle() -> None:
    strokes = np.zeros((64, 200), np.uint8)
    cv2.putText(strokes, "PHANTOM, ERIKA", (14, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    top, bottom = np.flatnonzero(strokes.any(axis=1))[[0, -1]]
    strokes[21:23, 60:63] = 255
    middle = np.array([[[16, 30]], [[184, 30]], [[184, 35]], [[16, 35]]], np.int32)
    found = tightened(BOX, middle, strokes)
    assert top - 5 < found[:, 1].min() < top
    assert bottom < found[:, 1].max() < bottom + 5
