"""Parts of a picture on which the large network runs, where the small one finds possible text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.faint import INSIDE
from worker.deidentify.first_look import CELL, Look
from worker.pipeline.components import parts_of
from worker.pipeline.frame import Region

LARGEST, OVERLAP = 500_000, 64
"""Most px per run of the network, as its memory grows with them; rows that bands share."""
SMALL, ENLARGED = 30_000, 1.5
"""Windows of at most this many px are enlarged for the network, by this factor."""
GROWN = (9, 25)
"""px (height, width) by which candidates are grown, to keep a line together."""
LOOKED_AGAIN = 12
"""Most places that the small network reports and the large one does not, searched at twice the
size.
"""
ANSWERED = (25, 33)
"""px (height, width) around the large network's results that are not searched again."""
LEAST_AGAIN, SURE_AGAIN = 3, 0.8
"""Least number of the small network's squares in such a place, and least probability of one of
them. On the layouts used to choose this, no place with a lower probability contained letters.
"""
_Pixels = NDArray[np.uint8]


def tiles(candidate: _Pixels) -> list[Region]:
    """Windows that cover all candidates, with the margin that a line of text needs."""
    height, width = candidate.shape
    grown = cv2.dilate(candidate, np.ones(GROWN, np.uint8))
    _, _, stats = parts_of(grown)
    windows = []
    for left, top, box_width, box_height, _ in stats[1:].tolist():
        window = Region(top - 4, left - 8, box_height + 8, box_width + 16)
        windows.append(cast(Region, window.clipped(height, width)))
    if sum(window.height * window.width for window in windows) > 0.7 * height * width:
        windows = [Region(0, 0, height, width)]
    return [band for window in windows for band in _bands(window)]


def _bands(window: Region) -> Iterator[Region]:
    """Split the window into bands of bounded size that overlap by a line of text."""
    rows = max(2 * OVERLAP, LARGEST // window.width)
    top = window.top
    bottom = window.top + window.height
    while True:
        height = min(rows, bottom - top)
        yield Region(top, window.left, height, window.width)
        if top + height >= bottom:
            return
        top += rows - OVERLAP


def unanswered(look: Look, heat: NDArray[np.float32]) -> list[Region]:
    """Windows around places that the small network reports as text and the large one misses."""
    height, width = look.places.shape
    answered = cv2.dilate((heat > INSIDE).astype(np.uint8), np.ones(ANSWERED, np.uint8))
    rest = cv2.bitwise_and(look.places, 1 - answered)
    _, labels, stats = parts_of(rest)
    least = LEAST_AGAIN * CELL * CELL
    sure = set(labels[(look.said >= SURE_AGAIN * 255) & (rest > 0)].tolist())
    places = [
        (area, Region(top - 12, left - 20, box_height + 24, box_width + 40))
        for number, (left, top, box_width, box_height, area) in enumerate(stats.tolist())
        if number in sure and area >= least and min(box_width, box_height) >= CELL
    ]
    places.sort(key=lambda place: -place[0])
    windows = [place.clipped(height, width) for _, place in places[:LOOKED_AGAIN]]
    return [
        window for window in windows if window is not None and window.height * window.width <= SMALL
    ]
