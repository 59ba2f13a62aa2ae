"""Lines of text that are cut by the upper or lower edge of a picture.

Half a letter with its mirror image looks like a whole one. The left and right edges are excluded: a
line ends there in the middle of a letter, and a ruler's figure beside its mirror image looks like a
word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.first_look import CELL, LEAST
from worker.pipeline.frame import Region

DEEP = 6 * CELL
"""px from an edge inwards that are searched."""
MIRRORED = 3 * CELL
"""px that are mirrored at the edge."""
RIM = 2
"""px from an edge within which a letter that it cuts has a stroke."""
APART = 4 * CELL
"""px; places along the edge that are at most this far apart are searched together."""
SHORTEST = 4 * CELL
"""Minimum px of an edge on which the small network reports text."""
MOST = 8
"""Maximum number of strips of an edge that are searched."""
SINGLE = 1.35
"""A line with at most this ratio of sides may be a single letter, or a cross with its number."""

_Pixels = NDArray[np.uint8]
_Corners = NDArray[np.float32]


@dataclass(frozen=True)
class Strip:
    """A part of a picture along its upper or lower edge.

    Attributes:
        window: px of the picture.
        upper: whether it is the upper edge.
    """

    window: Region
    upper: bool

    @property
    def rim(self) -> Region:
        """The part of the window that lies at the edge."""
        top, left, height, width = self.window
        deep = min(RIM, height)
        return Region(top if self.upper else top + height - deep, left, deep, width)

    def of(self, pixels: _Pixels) -> _Pixels:
        """Cut the strip out of uint8 [H,W] or [H,W,3], mirrored at the edge."""
        above, below = (MIRRORED, 0) if self.upper else (0, MIRRORED)
        part = pixels[self.window.slices]
        return cast(_Pixels, cv2.copyMakeBorder(part, above, below, 0, 0, cv2.BORDER_REFLECT))

    def is_cut(self, corners: _Corners) -> bool:
        """Whether a line in the result of `of` lies along the edge and on both sides of it.

        Args:
            corners: float32 [4,2] (column, row).
        """
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        if self.upper:
            beyond, deep = top < MIRRORED, bottom - MIRRORED + 1
        else:
            beyond, deep = bottom >= self.window.height, self.window.height - top
        return bool(beyond and deep > 0 and right - left + 1 > SINGLE * deep)

    def back(self, corners: _Corners) -> _Corners:
        """Convert corners in the result of `of` to the picture; they may lie outside it."""
        top = self.window.top - (MIRRORED if self.upper else 0)
        return corners + np.array([self.window.left, top], np.float32)


def strips(said: _Pixels) -> Iterator[Strip]:
    """The parts of a picture where the small network reports text that touches an edge.

    Args:
        said: uint8 [H,W], `Look.said`.
    """
    height, width = said.shape
    for upper in (True, False):
        for begin, end in _stretches(said[0 if upper else -1]):
            window = Region(
                0 if upper else max(0, height - DEEP), begin - APART, DEEP, end - begin + 2 * APART
            )
            yield Strip(cast(Region, window.clipped(height, width)), upper)


def _stretches(line: _Pixels) -> list[tuple[int, int]]:
    """Start and end of the longest stretches of reported text in uint8 [W], bridging gaps."""
    places = np.flatnonzero(line > LEAST * 255)
    if not places.size:
        return []
    breaks = np.flatnonzero(np.diff(places) > APART)
    begins = places[np.concatenate([[0], breaks + 1])].tolist()
    ends = (places[np.concatenate([breaks, [places.size - 1]])] + 1).tolist()
    found = sorted(zip(begins, ends, strict=True), key=lambda one: one[0] - one[1])
    return [(begin, end) for begin, end in found[:MOST] if end - begin >= SHORTEST]
