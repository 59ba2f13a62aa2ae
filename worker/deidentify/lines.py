"""The shape of a line of text: its corners and strokes, and whether these are letters or dots."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

UPRIGHT = 1.4
"""A line is level if its upright box has at most this many times the area of its smallest box."""
UNCLIP = 1.8
"""The detector marks the middle of lines; their edge lies area × this / circumference further out.
"""
SHRUNK = 0.45
"""Share of its height by which a line of text extends beyond its marked middle."""
DENSE, STRAIGHT = 0.2, 1.5
"""Least share of its length that dots cover, and most px by which they deviate from the line."""
LEAST_STROKES, ON_LINE = 20, 0.6
"""px of strokes needed to detect a straight line, and the share of them within 3 px of it."""
FEW = 0.12
"""A row above or below a line is speckle if it has fewer than this share of the strokes in the
fullest row.
"""
DOTS, LONG = 4, 30
"""Most height of a measurement's dots, and least length of a line of them, px."""
CROSS = 24
"""Most px that a cross at the end of a dotted line takes."""

_Pixels = NDArray[np.uint8]
_Corners = NDArray[np.float32]


def is_level(corners: _Corners) -> bool:
    """Whether a line lies along the rows or the columns."""
    angle = cv2.minAreaRect(corners)[2] % 90  # its range differs between OpenCV versions
    return min(angle, 90 - angle) < 1


def unclipped(outline: NDArray[np.int32]) -> _Corners | None:
    """The corners of the line whose middle is outlined, float32 [4,2] (column, row)."""
    centre, (width, height), angle = cv2.minAreaRect(outline)
    width, height = width + 1, height + 1
    if min(width, height) < 3:
        return None
    left, top, w, h = cv2.boundingRect(outline)
    if w * h < UPRIGHT * width * height:  # as nearly all text is
        centre, (width, height), angle = (left + (w - 1) / 2, top + (h - 1) / 2), (w, h), 0.0
    more = UNCLIP * width * height / (width + height) / 2
    size = (width + 2 * more, height + 2 * more)
    return cast(_Corners, cv2.boxPoints((centre, size, angle)))


def _turn(corners: _Corners) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The affine map that turns a line level, with its longer side along the rows, and the size."""
    (column, row), (width, height), angle = cv2.minAreaRect(corners)
    if height > width:
        width, height, angle = height, width, angle - 90
    size = (max(1, round(width)), max(1, round(height)))
    turn = cv2.getRotationMatrix2D((column, row), angle, 1.0)
    turn[:, 2] += np.array([(size[0] - 1) / 2 - column, (size[1] - 1) / 2 - row])
    return cast(NDArray[np.float64], turn), size


def cut_out(pixels: _Pixels, corners: _Corners) -> _Pixels:
    """Cut out the line, turned level with its longer side along the rows."""
    turn, size = _turn(corners)
    return cast(_Pixels, cv2.warpAffine(pixels, turn, size, flags=cv2.INTER_LINEAR))


def is_dotted(strokes: _Pixels, corners: _Corners) -> bool:
    """Whether a long line consists of dots or dashes no higher than those of a measurement."""
    line = cut_out(strokes, corners) > 127
    height, width = line.shape
    if width < LONG:
        return False
    filled = line.any(axis=0)
    columns = line[:, filled]
    if columns.shape[1] < DENSE * width:
        return False  # pieces of faint letters
    first = columns.argmax(axis=0)
    last = height - 1 - columns[::-1].argmax(axis=0)
    if float(np.percentile(last - first + 1, 75)) > DOTS:
        return False
    # Pieces of letters are as small, but do not lie on one straight line.
    row, column = np.nonzero(line)
    off = row - np.polyval(np.polyfit(column, row, 1), column)
    return float(np.percentile(np.abs(off), 85)) <= STRAIGHT


def _undotted(corners: _Corners, strokes: _Pixels) -> _Corners:
    """The corners of a level line without the dotted lines that begin at its ends.

    Args:
        corners: float32 [4,2] (column, row).
        strokes: uint8 0/255 [H,W].
    """
    if not is_level(corners):
        return corners
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    ends = [left, right]
    for side, inward in ((1, -1), (0, 1)):

        def dotted(cross: float, side: int = side, inward: int = inward) -> bool:
            """Whether a dotted line begins after a cross of that length at this end."""
            if ends[1] - ends[0] <= 2 * LONG + cross:
                return False
            middle = ends[side] + inward * (cross + LONG / 2)
            return is_dotted(strokes, _box(middle - LONG / 2, top, middle + LONG / 2, bottom))

        for cross in range(0, CROSS + 1, CROSS // 3):
            if dotted(cross):
                ends[side] += inward * cross
                break
        while dotted(0):
            ends[side] += inward * DOTS
    return _box(ends[0], top, ends[1], bottom)


def _box(left: float, top: float, right: float, bottom: float) -> _Corners:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def is_straight(strokes: _Pixels) -> bool:
    """Whether most strokes lie on one straight line, as dots do and letters do not.

    Args:
        strokes: uint8 0/255 [H,W] of a box around a line.
    """
    row, column = np.nonzero(strokes)
    if len(row) < LEAST_STROKES:
        return False
    if strokes.shape[0] > strokes.shape[1]:
        row, column = column, row
    middle = float(column.mean())
    best = 0
    for slope in np.linspace(-1, 1, 41):
        off = row - slope * (column - middle)
        counts, _ = np.histogram(off, np.arange(off.min() - 0.5, off.max() + 4.5))
        best = max(best, int(np.convolve(counts, np.ones(3, int)).max()))
    return best >= ON_LINE * len(row)


def tightened(corners: _Corners, outline: NDArray[np.int32], strokes: _Pixels) -> _Corners:
    """Shrink the corners of a line to its strokes and a small margin.

    Args:
        corners: as `unclipped` returns them.
        outline: the middle of the line; the box must contain it, with the shrunken margin: faint
            letters at its ends may have no strokes.
        strokes: uint8 0/255 [H,W].
    """
    turn, (width, height) = _turn(corners)
    found = cv2.warpAffine(strokes, turn, (width, height), flags=cv2.INTER_NEAREST)
    if not found.any():
        return corners
    left, top, inner_width, inner_height = cv2.boundingRect(found)
    rows = np.count_nonzero(found, axis=1)
    of_letters = np.flatnonzero(rows >= FEW * rows.max())  # others are speckle
    top, inner_height = int(of_letters[0]), int(of_letters[-1] - of_letters[0]) + 1
    if inner_width < 0.6 * width or inner_height < 0.4 * height:
        return corners  # letters without thin strokes
    around = 2 + 0.1 * inner_height
    middle = cv2.transform(outline.reshape(-1, 1, 2).astype(np.float64), turn)[:, 0, 0]
    begin = min(left - around, float(middle.min()) - SHRUNK * inner_height)
    end = max(left + inner_width - 1 + around, float(middle.max()) + SHRUNK * inner_height)
    begin, end = max(begin, 0.0), min(end, width - 1.0)
    low, high = max(top - around, 0.0), min(top + inner_height - 1 + around, height - 1.0)
    box = np.array([[begin, low], [end, low], [end, high], [begin, high]])[:, None]
    back = cv2.invertAffineTransform(turn)
    return _undotted(cast(_Corners, cv2.transform(box, back)[:, 0].astype(np.float32)), strokes)
