"""Text that only the small network sees becomes black if it is long or can be read, and boxes
reach as far as that network sees letters; crosses and ticks stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.synthetic.canvas import Canvas, typefaces
from models.synthetic.screens import Hand
from worker.deidentify.faint import lengthened, unread
from worker.deidentify.first_look import CELL
from worker.deidentify.reader import characters

SIDE = 200
LINE = np.array([[80, 96], [119, 96], [119, 111], [80, 111]], np.float32)


def view(text: str = "", crosses: int = 0, level: int = 185) -> Canvas:
    canvas = Canvas.of(SIDE, SIDE)
    canvas.echoes(Hand(3, "faint").view(SIDE, SIDE, "linear"), (0, 0))
    if text:
        canvas.write(text, (94, 82), typefaces()[0], 15, (level, level, level))

    def paint(alpha: NDArray[np.uint8]) -> None:
        for number in range(crosses):
            cv2.drawMarker(alpha, (90 + 18 * number, 104), 255, cv2.MARKER_CROSS, 11, 1)

    canvas.draw(paint, (250, 230, 40), measures=True)
    return canvas


def found(canvas: Canvas, length: int, sure: float, *, upright: bool = False) -> list[list[int]]:
    """Return boxes for a line that the small network sees this surely and the large one misses."""
    said = np.zeros((SIDE, SIDE), np.uint8)
    said[96 : 96 + 2 * CELL, 80 : 80 + length] = round(sure * 255)
    if upright:
        said = said.T.copy()
    none = np.zeros((SIDE, SIDE), np.float32)
    all_of_it = np.full((SIDE, SIDE), 255, np.uint8)
    strokes = np.zeros((SIDE, SIDE), np.uint8)
    lines = unread(canvas.pixels, said, none, all_of_it, strokes, characters, 10)
    return [corners.astype(int).tolist() for corners, _ in lines]


def test_what_is_doubtful_becomes_black_where_letters_are_read() -> None:
    assert found(view("DOE J."), 5 * CELL, 0.7)
    assert not found(view(), 5 * CELL, 0.7)


@pytest.mark.parametrize("sure", [0.7, 0.9])
def test_two_crosses_beside_each_other_stay(sure: float) -> None:
    assert not found(view(crosses=2), 5 * CELL, sure)


def test_a_long_line_of_which_it_is_sure_needs_no_reading() -> None:
    assert found(view(), 10 * CELL, 0.85)
    assert not found(view(), 10 * CELL, 0.62)


def test_echoes_that_stand_upright_are_read_and_stay() -> None:
    assert not found(view(), 10 * CELL, 0.9, upright=True)


@pytest.mark.parametrize("upright", [False, True])
def test_a_box_reaches_as_far_as_letters_are_seen(upright: bool) -> None:
    said = np.zeros((SIDE, SIDE), np.uint8)
    said[96:112, 40:168] = 255
    strokes = np.zeros((SIDE, SIDE), np.uint8)
    cv2.putText(strokes, "PHANTOM, ERIKA", (42, 109), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1)
    corners = LINE
    if upright:
        said, strokes, corners = said.T.copy(), strokes.T.copy(), LINE[:, ::-1].copy()
    grown = lengthened(corners, said, strokes)
    along, across = (1, 0) if upright else (0, 1)
    assert (grown[:, along].min(), grown[:, along].max()) == (40, 167)
    assert (grown[:, across].min(), grown[:, across].max()) == (96, 111)


def test_it_does_not_reach_along_a_dotted_line() -> None:
    said = np.zeros((SIDE, SIDE), np.uint8)
    said[96:112, 40:168] = 255
    dots = np.zeros((SIDE, SIDE), np.uint8)
    for column in range(42, 168, 7):
        cv2.circle(dots, (column, 104), 1, 255, -1)
    assert np.array_equal(lengthened(LINE, said, dots), LINE)


def test_a_figure_of_a_ruler_does_not_take_its_tick_along() -> None:
    said = np.zeros((SIDE, SIDE), np.uint8)
    said[96:112, 56:104] = 255
    figure = LINE.copy()
    figure[:, 0] = [84, 99, 99, 84]
    strokes = np.zeros((SIDE, SIDE), np.uint8)
    assert np.array_equal(lengthened(figure, said, strokes), figure)
