"""Marks of another shape between those of a row, such as rings between dots or dots between dashes.

A row consists of similar marks. For scanners that alternate two kinds, two steps would otherwise be
proposed as one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.depth_scale.marks import Row

AROUND = 0.32
"""Share of a step above and below its middle that is searched."""
BESIDE = 5
"""px beside the widest mark that are searched."""
LEAST_LEVEL = 0.4
"""Something is printed between two marks if it has at least this share of a mark's brightness."""
ALIKE, MOST_ALIKE = 0.6, 0.5
"""Least correlation with the typical content between two marks, and share of the steps that have
it.
"""
WHOLE = 0.45
"""Most height of a mark as a share of a step; anything higher is several marks."""
_TURNS = 2

_Pixels = NDArray[np.uint8]
_Patches = NDArray[np.float32]


def with_all_marks(pixels: _Pixels, row: Row) -> Row | None:
    """Add the marks of another shape halfway between the row's own.

    Returns None if something else is printed there repeatedly, so that the step is ambiguous.

    Args:
        pixels: uint8 [H,W] or [H,W,3] as decoded.
    """
    grey = pixels if pixels.ndim == 2 else cast(_Pixels, pixels.max(axis=2))
    whole: Row | None = row
    for _ in range(_TURNS):
        if whole is None:
            return None
        finer = _finer(grey, whole)
        if finer is whole:
            return whole
        whole = finer
    return whole


def _finer(grey: _Pixels, row: Row) -> Row | None:
    high = int(AROUND * row.step[1])
    if high < 2:
        return row
    wide = int(np.ceil(max(row.reach))) + BESIDE
    between = _patches(grey, row, 0.5, wide, high)
    marks = _patches(grey, row, 0.0, wide, high)
    if len(between) < 2 or len(marks) < 2:
        return row
    typical = np.median(between, axis=0)
    level = float(np.median(marks, axis=0)[high - 1 : high + 2].max())
    if float(typical.max()) < LEAST_LEVEL * level:
        return row
    share = float((_correlation(between, typical) >= ALIKE).mean())
    if share < MOST_ALIKE:
        return row
    lit = typical >= 0.5 * float(typical.max())
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    one = int(rows[-1] - rows[0]) + 1 == len(rows) <= max(3, WHOLE * row.step[1])
    if not one or abs((rows[0] + rows[-1]) / 2 - high) > max(1.0, 0.05 * row.step[1]):
        return None
    left, right = float(wide - columns[0]), float(columns[-1] - wide)
    return replace(
        row,
        step=(row.step[0] / 2, row.step[1] / 2),
        count=2 * row.count - 1,
        found=row.found + round(share * (row.count - 1)),
        reach=(max(row.reach[0], left), max(row.reach[1], right)),
    )


def _patches(grey: _Pixels, row: Row, fraction: float, wide: int, high: int) -> _Patches:
    """Patches at a fraction of each step, less column medians: float32 [n, rows, columns]."""
    height, width = grey.shape
    found = []
    for number in range(row.count - (fraction > 0)):
        x = row.start[0] + (number + fraction) * row.step[0]
        y = row.start[1] + (number + fraction) * row.step[1]
        if not high <= y < height - high or not 0 <= x < width:
            continue
        patch = cv2.getRectSubPix(grey, (2 * wide + 1, 2 * high + 1), (float(x), float(y)))
        patch = patch.astype(np.float32)
        # Removes the line that some scanners draw from mark to mark.
        found.append(np.maximum(patch - np.median(patch, axis=0), 0))
    return np.array(found, np.float32)


def _correlation(patches: _Patches, typical: NDArray[np.float32]) -> NDArray[np.float64]:
    flat = patches.reshape(len(patches), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    wanted = typical.ravel().astype(np.float64)
    wanted -= wanted.mean()
    norms = np.linalg.norm(flat, axis=1) * np.linalg.norm(wanted)
    return cast(NDArray[np.float64], flat @ wanted / np.maximum(norms, 1e-6))
