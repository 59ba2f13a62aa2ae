"""Scores of a network that distinguishes classes of lesions: IoU per class, mIoU, accuracy.

All counts are pooled over the images, as in Li et al. 2021. A pixel counts only if the truth has a
class for it: not if it is ignored or in a lesion of unknown class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labels import ANY_CLASS

Counts = NDArray[np.int64]
"""[1+C,1+C], pixels by class in truth (rows) and prediction (columns), background first."""


def confusion(
    prediction: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    classes: int,
    looked_for: NDArray[np.bool_] | None = None,
) -> Counts:
    """Return the counts of an image.

    Args:
        prediction: uint8 [H,W], 0 background and class numbers from 1.
        truth: uint8 [H,W], likewise, ANY_CLASS and IGNORED.
        classes: number of classes.
        looked_for: bool [C], which of them the truth would show; all by default. Pixels that the
            prediction puts into another class and the truth into background do not count.

    Raises:
        ValueError: the two differ in size.
    """
    if prediction.shape != truth.shape:
        raise ValueError(f"masks of {prediction.shape} and {truth.shape} cannot be compared")
    counted = truth < ANY_CLASS
    if looked_for is not None and not looked_for.all():
        others = np.flatnonzero(~looked_for) + 1
        counted &= ~((truth == 0) & np.isin(prediction, others))
    pairs = truth[counted].astype(np.int64) * (classes + 1) + prediction[counted]
    size = classes + 1
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The scores of some images together.

    Attributes:
        iou: IoU by class name; None if neither truth nor prediction shows the class.
        background_iou: IoU of background.
        mean_iou: mean over background and the classes that have an IoU.
        pixel_accuracy: share of the pixels whose class is right, background included.
        truth_px: pixels of each class in the truth.
    """

    iou: dict[str, float | None]
    background_iou: float
    mean_iou: float
    pixel_accuracy: float
    truth_px: dict[str, int]

    @staticmethod
    def of(counts: Counts, names: Sequence[str]) -> ClassScores:
        """Return the scores from counts of `confusion` for these classes."""
        right = np.diag(counts)
        union = counts.sum(axis=0) + counts.sum(axis=1) - right
        ious = [int(r) / int(u) if u else None for r, u in zip(right, union, strict=True)]
        known = [one for one in ious if one is not None]
        total = int(counts.sum())
        return ClassScores(
            iou=dict(zip(names, ious[1:], strict=True)),
            background_iou=1.0 if ious[0] is None else ious[0],
            mean_iou=sum(known) / len(known) if known else 1.0,
            pixel_accuracy=int(right.sum()) / total if total else 1.0,
            truth_px={name: int(n) for name, n in zip(names, counts.sum(axis=1)[1:], strict=True)},
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a report."""
        return {
            "iou": self.iou,
            "background_iou": self.background_iou,
            "mean_iou": self.mean_iou,
            "pixel_accuracy": self.pixel_accuracy,
            "truth_px": self.truth_px,
        }


def summed(counts: Iterable[Counts], classes: int) -> Counts:
    """Return the summed counts of several images."""
    total = np.zeros((classes + 1, classes + 1), np.int64)
    for one in counts:
        total += one
    return total
