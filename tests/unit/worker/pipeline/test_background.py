"""Bars, panels, pages and gradients count as paint; tissue and cysts count as echoes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.synthetic import EllipseLesion, ultrasound
from worker.pipeline.background import painted


@pytest.mark.parametrize("colour", [(40, 60, 110), (60, 60, 60), (235, 235, 235), (22, 22, 24)])
def test_a_bar_along_the_edge_is_paint(colour: tuple[int, int, int]) -> None:
    pixels = np.repeat(ultrasound(384, 512, seed=1, geometry="full").pixels[..., None], 3, axis=2)
    pixels[:40] = colour
    paint = painted(pixels)
    assert paint[:38].mean() > 0.98
    assert paint[44:].mean() < 0.001


def test_a_gradient_is_paint() -> None:
    pixels = ultrasound(384, 512, seed=2, geometry="full").pixels.copy()
    pixels[300:] = np.linspace(30, 160, 84).astype(np.uint8)[:, None]
    paint = painted(pixels)
    assert paint[303:].mean() > 0.95
    assert paint[:296].mean() < 0.001


def test_gaps_between_letters_are_paint_and_the_letters_are_not() -> None:
    pixels = np.full((200, 400), 70, np.uint8)
    cv2.putText(pixels, "DOE JANE 1970", (60, 110), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 230, 2)
    paint = painted(pixels)
    assert paint[pixels == 230].mean() < 0.02
    assert paint[pixels == 70].mean() > 0.97


@pytest.mark.parametrize("geometry", ["fan", "linear", "full"])
def test_tissue_and_an_anechoic_cyst_are_no_paint(geometry: str) -> None:
    cyst = EllipseLesion((200, 256), (60, 45), echo=0.001)
    image = ultrasound(384, 512, seed=3, lesions=[cyst], geometry=geometry, banner=())
    assert not painted(image.pixels)[image.sector].any()


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 99),
    colour=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_any_blocks_and_lines_are_taken(height: int, width: int, seed: int, colour: bool) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 3) if colour else (height, width), np.uint8)
    for _ in range(4):
        top, left = rng.integers(height), rng.integers(width)
        low, right = rng.integers(top, height) + 1, rng.integers(left, width) + 1
        pixels[top:low, left:right] = rng.integers(256)
    paint = painted(pixels)
    assert paint.shape == (height, width)
    assert set(np.unique(paint)) <= {0, 1}
