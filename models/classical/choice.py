"""The choice of the lesion among the proposed regions; the same rule for every method.

The rule uses how a sonographer aims, and not the truth: the lesion is darker than its surroundings,
near the middle of the picture, neither a speck nor the whole picture, and does not extend far along
the border. The middle is weighted as in Drukker et al., "Computerized lesion detection on breast
ultrasound" (Medical Physics 2002), who weight the image by a Gaussian.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_SHARE = 0.004
"""Share of the image; smaller regions are specks."""
LARGEST_SHARE = 0.6
"""Share of the image; larger regions are tissue or background."""
CENTRE_SIGMA = 0.28
"""Width of the Gaussian around the middle, as a share of height and width."""
_RING_SHARE = 0.35
"""Thickness of the ring around a region relative to the radius of a disc of its area."""


def components(mask: NDArray[np.bool_], connectivity: int = 8) -> NDArray[np.int32]:
    """Number the 8- or 4-connected parts of a mask: int32 [H,W], 0 where it is false."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    return cast(NDArray[np.int32], labels)


def centre_weight(height: int, width: int) -> NDArray[np.float64]:
    """Return a Gaussian of width CENTRE_SIGMA around the middle, float64 [H,W], at most 1."""
    rows = ((np.arange(height) + 0.5) / height - 0.5) / CENTRE_SIGMA
    columns = ((np.arange(width) + 0.5) / width - 0.5) / CENTRE_SIGMA
    weight: NDArray[np.float64] = np.exp(-0.5 * (rows[:, None] ** 2 + columns[None, :] ** 2))
    return weight


def choose_lesion(regions: NDArray[np.int32], grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the region that looks most like a lesion, with its holes filled.

    Args:
        regions: int32 [H,W], numbers of the proposed regions from 1, 0 for none.
        grey: uint8 [H,W].

    Returns:
        bool [H,W]; empty if no region has the size of a lesion.
    """
    height, width = grey.shape
    weight = centre_weight(height, width)
    best, found = 0.0, np.zeros((height, width), dtype=np.bool_)
    areas = np.bincount(regions.ravel())
    for number in np.flatnonzero(areas >= SMALLEST_SHARE * grey.size):
        if number == 0 or areas[number] > LARGEST_SHARE * grey.size:
            continue
        region = regions == number
        score = _likeness(region, grey, weight)
        if score > best:
            best, found = score, region
    return _filled(found) if best > 0 else found


def _likeness(
    region: NDArray[np.bool_], grey: NDArray[np.uint8], weight: NDArray[np.float64]
) -> float:
    area = np.count_nonzero(region)
    radius = np.sqrt(area / np.pi)
    reach = max(2, round(_RING_SHARE * radius))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    ring = (cv2.dilate(region.astype(np.uint8), kernel) > 0) & ~region
    if not ring.any():
        return 0.0
    contrast = max(0.0, float(grey[ring].mean()) - float(grey[region].mean())) / 255
    rim = sum(
        np.count_nonzero(edge) for edge in (region[0], region[-1], region[:, 0], region[:, -1])
    )
    # If the border cuts a disc in half, a third of its outline lies on the border.
    inside = max(0.0, 1 - rim / (2 * radius))
    return float(contrast * weight[region].mean() * np.sqrt(area / grey.size) * inside)


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), contours, -1, 1, cv2.FILLED)
    return filled > 0
