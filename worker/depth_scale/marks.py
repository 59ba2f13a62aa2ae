"""Marks of a scale: small, bright, similar, and equally spaced on a straight line.

Scanners print one beside the echoes or along the side of a fan: dashes, dots or arrows, some of
them longer. Letters in a column of text are equally spaced too, but have neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_SIDE = 1400
"""px; a larger picture is searched at this size of its longer side."""
TALLEST = 0.02
"""Most height of a mark, share of the frame's height; letters are higher."""
WIDEST = 0.05
"""Most width of a mark, share of the frame's width."""
FILLED = 0.45
"""Least share of its box that a mark fills."""
CONTRAST = 28
"""Levels by which a mark is brighter than its surroundings."""
CLEAR = 0.5
"""Most contrast of the surroundings, as a share of the mark's."""
SHORTEST, LONGEST = 5.0, 0.15
"""Least distance of two marks, px, and most, as a share of the frame's height."""
STEEP = 1.1
"""Most columns per row by which a line of marks slants, as along the side of a fan."""
NEAR = 1.6
"""Most px between a mark's expected and actual place."""
LEAST = 5
"""Least number of marks in a scale."""
MOST_MISSING = 0.2
"""Largest share of them that may be hidden."""
MOST_HIDDEN = 2
"""Most consecutive marks that may be hidden."""
THIN, ALIKE_THIN, ALIKE = 3.5, 0.6, 0.8
"""Most height in px of a thin mark, as letters are higher; least correlation with the typical mark
of thin ones and of others.
"""
FAINT = 0.4
"""Below this share of a mark's contrast there is no mark."""
LEAST_ALIKE = 0.6
"""Least share of the marks that resemble the typical one; longer ones do not."""
MOST_HALVES = 0.5
"""If at least this share of the midpoints look like marks, they are marks."""
EVEN = 0.75
"""px; most root mean square deviation of the marks from equal spacing."""
MOST_MARKS, MOST_SEEDS = 1200, 300
"""Most small bright spots of a picture that are examined, and most starting points of rows."""

_Pixels = NDArray[np.uint8]
_Points = NDArray[np.float64]
_Sides = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """Marks on a line.

    Attributes:
        start, step: (x, y) px of the first mark, and from one to the next.
        count: number of marks from the first to the last, including missing ones.
        found: number of marks that were detected.
        rms: px, deviation from equal spacing.
        reach: (left, right) px of the widest mark, from the line.
    """

    start: tuple[float, float]
    step: tuple[float, float]
    count: int
    found: int
    rms: float
    reach: tuple[float, float]

    @property
    def period(self) -> float:
        """px from one mark to the next."""
        return float(np.hypot(*self.step))

    @property
    def end(self) -> tuple[float, float]:
        """(x, y) px of the last mark."""
        last = self.count - 1
        return self.start[0] + last * self.step[0], self.start[1] + last * self.step[1]


@dataclass(frozen=True)
class _Marks:
    """Small bright spots: (x, y) of their centres, and boxes (left, top, right, bottom)."""

    middles: _Points
    boxes: _Points


def find_rows(pixels: _Pixels) -> list[Row]:
    """Find rows of marks that run down the picture, the one with the most marks first.

    Args:
        pixels: uint8 [H,W] or [H,W,3], as uploaded.
    """
    grey = _most(pixels)
    scale = min(1.0, MOST_SIDE / max(grey.shape))
    if scale < 1:
        grey = cast(
            _Pixels, cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        )
    tall = max(5, round(TALLEST * grey.shape[0])) | 1
    # Remove anything higher than a mark, such as the line that some scanners draw from mark to
    # mark.
    ridge = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((tall, 1), np.uint8))
    marks = _marks(grey, cast(_Pixels, ridge), tall)
    found: list[Row] = []
    for anchor in ("middle", "left", "right"):
        found += _rows(cast(_Pixels, ridge), marks, anchor)
    found.sort(key=lambda row: (-row.found, row.rms))
    kept: list[Row] = []
    for row in found:
        if not any(_same_line(row, other) for other in kept):
            kept.append(row)
    return [_scaled(row, 1 / scale) for row in kept]


