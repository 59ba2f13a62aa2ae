"""A version's answer on an image, compared with the approved mask."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.pipeline import Frame, Network, PipelineSettings, Segmentation, segment
from worker.pipeline.overlap import iou

SMALL, LARGE = 0.02, 0.08
"""A lesion below the first share of the picture is small, from the second on it is large."""


@dataclass(frozen=True)
class Measured:
    """One answer.

    Attributes:
        iou: of the drawn mask and the lesion; 1 if both are empty.
        outlined: whether something is drawn.
        missed: whether there is a lesion and no part of it is drawn.
        brier: mean squared error of the probabilities over the effective area.
        presence: the probability that there is a lesion; None if the version cannot tell.
        flagged: whether it is unlike the training images; None if the version cannot tell.
        mask: bool [H,W], the drawn mask.
        found: the version's whole answer; None if it gives none.
    """

    iou: float
    outlined: bool
    missed: bool
    brier: float
    presence: float | None
    flagged: bool | None
    milliseconds: float
    mask: NDArray[np.bool_]
    found: Segmentation | None = None


def measure(frame: Frame, truth: NDArray[np.bool_], network: Network) -> Measured:
    """Run the service's pipeline on one picture.

    Args:
        truth: bool [H,W], the lesion that was signed.

    Raises:
        BrokenModelError: the version gives no usable answer.
    """
    settings = PipelineSettings.for_card(network.card)
    started = time.perf_counter()
    found = segment(frame, network, settings)
    milliseconds = (time.perf_counter() - started) * 1000
    area = found.crop.slices
    wrong = found.probability[area] - truth[area]
    return Measured(
        iou=iou(found.mask, truth),
        outlined=bool(found.mask.any()),
        missed=bool(truth.any()) and not bool((found.mask & truth).any()),
        brier=float(np.mean(np.square(wrong, dtype=np.float64))),
        presence=found.presence.probability if found.presence else None,
        flagged=found.out_of_domain,
        milliseconds=milliseconds,
        mask=found.mask,
        found=found,
    )


def size_of(truth: NDArray[np.bool_]) -> str | None:
    """Small, medium or large, by the lesion's share of the picture; None without one."""
    share = float(truth.mean())
    if share == 0:
        return None
    if share < SMALL:
        return "small"
    return "medium" if share < LARGE else "large"
