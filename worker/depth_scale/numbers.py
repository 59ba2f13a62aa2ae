"""The length between marks of a printed scale: from numbers beside them, and from a depth in text.

Both may be misread: neither counts if the other disagrees, and only round lengths count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.beside import describe
from worker.deidentify.reader import printed_number
from worker.depth_scale.marks import Row
from worker.pipeline.frame import Region

ROUND_MM = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 50.0)
"""Lengths between marks that scanners use."""
NEAR_ROUND = 0.06
"""Most relative difference from one of these lengths; the sector's edge is seldom exact."""
DEPTHS_MM = (10.0, 350.0)
"""Range of depths in ultrasound."""
SURELY_CM, SURELY_MM = 15.0, 30.5
"""If the number at the largest depth is below the first, numbers are centimetres; above the second,
millimetres; in between, either.
"""
LEAST_NUMBERS, LEAST_AGREED = 2, 0.75
"""Least count of numbers that agree, and their least share of those that were read."""
TALL, WIDE = 0.035, 0.06
"""Most height and width of a number, share of the frame's height and width."""
MOST_LABELS, MOST_LINES = 16, 24
"""Most numbers beside marks, and most lines of text, that are read, 10 to 30 ms each."""
SLACK = 0.12
"""Share of the sector's height by which zero may lie above or below its top."""
INK = 90
"""Least level of a letter."""

_Pixels = NDArray[np.uint8]


def read_length(pixels: _Pixels, row: Row, box: Region) -> float | None:
    """Return the millimetres between marks, or None if no source is certain.

    Args:
        pixels: uint8 [H,W] or [H,W,3] as decoded.
        row: the marks.
        box: box around the echoes.
    """
    beside = _by_numbers(pixels, row, box)
    said = _by_depth(pixels, row, box)
    if beside is not None and said is not None and beside != said:
        return None
    return beside if beside is not None else said


def _by_numbers(pixels: _Pixels, row: Row, box: Region) -> float | None:
    read = list(_numbers(pixels, row))
    if len(read) < LEAST_NUMBERS:
        return None
    number = np.array([one[0] for one in read], float)
    value = np.array([one[1] for one in read])
    best: tuple[int, float, float] | None = None
    for i in range(len(read)):
        for j in range(i + 1, len(read)):
            if number[i] == number[j]:
                continue
            step = (value[j] - value[i]) / (number[j] - number[i])
            agreed = int((np.abs(value - value[i] - step * (number - number[i])) < 0.26).sum())
            if step > 0 and (best is None or agreed > best[0]):
                best = (agreed, step, value[i] - step * number[i])
    if best is None or best[0] < max(LEAST_NUMBERS, LEAST_AGREED * len(read)):
        return None
    _, step, first = best
    zero = row.start[1] - first / step * row.step[1]
    if not box.top - SLACK * box.height <= zero <= box.top + SLACK * box.height:
        return None
    depth = step * box.height / row.step[1]
    if depth < SURELY_CM:
        return _round(step * 10)
    return _round(step) if depth > SURELY_MM else None


def _numbers(pixels: _Pixels, row: Row) -> Iterable[tuple[int, float]]:
    """Numbers beside marks: the mark's index in the row, and the printed number."""
    grey = pixels if pixels.ndim == 2 else cast(_Pixels, pixels.max(axis=2))
    height, width = grey.shape
    half = round(min(TALL * height, 0.9 * row.step[1]) / 2)
    wide = round(WIDE * width)
    may_read = MOST_LABELS
    for number in range(row.count):
        x, y = row.start[0] + number * row.step[0], row.start[1] + number * row.step[1]
        for left in (round(x + row.reach[1] + 2), round(x - row.reach[0] - 2 - wide)):
            window = Region(round(y) - half, left, 2 * half + 1, wide).clipped(height, width)
            if window is None or window.width < 6 or window.height < 7:
                continue
            line = _tight(pixels[window.slices], grey[window.slices], from_left=left > x)
            if line is None:
                continue
            may_read -= 1
            if may_read < 0:
                return
            found = printed_number(line)
            if found is not None and found[1] is None:
                yield number, found[0]


def _tight(rgb: _Pixels, grey: _Pixels, *, from_left: bool) -> _Pixels | None:
    """Return the number at one end of a window, or None if there is nothing or something longer."""
    ink = grey >= max(INK, int(0.6 * int(grey.max())))
    columns = np.flatnonzero(ink.any(axis=0))
    rows = np.flatnonzero(ink.any(axis=1))
    if len(columns) == 0 or rows[-1] - rows[0] < 6:
        return None
    gaps = np.flatnonzero(np.diff(columns) > max(6, (rows[-1] - rows[0]) // 2))
    if from_left:
        last = columns[gaps[0]] if len(gaps) else columns[-1]
        first = columns[0]
    else:
        first = columns[gaps[-1] + 1] if len(gaps) else columns[0]
        last = columns[-1]
    if (last >= grey.shape[1] - 1 and from_left) or (first <= 0 and not from_left):
        return None
    if last - first < 2:
        return None
    top, bottom = max(0, rows[0] - 3), rows[-1] + 4
    piece = rgb[top:bottom, max(0, first - 3) : last + 4]
    return _bordered(piece)


def _bordered(piece: _Pixels) -> _Pixels:
    rgb = piece if piece.ndim == 3 else cv2.cvtColor(piece, cv2.COLOR_GRAY2RGB)
    return cast(_Pixels, cv2.copyMakeBorder(rgb, 2, 2, 4, 4, cv2.BORDER_CONSTANT, value=(0, 0, 0)))


def _by_depth(pixels: _Pixels, row: Row, box: Region) -> float | None:
    """Use a line of text with a length and its unit, such as "Depth 6 cm"."""
    kept = np.zeros(pixels.shape[:2], np.uint8)
    kept[box.slices] = 255
    lines = [one.region for one in describe(pixels, kept) if one.kind == "text"]
    lines = [one for one in lines if one.width <= 14 * one.height]
    found = set()
    for line in lines[:MOST_LINES]:
        grown = Region(line.top - 2, line.left - 3, line.height + 4, line.width + 6)
        window = grown.clipped(*pixels.shape[:2])
        said = printed_number(_bordered(pixels[window.slices])) if window else None
        if said is None or said[1] is None:
            continue
        depth = said[0] * (10 if said[1] == "cm" else 1)
        if DEPTHS_MM[0] <= depth <= DEPTHS_MM[1]:
            length = _round(depth / box.height * row.period)
            if length is not None:
                found.add(length)
    return found.pop() if len(found) == 1 else None


def _round(length: float) -> float | None:
    for one in ROUND_MM:
        if abs(length / one - 1) <= NEAR_ROUND:
            return one
    return None
