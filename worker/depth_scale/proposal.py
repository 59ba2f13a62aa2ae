"""A scale printed in a picture: a person may confirm it; unconfirmed, nothing is measured by it.

It is read before de-identification blanks everything that is not echo. Numbers leave this package,
words do not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.depth_scale.between import with_all_marks
from worker.depth_scale.marks import Row, find_rows
from worker.depth_scale.numbers import read_length
from worker.pipeline.crop import find_sector
from worker.pipeline.frame import Frame, Region

log = logging.getLogger(__name__)

UPRIGHT = 0.03
"""Most columns per row by which an upright line of marks slants."""
RIM, OBLIQUE_RIM = 0.15, 0.02
"""How deep marks may lie inside the sector, share of its width: cropped pictures have them over the
echoes. Further in, they belong to a measurement; the second is for slanting lines.
"""
LEAST_SPAN = 0.15
"""Least share of the sector's height that a row spans."""
BEYOND = 0.06
"""Share of the sector's height by which a row may start above it or end below it."""
DARK, MOST_LIT = 0.5, 0.1
"""Share of a mark's brightness, and most of the area between marks that may reach it."""
SAME = 0.02
"""Most relative difference of two rows with the same period."""
MOST_PARALLEL = 2
"""Most rows with the same period; more are a repeating picture, not scales."""
SURE = 8
"""With at least this many marks, their number does not reduce the confidence."""
NEARER = 0.5
"""Share of a scale's step by which one part of a picture has to be closer to it than another."""
_SMALLEST = 96
"""px; a scale does not fit on smaller frames."""

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class ProposedScale:
    """A printed scale that a person may confirm.

    Attributes:
        px: distance between marks.
        mm: the same, from numbers beside the marks or a depth; None if there are none.
        confidence: 0 to 1, from the marks alone.
        marks: number of marks from the first to the last.
        start, end: (x, y) px of the frame, of the first and the last mark.
    """

    px: float
    mm: float | None
    confidence: float
    marks: int
    start: tuple[float, float]
    end: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Return the form of `Region.proposed_scale`."""
        return {
            "px": round(self.px, 3),
            "mm": self.mm,
            "confidence": round(self.confidence, 2),
            "marks": self.marks,
            "start": [round(value, 2) for value in self.start],
            "end": [round(value, 2) for value in self.end],
        }


def propose(pixels: _Pixels) -> ProposedScale | None:
    """Find the scale printed beside the echoes; None if there is none or it is ambiguous.

    Args:
        pixels: uint8 [H,W] or [H,W,3] as decoded, with everything that the scanner wrote.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST:
        return None
    rows = find_rows(pixels)
    if not rows:
        return None
    sector = find_sector(pixels)
    inside = np.zeros((height, width), np.uint8)
    if sector.hull is None:
        inside[sector.box.slices] = 1
    else:
        cv2.fillConvexPoly(inside, sector.hull, 1)
    beside = [row for row in rows if _is_beside(pixels, row, sector.box, inside)]
    row = _only_one(beside)
    row = None if row is None else with_all_marks(pixels, row)
    if row is None:
        return None
    mm = read_length(pixels, row, sector.box)
    confidence = row.found / row.count * min(1.0, row.found / SURE) * max(0.0, 1 - row.rms)
    return ProposedScale(row.period, mm, confidence, row.count, row.start, row.end)


def propose_safely(pixels: _Pixels) -> ProposedScale | None:
    """`propose`, with None for any failure: an image without a proposal beats no image."""
    try:
        return propose(pixels)
    except Exception as error:
        # The message may quote text that was read; the type does not.
        log.error("looking for a printed scale failed: %s", type(error).__name__)
        return None


def is_silent(frame: Frame) -> bool:
    """Whether a file states no scale for a part of its picture that shows the body."""
    if frame.scales:
        return any(one.spacing is None for one in frame.scales)
    return frame.spacing is None