def _most(pixels: _Pixels) -> _Pixels:
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(pixels)
    return cast(_Pixels, cv2.max(cv2.max(red, green), blue))


def _marks(grey: _Pixels, ridge: _Pixels, tall: int) -> _Marks:
    wide = max(7, round(WIDEST * grey.shape[1]))
    binary = (ridge >= CONTRAST).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(binary, connectivity=8)
    left, top, box_width, box_height, area = stats.T
    fits = (box_height < tall) & (box_width <= wide) & (area >= FILLED * box_width * box_height)
    fits[0] = False
    peaks = np.zeros(len(stats), np.int64)
    np.maximum.at(peaks, labels.ravel().astype(np.intp), ridge.ravel().astype(np.int64))
    chosen = np.flatnonzero(fits)
    brightest = chosen[np.argsort(-peaks[chosen], kind="stable")][: 4 * MOST_MARKS]
    alone = brightest[_alone(grey, stats[brightest, :4].astype(np.int64).T)]
    kept = alone[:MOST_MARKS]
    boxes = np.stack([left, top, left + box_width - 1, top + box_height - 1], 1)[kept]
    return _Marks(centres[kept].astype(np.float64), boxes.astype(np.float64))


def _alone(grey: _Pixels, boxes: _Sides) -> NDArray[np.bool_]:
    """Return which boxes have nothing as bright directly above and below, and on at least one side.

    Args:
        grey: uint8 [H,W].
        boxes: int64 [4,N], left, top, width and height of each.
    """
    left, top, width, height = boxes
    right, bottom = left + width, top + height
    pad, far = 2, np.maximum(4, height + 2)
    clear = CLEAR * _brightest(grey, top, bottom, left, right)
    above = _brightest(grey, top - pad - far, top - pad, left, right)
    below = _brightest(grey, bottom + pad, bottom + pad + far, left, right)
    alone = np.maximum(above, below) <= clear
    # Most have something above or below, so their sides need not be checked.
    top, bottom, left, right = top[alone], bottom[alone], left[alone], right[alone]
    far, clear = far[alone], clear[alone]
    before = _brightest(grey, top - 1, bottom + 1, left - pad - far, left - pad)
    after = _brightest(grey, top - 1, bottom + 1, right + pad, right + pad + far)
    alone[alone] = np.minimum(before, after) <= clear
    return alone


def _brightest(
    grey: _Pixels, top: _Sides, bottom: _Sides, left: _Sides, right: _Sides
) -> NDArray[np.uint8]:
    """The brightest pixel of each window, uint8 [N]; 0 if the window lies outside the picture.

    Args:
        grey: uint8 [H,W].
        top, bottom, left, right: int64 [N], each window's first row and column and those after its
            last.
    """
    height, width = grey.shape
    top, bottom = np.clip(top, 0, height), np.clip(bottom, 0, height)
    left, right = np.clip(left, 0, width), np.clip(right, 0, width)
    high, wide = np.maximum(bottom - top, 0), np.maximum(right - left, 0)
    found = np.zeros(len(top), np.uint8)
    there = np.flatnonzero(high * wide)
    if not there.size:
        return found
    top, left, high, wide = top[there], left[there], high[there], wide[there]
    # Each window's rows, then the pixels of each row, as offsets in the picture's memory.
    rows = np.repeat(top - _before(high), high) + np.arange(high.sum())
    lengths = np.repeat(wide, high)
    starts = rows * width + np.repeat(left, high)
    places = np.repeat(starts - _before(lengths), lengths) + np.arange(lengths.sum())
    found[there] = np.maximum.reduceat(grey.ravel()[places], _before(high * wide))
    return found


