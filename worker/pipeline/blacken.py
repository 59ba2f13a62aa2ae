"""Black boxes: areas of a frame that a person wants removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def area_mask(areas: Iterable[Mapping[str, Any]], height: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels that the areas cover, bool [H,W].

    Args:
        areas: rectangles (`top`, `left`, `height`, `width` in whole px, exact) and polygons
            (`points`, [[x, y], ...] in px, where pixel (column, row) is the square from there to
            (column + 1, row + 1)). A polygon covers what pages show as black: every pixel that its
            outline runs through, and every pixel that it winds around, also where it crosses
            itself.
    """
    covered = np.zeros((height, width), np.bool_)
    for area in areas:
        if area["kind"] == "rectangle":
            top, left = area["top"], area["left"]
            covered[top : top + area["height"], left : left + area["width"]] = True
        else:
            _cover_polygon(covered, np.asarray(area["points"], np.float64))
    return covered


def _cover_polygon(covered: NDArray[np.bool_], points: NDArray[np.float64]) -> None:
    """Mark the pixels of a polygon, float64 [N,2] of (x, y) inside bool [H,W]."""
    most = np.array(covered.shape[::-1]) - 1
    left, top = np.minimum(points.min(axis=0).astype(int), most)
    right, bottom = np.minimum(points.max(axis=0).astype(int), most)
    box = covered[top : bottom + 1, left : right + 1]
    corners = points - (left, top)
    # How often the outline passes to the left of a pixel's centre, downwards minus upwards.
    winding = np.zeros((box.shape[0], box.shape[1] + 1), np.int16)
    for start, end in pairwise([*corners, corners[0]]):
        upper, lower = (start, end) if start[1] <= end[1] else (end, start)
        rows = np.arange(np.ceil(upper[1] - 0.5), np.ceil(lower[1] - 0.5)).astype(int)
        if rows.size:
            slope = (lower[0] - upper[0]) / (lower[1] - upper[1])
            at = upper[0] + (rows + 0.5 - upper[1]) * slope
            columns = np.clip(np.ceil(at - 0.5).astype(int), 0, box.shape[1])
            winding[rows, columns] += 1 if upper is start else -1
        across = _passed(start, end)
        box[tuple(np.minimum(across, np.array(box.shape) - 1).T)] = True
    box |= np.cumsum(winding[:, :-1], axis=1, dtype=np.int16) != 0


def _passed(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.intp]:
    """The pixels (row, column) that a line between two points (x, y) runs through: [N,2]."""
    along = [np.array([0.0, 1.0])]
    for first, last in zip(start, end, strict=True):
        if first != last:
            between = np.arange(np.floor(min(first, last)) + 1, np.ceil(max(first, last)))
            along.append((between - first) / (last - first))
    steps = np.sort(np.concatenate(along))
    middles = (steps[:-1] + steps[1:]) / 2
    columns, rows = np.floor(start + middles[:, None] * (end - start)).astype(np.intp).T
    return np.stack([rows, columns], axis=1)


def blacken(pixels: NDArray[np.uint8], covered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a copy of uint8 [H,W] or [H,W,3] with the covered pixels set to 0."""
    made = pixels.copy()
    made[covered] = 0
    return made
