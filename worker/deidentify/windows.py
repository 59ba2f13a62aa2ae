"""Parts of a picture that the large network looks at, where the small one says that text may be."""

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
"""px that the network sees at once, as its memory grows with them; rows that bands share."""
SMALL, ENLARGED = 30_000, 1.5
"""px of windows that are enlarged for the network, and how many times."""
GROWN = (9, 25)
"""px (height, width) by which candidates are grown, to keep a line together."""
LOOKED_AGAIN = 12
"""Places that the small network calls text and the large one does not, looked at twice as large."""
ANSWERED = (25, 33)
"""px (height, width) around what the large network found, which is no further question."""
LEAST_AGAIN, SURE_AGAIN = 3, 0.8
"""The small network's squares in such a place, and its probability for one of them, both at least.
No place with a lower probability held letters on the layouts that this was chosen on."""
_Pixels = NDArray[np.uint8]


def tiles(candidate: _Pixels) -> list[Region]:
    """Windows that hold all candidates, with what a line of text needs around it."""
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
    """The window in bands that overlap by a line of text, each of a bounded size."""
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
    """Windows around places that the small network calls text and the large one does not see."""
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
