"""Agreement of a binary mask with the truth.

Overlap, distance and the conventions for empty masks are those of :mod:`worker.pipeline.overlap`;
the boundary F of two empty masks is 1 as well, and 0 if one is empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.overlap import (
    Mask,
    boundary,
    boundary_distances,
    dice,
    hd95,
    hd95_of,
    iou,
    ratio,
    require_same_shape,
)

__all__ = [
    "ImageMetrics",
    "Mask",
    "boundary",
    "boundary_distances",
    "boundary_f",
    "dice",
    "hd95",
    "iou",
    "measure",
    "summarise",
]

BOUNDARY_TOLERANCE_PX = 2.0


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
    """Whether there is a lesion and the prediction touches no pixel of it."""
    intersection: int
    predicted: int
    truth: int


def measure(prediction: Mask, truth: Mask) -> ImageMetrics:
    """Return all metrics of one image."""
    require_same_shape(prediction, truth)
    intersection = int(np.count_nonzero(prediction & truth))
    predicted, lesion = int(np.count_nonzero(prediction)), int(np.count_nonzero(truth))
    lesion_iou = ratio(intersection, predicted + lesion - intersection)
    outside = truth.size - (predicted + lesion - intersection)
    background = ratio(outside, truth.size - intersection)
    forward, backward = boundary_distances(prediction, truth)
    return ImageMetrics(
        lesion_iou=lesion_iou,
        lesion_dice=ratio(2 * intersection, predicted + lesion),
        background_iou=background,
        mean_iou=(lesion_iou + background) / 2,
        pixel_accuracy=ratio(intersection + outside, truth.size),
        hd95=hd95_of(forward, backward, truth.shape),
        boundary_f=_boundary_f(forward, backward, BOUNDARY_TOLERANCE_PX),
        missed=lesion > 0 and intersection == 0,
        intersection=intersection,
        predicted=predicted,
        truth=lesion,
    )


def summarise(images: Iterable[ImageMetrics]) -> dict[str, float | int]:
    """Return means per image, and figures pooled over all pixels.

    `missed_share` is the share of the images with a lesion in which no pixel of it was found; 0
    if no image has one.

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


def boundary_f(prediction: Mask, truth: Mask, tolerance: float = BOUNDARY_TOLERANCE_PX) -> float:
    """Return the harmonic mean of the shares of each boundary within `tolerance` px of the other.

    Csurka et al., "What is a good evaluation measure for semantic segmentation?" (BMVC 2013).
    """
    return _boundary_f(*boundary_distances(prediction, truth), tolerance)


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
