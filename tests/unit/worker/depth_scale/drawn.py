"""Pictures with a sector of echoes and, beside it, marks and text that a test draws."""

import cv2
import numpy as np
from numpy.typing import NDArray

TOP, BOTTOM, LEFT, RIGHT = 60, 440, 120, 520
Pixels = NDArray[np.uint8]


def echoes(seed: int = 0) -> Pixels:
    """Return a sector of speckle on black, uint8 [480,640]."""
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
    """Draw dashes from the top of the sector to its bottom; every `every`-th is longer."""
    drawn = pixels.copy()
    for number in range(int((BOTTOM - TOP) / step) + 1):
        row = TOP + round(number * step)
        if number not in without:
            drawn[row : row + 2, x : x + (10 if number % every == 0 else 5)] = level
    return drawn


def write(pixels: Pixels, text: str, at: tuple[int, int], size: float = 0.5) -> Pixels:
    """Draw text with its lower left corner at (row, column)."""
    drawn = pixels.copy()
    cv2.putText(drawn, text, at[::-1], cv2.FONT_HERSHEY_SIMPLEX, size, 230, 1, cv2.LINE_AA)
    return drawn