def _before(counts: _Sides) -> _Sides:
    """The sum of all counts before each, int64 [N]."""
    return cast(_Sides, np.cumsum(counts) - counts)


def _rows(ridge: _Pixels, marks: _Marks, anchor: str) -> list[Row]:
    points = marks.middles.copy()
    if anchor != "middle":
        points[:, 0] = marks.boxes[:, 0 if anchor == "left" else 2]
    if len(points) < LEAST:
        return []
    height, width = ridge.shape
    order = np.argsort(points[:, 1], kind="stable")
    points, boxes = points[order], marks.boxes[order]
    lookup = np.full((height + 8, width + 8), -1, np.int32)
    radius = int(np.ceil(NEAR))
    ix, iy = np.rint(points[:, 0]).astype(int) + 4, np.rint(points[:, 1]).astype(int) + 4
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            lookup[iy + down, ix + right] = np.arange(len(points))
    lookup[iy, ix] = np.arange(len(points))

    def at(where: _Points) -> NDArray[np.int32]:
        x, y = np.rint(where[..., 0]).astype(int) + 4, np.rint(where[..., 1]).astype(int) + 4
        inside = (x >= 0) & (y >= 0) & (x < width + 8) & (y < height + 8)
        return np.where(inside, lookup[np.where(inside, y, 0), np.where(inside, x, 0)], -1)

    step = points[None] - points[:, None]
    dx, dy = step[..., 0], step[..., 1]
    apart = np.hypot(dx, dy)
    wanted = (dy >= SHORTEST * 0.6) & (apart >= SHORTEST) & (apart <= LONGEST * height)
    wanted &= np.abs(dx) <= STEEP * dy
    if anchor != "middle":
        wanted &= np.abs(dx) <= NEAR
    i, j = np.nonzero(wanted)
    third = at(2 * points[j] - points[i])
    keep = third >= 0
    i, j, third = i[keep], j[keep], third[keep]
    fourth = at((points[third] - points[i]) * 1.5 + points[i])
    keep = fourth >= 0
    i, j, third, fourth = i[keep], j[keep], third[keep], fourth[keep]
    found: list[Row] = []
    used: set[tuple[int, int]] = set()
    # Short steps first: prefers a scale over every second mark of it.
    may_try = MOST_SEEDS
    for n in np.argsort(apart[i, j], kind="stable"):
        if (int(i[n]), int(j[n])) in used:
            continue
        may_try -= 1
        if may_try < 0:
            break
        members = {0: int(i[n]), 1: int(j[n]), 2: int(third[n]), 3: int(fourth[n])}
        row = _extended(ridge, points, boxes, members, at)
        used.update(permutations(members.values(), 2))
        if row is not None:
            found.append(row)
    return found


def _fit(points: _Points, members: dict[int, int]) -> tuple[_Points, _Points, float]:
    numbers = np.array(list(members), float)
    where = points[list(members.values())]
    middle, centre = numbers.mean(), where.mean(axis=0)
    apart = numbers - middle
    step = apart @ (where - centre) / (apart @ apart)
    off = where - centre - apart[:, None] * step
    return centre - middle * step, step, float(np.sqrt((off**2).sum(axis=1).mean()))