def darkest(samples: Sequence[_Pixels]) -> _Pixels:
    """The still parts of a cine's frames, uint8 [H,W] or [H,W,3]: echoes move, marks do not."""
    still = samples[0]
    for one in samples[1:]:
        still = np.minimum(still, one)
    return still


_AnyBox = TypeVar("_AnyBox", bound="_Box")


class _Box(Protocol):
    top: int
    left: int
    height: int
    width: int


def nearest(boxes: Sequence[_AnyBox], scale: ProposedScale) -> list[_AnyBox]:
    """Return the parts of a picture next to a scale: the nearest, or all at that distance.

    Parts entirely above or below its marks do not count. With a picture on each side it is
    ambiguous, and belongs to neither.
    """
    top, bottom = min(scale.start[1], scale.end[1]), max(scale.start[1], scale.end[1])
    middle = (scale.start[0] + scale.end[0]) / 2

    def away(box: _AnyBox) -> float:
        return max(box.left - middle, middle - box.left - box.width, 0.0)

    level = [box for box in boxes if box.top < bottom and box.top + box.height > top]
    if not level:
        return []
    least = min(map(away, level))
    close = [box for box in level if away(box) <= least + NEARER * scale.px]
    sides = {box.left + box.width / 2 < middle for box in close}
    return close if least == 0 or len(sides) == 1 else []


def _only_one(rows: list[Row]) -> Row | None:
    """Return the row with the most marks if all others have its period or fractions of it."""
    if not rows:
        return None
    best = rows[0]
    alike = [row for row in rows if abs(row.period / best.period - 1) <= SAME]
    if len(alike) > MOST_PARALLEL:
        return None
    for row in rows:
        ratio = max(row.period, best.period) / min(row.period, best.period)
        if abs(ratio / round(ratio) - 1) > SAME:
            return None
    return best


def _is_beside(pixels: _Pixels, row: Row, box: Region, inside: _Pixels) -> bool:
    """Whether a row runs along a side of the echoes and has nothing between its marks."""
    (x0, y0), (x1, y1) = row.start, row.end
    slack = BEYOND * box.height
    if y1 - y0 < LEAST_SPAN * box.height:
        return False
    if y0 < box.top - slack or y1 > box.top + box.height + slack:
        return False
    numbers = np.arange(row.count)
    points = np.array(row.start) + numbers[:, None] * np.array(row.step)
    if abs(row.step[0]) <= UPRIGHT * row.step[1]:
        middle = (x0 + x1) / 2
        deep = min(middle - box.left, box.left + box.width - middle) / box.width
        if deep > RIM:
            return False
    else:
        depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        columns = np.clip(np.rint(points[:, 0]).astype(int), 0, inside.shape[1] - 1)
        lines = np.clip(np.rint(points[:, 1]).astype(int), 0, inside.shape[0] - 1)
        if float(np.mean(depth[lines, columns] > OBLIQUE_RIM * box.width)) > 0.25:
            return False
    return _is_empty(pixels, row, points, inside)


def _is_empty(pixels: _Pixels, row: Row, points: NDArray[np.float64], inside: _Pixels) -> bool:
    """Whether it is dark between two marks, except for echoes."""
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    left, right = row.reach
    lit = looked = 0
    half = row.step[1] / 2
    for x, y in points[:-1]:
        x, y = x + row.step[0] / 2, y + half
        window = Region(
            round(y - half * 0.5), round(x - left - 1), max(1, round(half)), round(left + right + 3)
        ).clipped(*grey.shape)
        if window is None or inside[window.slices].any():
            continue
        level = max(float(grey[round(y - half), min(grey.shape[1] - 1, round(x))]), 60.0)
        looked += 1
        between = grey[window.slices]
        # Ignores columns that are lit all the way, such as a line from mark to mark.
        between = between[:, between.min(axis=0) <= DARK * level]
        lit += float(between.max(initial=0)) > DARK * level
    return lit <= MOST_LIT * max(looked, 1) or lit <= 1
