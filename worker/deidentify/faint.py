"""Lines that the small network reports as text and the large one misses, at least in part.

Letters of 12 px that are as bright as the speckle around them are recognised by their uniform grey.
Lines of which the small network is less sure, or as short as a cross with its number, are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.first_look import CELL
from worker.deidentify.lines import is_dotted, is_level, is_straight
from worker.pipeline.components import parts_of

INSIDE = 0.3
"""`reader.text_map` above this is the middle of a line of text."""
ANSWERED = (9, 17)
"""px (height, width) around the large network's results that are not searched again."""
LIKELY = 0.5
"""Least probability of the small network for squares of text."""
DOUBTFUL, SURELY = 0.6, 0.8
"""Least mean of it over a line: to be read, and to be text unread unless it stands upright."""
SHORTEST, LONG, HIGHEST = 4 * CELL, 6 * CELL, 4 * CELL
"""px; least length of a line that is read, least length of one that need not be, and most height.
"""
FULL, NARROW = 0.6, 1.5
"""Least share of its box that a line fills, and least length over height."""
LOW, DENSE, LIKELY_LINE, WIDE = 2 * CELL, 0.8, 0.65, 4
"""Most height in px, and least share of its box, mean probability and length over height, of a
level line that need not be read either: one of small letters, not crosses or edges of echoes.
"""
OVER_ECHOES = 0.5
"""Least share of a line that lies on kept pixels."""
LETTERS, READ, READ_SURELY = 3, 0.55, 0.3
"""Least number of letters read in such a line, and least mean confidence: for a doubtful line, and
for a short one of which the small network is sure.
"""
READ_UPRIGHT = 0.9
"""The confidence for an upright line, as rulers stand upright."""
WORD = 3.5
"""Least length over height of a line that is lengthened, including the added part."""
BLACKEST, BRIGHTEST = 5, 99.5
"""Percentiles between which levels are stretched before faint letters are read."""

_Pixels = NDArray[np.uint8]
_Corners = NDArray[np.float32]
Read = Callable[[_Pixels], tuple[int, float, bool]]
"""As `reader.characters`."""


def unread(
    pixels: _Pixels,
    said: _Pixels,
    heat: NDArray[np.float32],
    kept: _Pixels,
    strokes: _Pixels,
    read: Read,
    may_read: int,
) -> Iterator[tuple[_Corners, float]]:
    """Find such lines: corners and confidence.

    Args:
        pixels: uint8 [H,W,3] RGB.
        said: uint8 [H,W], `Look.said`.
        heat: float32 [H,W], `reader.text_map`.
        kept: uint8 [H,W], 0 where pixels are blanked anyway.
        strokes: uint8 0/255 [H,W], thin upright strokes.
        may_read: maximum number of lines to read.
    """
    answered = cv2.dilate((heat > INSIDE).astype(np.uint8), np.ones(ANSWERED, np.uint8))
    rest = ((said > LIKELY * 255) & (answered == 0)).astype(np.uint8)
    count, labels, stats = parts_of(rest)
    for number in range(1, count):
        left, top, width, height, area = stats[number].tolist()
        long, high = max(width, height), min(width, height)
        if long < SHORTEST or not CELL <= high <= HIGHEST or long < NARROW * high:
            continue
        if area < FULL * long * high:
            continue  # a dotted line from corner to corner
        window = np.s_[top : top + height, left : left + width]
        score = float(said[window][labels[window] == number].mean()) / 255
        if score < DOUBTFUL or float((kept[window] > 0).mean()) < OVER_ECHOES:
            continue
        right, bottom = left + width - 1, top + height - 1
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        if is_dotted(strokes, corners) or is_straight(strokes[window]):
            continue
        # Echoes may be upright as well: a septum, or an edge along the beams.
        known = score >= SURELY and width >= 2 * height
        small = high <= LOW and width >= WIDE * height and area >= DENSE * long * high
        if long >= LONG and (known or (small and score >= LIKELY_LINE)):
            yield corners, score
        elif may_read > 0:
            may_read -= 1
            if _is_read(pixels, (left, top, width, height), read, score):
                yield corners, score


def _is_read(pixels: _Pixels, box: tuple[int, int, int, int], read: Read, score: float) -> bool:
    """Whether letters are read in a box (column, row, width, height), as is or brighter."""
    left, top, width, height = box
    around = CELL // 2
    line = pixels[
        max(0, top - around) : top + height + around, max(0, left - around) : left + width + around
    ]
    low, high = np.percentile(line, (BLACKEST, BRIGHTEST))
    spread = (line.astype(np.float32) - low) * (255 / max(1.0, float(high - low)))
    seen = [np.ascontiguousarray(line), np.clip(spread, 0, 255).astype(np.uint8)]
    if height > width:
        turns = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)
        seen = [cast(_Pixels, cv2.rotate(one, turn)) for one in seen for turn in turns]
        wanted = READ_UPRIGHT
    else:
        wanted = READ_SURELY if score >= SURELY else READ
    for one in seen:
        count, sure, marks = read(one)
        if count >= LETTERS and sure >= wanted and not marks:
            return True
    return False


def lengthened(corners: _Corners, said: _Pixels, strokes: _Pixels) -> _Corners:
    """Extend the corners of a line of text as far as the small network reports text at its ends.

    Args:
        corners: float32 [4,2] (column, row).
        said, strokes: as in `unread`.
    """
    if not is_level(corners):
        return corners
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    upright = bottom - top > right - left
    if upright:
        left, top, right, bottom, said = top, left, bottom, right, said.T
    first, last = max(0, int(left)), min(said.shape[1] - 1, int(right))
    # Only the middle: squares above and below may belong to other lines.
    text = said[min(max(0, round((top + bottom) / 2)), said.shape[0] - 1)] > LIKELY * 255
    begin, end = first, last
    while begin > 0 and text[begin - 1]:
        begin -= 1
    while end < len(text) - 1 and text[end + 1]:
        end += 1
    if end - begin < WORD * (bottom - top):
        return corners  # a ruler's figure and the tick beside it
    for near, far in ((begin, first), (last, end)):
        if far - near <= CELL:  # squares are coarse
            continue
        window = np.s_[int(max(0, top)) : int(bottom) + 1, near : far + 1]
        piece = strokes.T[window] if upright else strokes[window]
        box = np.array([[near, 0], [far, 0], [far, 1], [near, 1]], np.float32)
        box[:, 1] *= piece.shape[0] - 1
        box[:, 0] -= near
        if is_straight(piece) or is_dotted(np.ascontiguousarray(piece), box):
            continue  # a dotted line that ends here
        if near == begin:
            left = float(near)
        else:
            right = float(far)
    if upright:
        left, top, right, bottom = top, left, bottom, right
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
