"""Black boxes: areas of a frame that a person wants removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SHIFT = 8
"""Fractional bits of the coordinates passed to OpenCV."""


def area_mask(areas: Iterable[Mapping[str, Any]], height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels that the areas cover, bool [H,W].

    Args:
        areas: rectangles (`top`, `left`, `height`, `width` in whole px, exact) and polygons
            (`points`, [[x, y], ...] in px, where pixel (column, row) is the square from there to
            (column + 1, row + 1)); a polygon covers every pixel that its outline runs through.
    """
    covered = np.zeros((height, width), np.uint8)
    for area in areas:
        if area["kind"] == "rectangle":
            top, left = area["top"], area["left"]
            covered[top : top + area["height"], left : left + area["width"]] = 1
            continue
        # OpenCV's coordinates are pixel centres; it draws the outline as well as filling it.
        points = (np.asarray(area["points"], np.float64) - 0.5) * (1 << _SHIFT)
        cv2.fillPoly(covered, [np.rint(points).astype(np.int32)], 1, cv2.LINE_8, _SHIFT)
    return covered.view(np.bool_)


def blacken(pixels: NDArray[np.uint8], covered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a copy of uint8 [H,W] or [H,W,3] with the covered pixels set to 0."""
    made = pixels.copy()
    made[covered] = 0
    return made
