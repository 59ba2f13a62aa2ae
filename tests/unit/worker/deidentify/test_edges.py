"""Letters cut by the upper or lower edge of the picture go; echoes and single digits stay."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from bench.deidentify import legible
from models.synthetic.canvas import Canvas, typefaces
from models.synthetic.screens import Hand
from worker.deidentify import deidentify
from worker.deidentify.edges import MOST, strips
from worker.pipeline import Frame, Region

SIDE, CUT = 400, 360
Edge = Literal["top", "bottom"]


def rest(edge: Edge) -> Region:
    """Return the part of a picture that is left after cutting `SIDE - CUT` px off this edge."""
    return Region(SIDE - CUT if edge == "top" else 0, 0, CUT, SIDE)


def view(text: str = "", at: tuple[int, int] = (0, 0)) -> Canvas:
    canvas = Canvas.of(SIDE, SIDE)
    canvas.echoes(Hand(2, "edges").view(SIDE, SIDE, "linear"), (0, 0))
    if text:
        canvas.write(text, at, typefaces()[0], 18, (220, 220, 220))
    return canvas


@pytest.mark.parametrize("edge", ["top", "bottom"])
def test_half_a_line_of_letters_goes(edge: Edge) -> None:
    row = (SIDE - CUT if edge == "top" else CUT) - 9  # 18 px high: the edge goes through the middle
    screen = view("PHANTOM DOE", (row, 120)).screen()
    window = rest(edge).slices
    before = np.ascontiguousarray(screen.pixels[window])
    after = deidentify(Frame(before)).frame.pixels
    ink = np.zeros((SIDE, SIDE), np.bool_)
    for letter in screen.words[0].letters:
        ink[letter.region.slices] |= letter.ink
    assert ink[window].sum() > 100
    assert (after.max(axis=2)[ink[window]] > 0).mean() < 0.1


def test_whole_letters_beside_an_edge_go_as_before() -> None:
    screen = view("DOE JANE", (SIDE - 22, 150)).screen()
    after = deidentify(Frame(screen.pixels)).frame.pixels
    assert not any(legible(one, screen.pixels, after) for one in screen.words[0].letters)


@pytest.mark.parametrize("edge", ["top", "bottom"])
def test_echoes_at_an_edge_stay(edge: Edge) -> None:
    before = np.ascontiguousarray(view().screen().pixels[rest(edge).slices])
    assert np.array_equal(deidentify(Frame(before)).frame.pixels, before)


def test_a_lone_figure_at_an_edge_stays() -> None:
    screen = view("3", (SIDE - 9, 120)).screen()
    assert np.array_equal(deidentify(Frame(screen.pixels)).frame.pixels, screen.pixels)


def test_strips_are_few_and_lie_where_text_touches_an_edge() -> None:
    said = np.zeros((300, 200), np.uint8)
    assert not list(strips(said))
    said[292:, 80:120] = 255
    (strip,) = strips(said)
    assert strip.window.top + strip.window.height == 300
    assert strip.window.left <= 80 and strip.window.left + strip.window.width >= 120
    pixels = np.random.default_rng(1).integers(0, 255, (300, 200), np.uint8)
    mirrored = strip.of(pixels)
    assert np.array_equal(mirrored[strip.window.height], pixels[299, strip.window.slices[1]])
    place = np.array([[0, 0], [9, 0], [9, 4], [0, 4]], np.float32)
    rows, columns = strip.back(place).astype(int)[[0, 2]].T[::-1]
    assert np.array_equal(
        pixels[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1], mirrored[:5, :10]
    )
    assert not strip.is_cut(place)
    assert strip.is_cut(place + np.array([0, strip.window.height - 2], np.float32))
    lines = np.tile(np.where(np.arange(100) < 50, np.uint8(255), np.uint8(0)), (8, 30))
    assert len(list(strips(lines))) == 2 * MOST
