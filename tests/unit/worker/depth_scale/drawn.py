"""Pictures with a sector of echoes and, beside it, what a test draws."""

import cv2
import numpy as np
from numpy.typing import NDArray

TOP, BOTTOM, LEFT, RIGHT = 60, 440, 120, 520
Pixels = NDArray[np.uint8]


def echoes(seed: int = 0) -> Pixels:
    """A sector of speckle with a black surround, uint8 [480,640]."""
    rng = np.random.default_rng(seed)
    speckle = rng.rayleigh(40, (BOTTOM - TOP, RIGHT - LEFT)).clip(0, 200)
    pixels = np.zeros((480, 640), np.uint8)
    pixels[TOP:BOTTOM, LEFT:RIGHT] = cv2.GaussianBlur(speckle, (5, 5), 1)
    return pixels


def ticks(
    pixels: Pixels,
    step: float,
    *,
    x: int = 540,
    every: int = 5,
    level: int = 220,
    without: tuple[int, ...] = (),
) -> Pixels:
    """Dashes from the top of the sector to its bottom, longer ones at each so many."""
    drawn = pixels.copy()
    for number in range(int((BOTTOM - TOP) / step) + 1):
        row = TOP + round(number * step)
        if number not in without:
            drawn[row : row + 2, x : x + (10 if number % every == 0 else 5)] = level
    return drawn


def write(pixels: Pixels, text: str, at: tuple[int, int], size: float = 0.5) -> Pixels:
    """Text at (row, column) of its lower left corner."""
    drawn = pixels.copy()
    cv2.putText(drawn, text, at[::-1], cv2.FONT_HERSHEY_SIMPLEX, size, 230, 1, cv2.LINE_AA)
    return drawn
