"""The painted background of a screen: bars, panels, pages, buttons. Paint is even, echoes are not.

Speckle leaves no two neighbouring pixels alike; software fills an area with one colour, or with a
gradient whose rows or columns each have one colour. Only the dark noise below the last echoes comes
close, and it is less uniform.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import parts_of
from worker.pipeline.frame import to_grey

BLACK_LEVEL = 5
"""Grey levels up to this are black; lossy compression leaves a few levels in a black border."""

_EVEN = 2
"""Largest difference in grey levels between neighbours of one paint after lossy compression."""
_PATCH = 5
"""px; paint is uniform over squares of at least this side."""
_RUN = 7
"""px; rows or columns of a gradient are uniform over at least this length."""
_LEAST_SHARE = 0.001
"""Share of the picture; smaller uniform areas occur in tissue."""
_DARK = 40
"""The brightest channel of uniform areas that occur in dark tissue."""
_DARK_SHARE = 0.004
"""As `_LEAST_SHARE`, for dark areas."""
_DARK_EDGE = 0.15
"""Dark paint lies along an edge of the picture, over this share of it; cysts do not."""
_WHITE = 250
"""At this level and above, echoes saturate and are uniform."""
_WHITE_SHARE = 0.01
"""As `_LEAST_SHARE`, for white areas."""
_NOISE, _DARK_NOISE = 0.3, 0.12
"""Largest mean difference of neighbours within paint, in levels; the second is for dark areas."""
_COLOURED = 12
"""An area counts as coloured if its channels differ by at least this many levels."""
_REACH = 9
"""px; the paint between two letters is no wider than twice this."""
_NEAR = 14
"""Levels; a pixel this close to the colour of the paint beside it is paint as well."""

_Pixels = NDArray[np.uint8]


def painted(pixels: _Pixels) -> _Pixels:
    """Return where a picture of about 512 px is painted in a colour other than black.

    Args:
        pixels: uint8 [H,W] or [H,W,3].

    Returns:
        uint8 0/1 [H,W]; what lies on the paint (letters) is 0.
    """
    areas = _paint(pixels)
    if not areas.any():
        return areas
    # Paint between letters shows in gaps too narrow to be uniform. Beyond the paint's edge nothing
    # counts as paint, even if tissue has the same grey.
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * _REACH + 1,) * 2)
    gaps = cv2.morphologyEx(areas, cv2.MORPH_CLOSE, kernel)
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - areas, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(nearest.max()) + 1, *pixels.shape[2:]), np.uint8)
    at = areas > 0
    colours[nearest[at]] = pixels[at]
    close = (gaps > 0) & (distance > 0) & (distance <= _REACH)
    if not close.any():
        return areas
    apart = np.abs(pixels[close].astype(np.int16) - colours[nearest[close]])
    areas[close] = (apart <= _NEAR) if pixels.ndim == 2 else (apart <= _NEAR).all(axis=1)
    return areas


def _paint(pixels: _Pixels) -> _Pixels:
    """Return the uniform areas that are paint: uint8 0/1 [H,W]."""
    grey = to_grey(pixels)
    even = _flat(grey, (3, 3), _EVEN, (_PATCH, _PATCH))
    even |= _flat(grey, (_RUN, 1), 1, (_RUN, 3))
    even |= _flat(grey, (1, _RUN), 1, (3, _RUN))
    even[grey <= BLACK_LEVEL] = 0
    paint = np.zeros_like(even)
    _, labels, stats = parts_of(even, 4)
    least = _LEAST_SHARE * even.size
    for label in 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= least):
        left, top, width, height, area = (int(value) for value in stats[label])
        window = np.s_[top : top + height, left : left + width]
        area_of = labels[window] == label
        edge = _edge_share(area_of, left, top, even.shape)
        if _is_paint(pixels[window], grey[window], area_of, area / even.size, edge):
            paint[window][area_of] = 1
    return paint


def _is_paint(
    pixels: _Pixels, grey: _Pixels, area: NDArray[np.bool_], share: float, edge: float
) -> bool:
    """Return whether a uniform area has the noise, size and place of paint and not of tissue."""
    colour = pixels[area].reshape(-1, 1 if pixels.ndim == 2 else 3)
    colour = np.median(colour[:: 1 + len(colour) // 2048], axis=0)
    brightest = float(colour.max())
    dark = brightest <= _DARK and brightest - float(colour.min()) < _COLOURED
    if dark and (share < _DARK_SHARE or edge < _DARK_EDGE):
        return False
    if brightest >= _WHITE and share < _WHITE_SHARE:
        return False
    noise = min(
        _difference(first, second, inside)
        for first, second, inside in (
            (grey[1:], grey[:-1], area[1:] & area[:-1]),
            (grey[:, 1:], grey[:, :-1], area[:, 1:] & area[:, :-1]),
        )
    )
    return noise <= (_DARK_NOISE if dark else _NOISE)


def _difference(first: _Pixels, second: _Pixels, inside: NDArray[np.bool_]) -> float:
    """Mean difference of neighbours, in levels; edges between two paints count little."""
    if not first.size:
        return 0.0
    apart = np.minimum(cv2.absdiff(first, second), 4)
    return float(cv2.mean(apart, inside.astype(np.uint8))[0])


def _edge_share(area: NDArray[np.bool_], left: int, top: int, shape: tuple[int, ...]) -> float:
    """The largest share of an edge of the picture along which an area lies."""
    edges = [
        (top == 0, area[0], shape[1]),
        (top + area.shape[0] == shape[0], area[-1], shape[1]),
        (left == 0, area[:, 0], shape[0]),
        (left + area.shape[1] == shape[1], area[:, -1], shape[0]),
    ]
    return max(np.count_nonzero(line) / length if there else 0.0 for there, line, length in edges)


def _flat(grey: _Pixels, window: tuple[int, int], most: int, patch: tuple[int, int]) -> _Pixels:
    """Return patches in which levels within a window (width, height) differ by at most `most`."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, window)
    span = cv2.subtract(cv2.dilate(grey, kernel), cv2.erode(grey, kernel))
    flat = (span <= most).astype(np.uint8)
    whole = cv2.getStructuringElement(cv2.MORPH_RECT, patch)
    return cast(_Pixels, cv2.morphologyEx(flat, cv2.MORPH_OPEN, whole))
