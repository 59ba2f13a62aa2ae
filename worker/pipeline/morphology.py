"""Cleaning of the binary mask: opening, hole filling, removal of small objects, in that order.

Opening comes first and cuts thin bridges, so that anything attached to a lesion becomes a separate
object; holes are filled before areas are computed, so that the area of a ring includes what it
encloses.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import parts_of
from worker.pipeline.settings import MorphologySettings


def clean(
    mask: NDArray[np.bool_],
    settings: MorphologySettings,
    px_per_unit: float = 1.0,
    pixel_area_mm2: float | None = None,
) -> NDArray[np.bool_]:
    """Return the mask after the steps in the settings.

    Args:
        mask: bool [H,W] of the effective area.
        px_per_unit: mask px per px of the network input, which is the unit of the settings.
        pixel_area_mm2: area of a mask pixel if the spacing is known.

    Returns:
        bool [H,W]; the argument itself if there was nothing to do.
    """
    if not settings.enabled or not mask.any():
        return mask
    smallest = settings.min_area_fraction * mask.size
    if pixel_area_mm2 is not None:
        smallest = max(smallest, settings.min_area_mm2 / pixel_area_mm2)
    smallest *= 1 - 1e-12  # an object of exactly that area stays, despite rounding
    radius = settings.opening_radius * px_per_unit
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    # One pixel of background all around, so that only the image's own border counts as border.
    box = np.s_[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2]
    objects = opened(mask[box].astype(np.uint8), radius)
    if settings.fill_holes:
        objects = filled(objects)
    objects = without_small(objects, smallest)
    result = np.zeros_like(mask)
    result[box] = objects > 0
    return result


def opened(objects: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    """Open 0/1 with a disc of `radius` px; a radius below half a pixel changes nothing.

    Everything beyond the array counts as object: a lesion cut by the border keeps its edge.
    """
    reach = round(radius)
    if reach < 1:
        return objects
    # The disc must fit entirely at the border, so the array is padded as if objects continue there.
    padded = cv2.copyMakeBorder(objects, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    result = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc(radius))
    return cast(NDArray[np.uint8], result[reach:-reach, reach:-reach])


def disc(radius: float) -> NDArray[np.uint8]:
    """Return the pixels within `radius` of the centre as a structuring element of odd size."""
    reach = round(radius)
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    inside: NDArray[np.bool_] = rows**2 + columns**2 <= max(radius, reach) ** 2
    return inside.astype(np.uint8)


def filled(objects: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return objects 0/1 with enclosed background filled; background is 4-connected."""
    padded = cv2.copyMakeBorder(objects, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(padded, None, (0, 0), 2, flags=4)
    return cast(NDArray[np.uint8], (padded[1:-1, 1:-1] != 2).astype(np.uint8))


def without_small(objects: NDArray[np.uint8], smallest: float) -> NDArray[np.uint8]:
    """Return the objects 0/1 (8-connected) of at least `smallest` px."""
    if smallest <= 1:
        return objects
    count, labels, stats = parts_of(objects)
    keep = (stats[:, cv2.CC_STAT_AREA] >= smallest).astype(np.uint8)
    keep[0] = 0
    if count > 1 and keep[1:].all():
        return objects
    return cast(NDArray[np.uint8], keep[labels])
