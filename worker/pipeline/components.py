"""Connected parts of a mask, numbered and selected the same way everywhere."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

MOST_NUMBERS = 254
"""The highest number of a part; 255 is kept free in masks of 8 bits."""


def parts_of(
    mask: MatLike, connectivity: int = 8
) -> tuple[int, NDArray[np.integer[Any]], NDArray[np.int32]]:
    """Return the connected parts of a mask, in no particular order, and their sizes.

    OpenCV takes a third to a half of the time with 16-bit labels; if those do not suffice it raises
    an error.

    Args:
        mask: uint8 [H,W], 0 outside the parts.
        connectivity: 4 or 8.

    Returns:
        The number of parts plus one for the background; the label of each pixel's part, uint16 or
        int32 [H,W], 0 outside; and left, top, width, height and area of each, int32 [count,5],
        indexed by `cv2.CC_STAT_LEFT` and so on.
    """
    try:
        found = cv2.connectedComponentsWithStats(mask, connectivity=connectivity, ltype=cv2.CV_16U)
    except cv2.error:
        found = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    count, labels, stats, _ = found
    return count, cast(NDArray[np.integer[Any]], labels), cast(NDArray[np.int32], stats)


def numbered(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Number the 8-connected parts of a mask, largest first, as lesions are numbered in results.

    Args:
        mask: bool [H,W].

    Returns:
        uint8 [H,W]. Parts beyond the 254th, which are only specks, share the number 254.
    """
    count, found, stats = parts_of(mask.astype(np.uint8))
    order = sorted(
        range(1, count),
        key=lambda part: (
            -stats[part][cv2.CC_STAT_AREA],
            stats[part][cv2.CC_STAT_TOP],
            stats[part][cv2.CC_STAT_LEFT],
            stats[part][cv2.CC_STAT_HEIGHT],
            stats[part][cv2.CC_STAT_WIDTH],
        ),
    )
    numbers = np.zeros(count, np.uint8)
    for number, part in enumerate(order, 1):
        numbers[part] = min(number, MOST_NUMBERS)
    return cast(NDArray[np.uint8], numbers[found])


def connected_parts(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the 8-connected parts of a mask in no particular order; int32 [H,W], 0 outside.

    Args:
        mask: bool [H,W].
    """
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return cast(NDArray[np.int32], labels)


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest 8-connected part of a mask, bool [H,W]; empty if the mask is empty."""
    count, found, stats = parts_of(mask.astype(np.uint8))
    if count < 2:
        return np.zeros(mask.shape, np.bool_)
    return cast(NDArray[np.bool_], found == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))
