"""Burned-in identities of a cine: decided once for all frames, from frames over the whole cine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.beside import describe
from worker.deidentify.boxes import TextBox, around
from worker.deidentify.clean import LEAST_OF_REGION
from worker.deidentify.text import find_writing
from worker.pipeline.crop import find_sector
from worker.pipeline.frame import Region

SAME = 0.5
"""Boxes from two frames with at least this intersection over union are the same place."""

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class KeptPixels:
    """The pixels that are kept in every frame of a cine.

    Attributes:
        mask: uint8 0/255 [H,W].
        region: the box around it.
        blanked: blanked areas, and why.
        suspected: areas inside the sector that look like text and are kept, for a person to judge.
    """

    mask: _Pixels
    region: Region
    blanked: tuple[TextBox, ...]
    suspected: tuple[TextBox, ...]

    def of(self, pixels: _Pixels) -> _Pixels:
        """Return a frame, uint8 [H,W] or [H,W,3], black where nothing is kept."""
        return cast(_Pixels, cv2.bitwise_and(pixels, pixels, mask=self.mask))


def decide(samples: Sequence[_Pixels], region: Region | None) -> KeptPixels:
    """Decide which pixels are kept, from frames over the whole cine.

    The sector is found in each pixel's maximum over time: echoes move, while a scanner's writing
    stands still. Text in any of the frames counts as text.

    Args:
        samples: uint8 [H,W] or [H,W,3], all of one shape.
        region: the effective area if the file states it.
    """
    brightest = samples[0].copy()
    for one in samples[1:]:
        np.maximum(brightest, one, out=brightest)
    height, width = brightest.shape[:2]
    kept = np.zeros((height, width), np.uint8)
    if region is None:
        sector = find_sector(brightest)
        box = sector.box
        kept = sector.kept(height, width)
    else:
        box = region
        sector = find_sector(np.ascontiguousarray(brightest[box.slices]), LEAST_OF_REGION)
        kept[box.slices] = sector.kept(box.height, box.width)
    blanked: list[TextBox] = []
    suspected: list[TextBox] = []
    inside = kept.copy()
    beside = describe(brightest, kept)
    for one in samples:
        writing = find_writing(one, inside)
        if writing.mask is not None:
            kept[writing.mask > 0] = 0
        blanked = together(blanked, writing.blanked)
        suspected = together(suspected, writing.suspected)
    doubtful = tuple(one for one in suspected if kept[one.region.slices].any())
    return KeptPixels(kept, box, (*blanked, *beside), doubtful)


def together(known: Iterable[TextBox], found: Iterable[TextBox]) -> list[TextBox]:
    """Add the boxes of a further frame; one at a known place enlarges that place's box."""
    boxes = list(known)
    for one in found:
        at = next((at for at, box in enumerate(boxes) if _same(one.region, box.region)), None)
        if at is None:
            boxes.append(one)
        else:
            boxes[at] = around([boxes[at], one])
    return boxes


def _same(a: Region, b: Region) -> bool:
    height = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    width = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    shared = max(0, height) * max(0, width)
    return shared >= SAME * (a.height * a.width + b.height * b.width - shared)
