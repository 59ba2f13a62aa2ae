"""How well a binary mask agrees with the truth.

All functions take bool arrays [H,W] of the same shape. Conventions where a mask is empty:

- both empty: full agreement (IoU, Dice, boundary F = 1, HD95 = 0);
- one empty: none (IoU, Dice, boundary F = 0), and HD95 is the diagonal of the image, so that a
  missed lesion can never improve a mean distance.

Distances are in pixels of the image that the masks belong to. The boundary of a mask is its
pixels that have a 4-neighbour outside of it; the outside of the image counts as background.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BOUNDARY_TOLERANCE_PX = 2.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ImageMetrics:
    """Agreement on one image; see the module for conventions."""

    lesion_iou: float
    lesion_dice: float
    background_iou: float
    mean_iou: float
    """Mean of the IoU of lesion and background."""
    pixel_accuracy: float
    hd95: float
    """95 % Hausdorff distance, px."""
    boundary_f: float
    """Boundary F-score at 2 px."""
    missed: bool
    """There is a lesion and the prediction touches none of it."""
    intersection: int
    predicted: int
    truth: int


def measure(prediction: Mask, truth: Mask) -> ImageMetrics:
    """All metrics of one image."""
    _require_same_shape(prediction, truth)
    intersection = int(np.count_nonzero(prediction & truth))
    predicted, lesion = int(np.count_nonzero(prediction)), int(np.count_nonzero(truth))
    lesion_iou = _ratio(intersection, predicted + lesion - intersection)
    outside = truth.size - (predicted + lesion - intersection)
    background = _ratio(outside, truth.size - intersection)
    forward, backward = boundary_distances(prediction, truth)
    return ImageMetrics(
        lesion_iou=lesion_iou,
        lesion_dice=_ratio(2 * intersection, predicted + lesion),
        background_iou=background,
        mean_iou=(lesion_iou + background) / 2,
        pixel_accuracy=_ratio(intersection + outside, truth.size),
        hd95=_hd95(forward, backward, truth.shape),
        boundary_f=_boundary_f(forward, backward, BOUNDARY_TOLERANCE_PX),
        missed=lesion > 0 and intersection == 0,
        intersection=intersection,
        predicted=predicted,
        truth=lesion,
    )


def summarise(images: Iterable[ImageMetrics]) -> dict[str, float | int]:
    """Means per image, and pooled over all pixels.

    `missed_share` is the share of the images with a lesion in which no pixel of it was found; 0
    where no image has one.

    Raises:
        ValueError: there are no images.
    """
    metrics = list(images)
    if not metrics:
        raise ValueError("there are no images to summarise")
    intersection = sum(m.intersection for m in metrics)
    both = sum(m.predicted + m.truth for m in metrics)
    with_lesion = sum(m.truth > 0 for m in metrics)

    def mean(field: str) -> float:
        return float(np.mean([getattr(m, field) for m in metrics]))

    return {
        "count": len(metrics),
        "lesion_iou_mean": mean("lesion_iou"),
        "lesion_dice_mean": mean("lesion_dice"),
        "lesion_iou_pooled": intersection / (both - intersection) if both else 1.0,
        "lesion_dice_pooled": 2 * intersection / both if both else 1.0,
        "background_iou": mean("background_iou"),
        "mean_iou": mean("mean_iou"),
        "pixel_accuracy": mean("pixel_accuracy"),
        "hd95_mean": mean("hd95"),
        "boundary_f_mean": mean("boundary_f"),
        "missed_share": sum(m.missed for m in metrics) / with_lesion if with_lesion else 0.0,
    }


def iou(prediction: Mask, truth: Mask) -> float:
    """Intersection over union of the lesion."""
    _require_same_shape(prediction, truth)
    shared = int(np.count_nonzero(prediction & truth))
    return _ratio(shared, int(np.count_nonzero(prediction | truth)))


def dice(prediction: Mask, truth: Mask) -> float:
    """Dice coefficient of the lesion: 2·|A∩B| / (|A| + |B|)."""
    _require_same_shape(prediction, truth)
    total = int(np.count_nonzero(prediction)) + int(np.count_nonzero(truth))
    return _ratio(2 * int(np.count_nonzero(prediction & truth)), total)


def hd95(prediction: Mask, truth: Mask) -> float:
    """The larger of the two directed 95th percentiles of boundary distance, px."""
    return _hd95(*boundary_distances(prediction, truth), truth.shape)


def boundary_f(prediction: Mask, truth: Mask, tolerance: float = BOUNDARY_TOLERANCE_PX) -> float:
    """Harmonic mean of the shares of each boundary that lie within `tolerance` px of the other.

    Csurka et al., "What is a good evaluation measure for semantic segmentation?" (BMVC 2013).
    """
    return _boundary_f(*boundary_distances(prediction, truth), tolerance)


def boundary(mask: Mask) -> Mask:
    """The mask's pixels with a 4-neighbour outside of it."""
    return cast(Mask, mask & ~ndimage.binary_erosion(mask))


def boundary_distances(
    prediction: Mask, truth: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances px from each boundary pixel of one mask to the nearest of the other, both ways.

    Both arrays are empty when both masks are; infinite when only the other mask is.
    """
    _require_same_shape(prediction, truth)
    a, b = boundary(prediction), boundary(truth)
    if not a.any() or not b.any():
        return (
            np.full(np.count_nonzero(a), np.inf),
            np.full(np.count_nonzero(b), np.inf),
        )
    # All that matters lies in the box around both boundaries.
    box = ndimage.find_objects((a | b).astype(np.uint8))[0]
    a, b = a[box], b[box]
    to_truth, to_prediction = (ndimage.distance_transform_edt(~mask) for mask in (b, a))
    return to_truth[a], to_prediction[b]


def _hd95(
    forward: NDArray[np.float64], backward: NDArray[np.float64], shape: tuple[int, ...]
) -> float:
    if forward.size == 0 and backward.size == 0:
        return 0.0
    if forward.size == 0 or backward.size == 0:
        return math.hypot(*shape)
    return float(max(np.percentile(forward, 95), np.percentile(backward, 95)))


def _boundary_f(
    forward: NDArray[np.float64], backward: NDArray[np.float64], tolerance: float
) -> float:
    if forward.size == 0 and backward.size == 0:
        return 1.0
    if forward.size == 0 or backward.size == 0:
        return 0.0
    precision = float(np.mean(forward <= tolerance))
    recall = float(np.mean(backward <= tolerance))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _ratio(part: float, whole: float) -> float:
    """`part / whole`, 1 where both are zero: nothing to find and nothing found."""
    return float(part / whole) if whole else 1.0


def _require_same_shape(prediction: Mask, truth: Mask) -> None:
    if prediction.shape != truth.shape or prediction.ndim != 2:
        raise ValueError(f"masks must have one 2-D shape, got {prediction.shape}, {truth.shape}")
