"""Overlap of two binary masks.

All functions take bool arrays [H,W] of the same shape, in either order. For empty masks:

- both empty: full agreement (IoU = Dice = 1, HD95 = 0);
- one empty: no agreement (IoU = Dice = 0), and HD95 is the diagonal of the image, so that a missed
  lesion can never improve a mean distance.

Distances are in pixels of the image that the masks belong to. The boundary of a mask is its pixels
that have a 4-neighbour outside it; everything outside the image counts as background.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]


def iou(prediction: Mask, truth: Mask) -> float:
    """Intersection over union of the lesion."""
    require_same_shape(prediction, truth)
    shared = int(np.count_nonzero(prediction & truth))
    return ratio(shared, int(np.count_nonzero(prediction | truth)))


def dice(prediction: Mask, truth: Mask) -> float:
    """Dice coefficient of the lesion: 2·|A∩B| / (|A| + |B|)."""
    require_same_shape(prediction, truth)
    total = int(np.count_nonzero(prediction)) + int(np.count_nonzero(truth))
    return ratio(2 * int(np.count_nonzero(prediction & truth)), total)


def hd95(prediction: Mask, truth: Mask) -> float:
    """The larger of the two directed 95th percentiles of boundary distance, px."""
    return hd95_of(*boundary_distances(prediction, truth), truth.shape)


def boundary(mask: Mask) -> Mask:
    """The mask's pixels with a 4-neighbour outside it."""
    return cast(Mask, mask & ~ndimage.binary_erosion(mask))


def boundary_distances(
    prediction: Mask, truth: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances in px from each boundary pixel of one mask to the nearest of the other, both ways.

    Both arrays are empty when both masks are; infinite when only the other mask is.
    """
    require_same_shape(prediction, truth)
    a, b = boundary(prediction), boundary(truth)
    if not a.any() or not b.any():
        return (
            np.full(np.count_nonzero(a), np.inf),
            np.full(np.count_nonzero(b), np.inf),
        )
    # Only the box around both boundaries matters.
    box = ndimage.find_objects((a | b).astype(np.uint8))[0]
    a, b = a[box], b[box]
    to_truth, to_prediction = (ndimage.distance_transform_edt(~mask) for mask in (b, a))
    return to_truth[a], to_prediction[b]


def hd95_of(
    forward: NDArray[np.float64], backward: NDArray[np.float64], shape: tuple[int, ...]
) -> float:
    """HD95, px, of distances that :func:`boundary_distances` returned for images of this shape."""
    if forward.size == 0 and backward.size == 0:
        return 0.0
    if forward.size == 0 or backward.size == 0:
        return math.hypot(*shape)
    return float(max(np.percentile(forward, 95), np.percentile(backward, 95)))


def ratio(part: float, whole: float) -> float:
    """`part / whole`, 1 if both are zero: nothing to find and nothing found."""
    return float(part / whole) if whole else 1.0


def require_same_shape(prediction: Mask, truth: Mask) -> None:
    """Refuse masks that do not belong to the same image.

    Raises:
        ValueError: their shapes differ or are not 2-D.
    """
    if prediction.shape != truth.shape or prediction.ndim != 2:
        raise ValueError(f"masks must have one 2-D shape, got {prediction.shape}, {truth.shape}")