def _extended(
    ridge: _Pixels,
    points: _Points,
    boxes: _Points,
    members: dict[int, int],
    at: Callable[[_Points], NDArray[np.int32]],
) -> Row | None:
    """Extend a row of marks on both sides."""
    for direction in (1, -1):
        while True:
            start, step, _ = _fit(points, members)
            last = max(members) if direction > 0 else min(members)
            for ahead in range(1, MOST_HIDDEN + 2):
                number = last + direction * ahead
                one = int(at(start + number * step))
                if (
                    one >= 0
                    and one not in members.values()
                    and np.hypot(*(points[one] - start - number * step)) <= NEAR
                ):
                    members[number] = one
                    break
            else:
                break
    start, step, rms = _fit(points, members)
    first, last = min(members), max(members)
    count = last - first + 1
    if len(members) < LEAST or len(members) < (1 - MOST_MISSING) * count or rms > EVEN:
        return None
    chosen = boxes[list(members.values())]
    typical = _typical(ridge, points[list(members.values())], chosen)
    if typical is None:
        return None
    line = start[0] + np.array(list(members)) * step[0]
    reach = (float((line - chosen[:, 0]).max()), float((chosen[:, 2] - line).max()))
    origin, found = start + first * step, len(members)
    between = origin + (np.arange(count - 1)[:, None] + 0.5) * step
    halves = int((typical.alike(ridge, between) >= ALIKE_THIN).sum())
    if halves >= MOST_HALVES * (count - 1):  # only every second mark was detected, the clearer one
        step, count, found = step / 2, 2 * count - 1, found + halves
    return Row(
        (float(origin[0]), float(origin[1])),
        (float(step[0]), float(step[1])),
        count,
        found,
        rms,
        reach,
    )


@dataclass(frozen=True)
class _Typical:
    """The typical look of a row's marks: patch, size, and offset to the patch's middle, px."""

    patch: NDArray[np.float32]
    size: tuple[int, int]
    centre: tuple[float, float]

    def alike(self, ridge: _Pixels, anchors: _Points) -> NDArray[np.float64]:
        """The correlation of each point's patch with it, -1 to 1; 0 if almost empty."""
        patches = _patches(ridge, anchors, self.size, self.centre)
        whole = float(np.linalg.norm(self.patch))
        norms = np.linalg.norm(patches, axis=1)
        alike = patches @ self.patch / (norms * whole + 1e-6)
        return cast(NDArray[np.float64], np.where(norms >= FAINT * whole, alike, 0.0))


def _patches(
    ridge: _Pixels, anchors: _Points, size: tuple[int, int], centre: tuple[float, float]
) -> NDArray[np.float32]:
    """Return the patch at each point, less its mean: float32 [n, px]."""
    at = [(float(x + centre[0]), float(y + centre[1])) for x, y in anchors]
    patches = np.stack([cv2.getRectSubPix(ridge, size, point) for point in at])
    flat = patches.reshape(len(anchors), -1).astype(np.float32)
    return cast(NDArray[np.float32], flat - flat.mean(axis=1, keepdims=True))


def _typical(ridge: _Pixels, anchors: _Points, boxes: _Points) -> _Typical | None:
    """Return the typical look of marks, or None if they differ like letters in lines of text."""
    left, top, right, bottom = np.median(boxes - anchors[:, [0, 1, 0, 1]], axis=0)
    size = (int(right - left + 1) + 4, int(bottom - top + 1) + 4)
    centre = (float(left + right) / 2, float(top + bottom) / 2)
    patch = np.median(_patches(ridge, anchors, size, centre), axis=0)
    typical = _Typical(patch - patch.mean(), size, centre)
    wanted = ALIKE_THIN if bottom - top + 1 <= THIN else ALIKE
    if float((typical.alike(ridge, anchors) >= wanted).mean()) < LEAST_ALIKE:
        return None
    return typical


def _same_line(one: Row, other: Row) -> bool:
    """Whether a row lies on the line of a better one."""
    (x, y), (dx, dy) = other.start, other.step
    length = other.period

    def away(point: tuple[float, float]) -> float:
        return abs((point[0] - x) * dy - (point[1] - y) * dx) / length

    return away(one.start) <= 12 and away(one.end) <= 12


def _scaled(row: Row, factor: float) -> Row:
    if factor == 1:
        return row

    def both(pair: tuple[float, float]) -> tuple[float, float]:
        return (pair[0] * factor, pair[1] * factor)

    return Row(
        both(row.start), both(row.step), row.count, row.found, row.rms * factor, both(row.reach)
    )
