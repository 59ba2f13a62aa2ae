"""Burned-in identities: what lies outside the effective area is not kept."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from worker.deidentify.boxes import Deidentified
from worker.pipeline.crop import Sector, find_sector
from worker.pipeline.frame import Frame


def deidentify(frame: Frame) -> Deidentified:
    """The frame with every pixel outside the effective area black, in the same coordinates.

    Scanners write name, birth date and hospital beside the picture (DICOM PS3.15 E.1.1, "clean
    pixel data"); the effective area is what a reader needs. It is the region that a DICOM file
    states, else the sector found in the image, with the corners beside a fan black as well. Text
    *inside* the area stays.

    Args:
        frame: as decoded; it is not changed.

    Returns:
        The frame in the same size and spacing, its `region` the box that was kept.
    """
    sector = Sector(frame.region) if frame.region is not None else find_sector(frame.pixels)
    window = sector.box.slices
    pixels = np.zeros_like(frame.pixels)
    pixels[window] = frame.pixels[window]
    if sector.hull is not None:
        inside = np.zeros(pixels.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, sector.hull, 1)
        pixels[inside == 0] = 0
    return Deidentified(replace(frame, pixels=pixels, region=sector.box))
