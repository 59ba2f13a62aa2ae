"""Burned-in identities: pixels outside the effective area are not kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.beside import describe
from worker.deidentify.boxes import Deidentified
from worker.deidentify.first_look import may_be_text
from worker.deidentify.text import find_writing, fitted
from worker.pipeline.crop import find_sector
from worker.pipeline.frame import Frame

LEAST_OF_REGION = 0.15
"""An area found in a stated region is not a sector if it is below this share of the region."""

_looker = ThreadPoolExecutor(1, thread_name_prefix="first-look")


def deidentify(frame: Frame) -> Deidentified:
    """Blank every pixel outside the effective area, without changing the coordinates.

    Scanners write name, birth date and hospital beside the picture (DICOM PS3.15 E.1.1, "clean
    pixel data"); readers only need the effective area. It is the region that a DICOM file states,
    else the sector found in the image; the corners beside a fan are blanked as well. Text over the
    echoes becomes a black box.

    Args:
        frame: as decoded; it is not changed.

    Returns:
        The frame in the same size and spacing, its `region` the box that was kept.
    """
    look = _looker.submit(may_be_text, fitted(frame.pixels))  # during the search for the sector
    height, width = frame.pixels.shape[:2]
    kept = np.zeros((height, width), np.uint8)
    if frame.region is None:
        sector = find_sector(frame.pixels)
        box = sector.box
        kept = sector.kept(height, width)
    else:
        box = frame.region
        # Files state boxes around fans, and whole screens; anything in them that is not echo goes
        # as well.
        sector = find_sector(np.ascontiguousarray(frame.pixels[box.slices]), LEAST_OF_REGION)
        kept[box.slices] = sector.kept(box.height, box.width)
    pixels = cast(NDArray[np.uint8], cv2.bitwise_and(frame.pixels, frame.pixels, mask=kept))
    writing = find_writing(frame.pixels, kept, lambda _: look.result())
    if writing.mask is not None:
        pixels[writing.mask > 0] = 0
    blanked = (*writing.blanked, *describe(frame.pixels, kept))
    return Deidentified(replace(frame, pixels=pixels, region=box), blanked, writing.suspected)
