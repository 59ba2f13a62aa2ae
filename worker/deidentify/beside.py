"""Kinds of the areas beside the echoes that were blanked, so that readers know what is missing."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.boxes import BoxKind, TextBox
from worker.pipeline.components import parts_of
from worker.pipeline.frame import Region

SIDE = 512
"""px; a screen is described at this size of its longer side."""
LIT = 40
"""Levels; anything darker is not writing, but at most the edge of echoes."""
LETTERS = 9
"""px; largest gap between letters and words of a line."""
TALLEST_LINE = 0.06
"""Share of the frame's height; no line of text is higher."""
FILLED, FAN = 0.75, 0.45
"""Least share of its box that a bar fills, and that a thumbnail of a fan fills."""
NARROW = 5.0
"""Least length over width of a bar of grey levels or colours."""
LONG = 0.4
"""Share of the frame's side; an area of this length is a banner, a menu or a page around the
echoes.
"""
MARGIN = 14
"""px of `SIDE`; anything this low is a line or a trace."""
COLOURED = 40
"""Mean difference between channels, levels."""
NOISE = 4.0
"""Least mean difference of neighbours, in levels, of an area that is a picture of echoes."""
SMALLEST = 20
"""px of `SIDE`; smaller things are not listed."""
MOST = 60

_Pixels = NDArray[np.uint8]


def describe(pixels: _Pixels, kept: _Pixels) -> tuple[TextBox, ...]:
    """Lines of text, bars, logos and thumbnails that are not kept.

    Args:
        pixels: uint8 [H,W] or [H,W,3], as uploaded.
        kept: uint8 [H,W], 0 where pixels are blanked.

    Returns:
        The areas, largest first; the score is 1, as all of them are blanked.
    """
    height, width = kept.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cast(_Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    most = _most(small)
    # The kept area is enlarged; otherwise its blurred edge would be listed as well.
    inside = cv2.resize(kept, size, interpolation=cv2.INTER_NEAREST)
    inside = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    lit = ((most > LIT) & (inside == 0)).astype(np.uint8)
    lines = cv2.morphologyEx(lit, cv2.MORPH_CLOSE, np.ones((1, LETTERS), np.uint8))
    _, labels, stats = parts_of(lines)
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])
    found = []
    for label in order[:MOST]:
        left, top, box_width, box_height, area = (int(value) for value in stats[label])
        if area < SMALLEST:
            break
        window = Region(top, left, box_height, box_width).slices
        inside_of = (labels[window] == label) & (lit[window] > 0)
        kind = _kind(small[window], inside_of, lines.shape)
        first, last = np.array([top, left]) / scale, np.array([top + box_height, left + box_width])
        (upper, left), (lower, right) = np.floor(first).astype(int), np.ceil(last / scale)
        region = Region(int(upper), int(left), int(lower - upper), int(right - left))
        inner = region.clipped(height, width)
        if inner is not None:
            found.append(TextBox(inner, kind, 1.0))
    return tuple(found)


def _kind(pixels: _Pixels, area: NDArray[np.bool_], frame: tuple[int, ...]) -> BoxKind:
    """Return the kind of an area; its pixels are a window of the screen."""
    height, width = area.shape
    grey = _most(pixels)
    share = float(area.mean())
    if max(width / frame[1], height / frame[0]) >= LONG and min(height, width) > MARGIN:
        return "banner"
    if share >= FILLED and _is_ramp(grey, pixels):
        return "bar"
    if height <= TALLEST_LINE * frame[0] and share < FILLED:
        return "text"
    if pixels.ndim == 3:
        inner = pixels[area].astype(np.int16)
        if float((inner.max(axis=1) - inner.min(axis=1)).mean()) >= COLOURED:
            return "logo"
    if share >= FAN and min(height, width) >= TALLEST_LINE * min(frame) and _noise(grey) > NOISE:
        return "thumbnail"
    return "banner" if share >= FILLED else "other"


def _most(pixels: _Pixels) -> _Pixels:
    """The brightest channel, uint8 [H,W]."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(pixels)
    return cast(_Pixels, cv2.max(cv2.max(red, green), blue))


def _is_ramp(grey: _Pixels, pixels: _Pixels) -> bool:
    """Whether levels or colours change steadily from one end of a narrow area to the other."""
    height, width = grey.shape
    if max(height, width) < NARROW * min(height, width):
        return False
    along = grey.mean(axis=1 if height > width else 0)
    if pixels.ndim == 3:
        across = pixels.mean(axis=1 if height > width else 0)
        if float(np.ptp(across - across.mean(axis=1, keepdims=True), axis=0).max()) > 4 * COLOURED:
            return True  # from red to blue
    steps = np.diff(along)
    return float(np.ptp(along)) > 100 and max((steps >= -2).mean(), (steps <= 2).mean()) > 0.9


def _noise(grey: _Pixels) -> float:
    return float(cv2.absdiff(grey[:, 1:], grey[:, :-1]).mean()) if grey.shape[1] > 1 else 0.0
