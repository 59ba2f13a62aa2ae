"""Intervals that respect groups, and figures told apart by what is known of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.data import Sample
from models.evaluation import ImageResult

_SEED = 0
SIZE_BANDS = (0.02, 0.05, 0.10, 0.20)
"""Bounds between lesion sizes, as shares of the image."""
LESION_SIZE = "lesion size"
SOURCE = "data set"


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


def groups_of(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """A number for each sample, the same for those of one subject or group of near-identicals."""
    names = [f"{sample.source}/{sample.group}" for sample in samples]
    numbers: NDArray[np.int64] = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers


def bootstrap_mean(
    values: NDArray[np.float64], groups: NDArray[np.int64], resamples: int = 2000
) -> Interval:
    """Mean of the values with a percentile interval over resampled groups.

    Groups and not images are drawn, as images of one patient say much the same (Davison and
    Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8).

    Args:
        values: [N].
        groups: [N], whole numbers from 0.
        resamples: how often as many groups as there are get drawn with replacement.
    """
    sums, counts = np.bincount(groups, values), np.bincount(groups)
    number = len(counts)
    generator = np.random.default_rng(_SEED)
    means = np.empty(resamples)
    for index in range(resamples):
        drawn = generator.integers(0, number, number)
        means[index] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float(values.mean()), float(low), float(high))


def difference(
    results: Sequence[ImageResult], base: Sequence[ImageResult], resamples: int = 2000
) -> Interval:
    """Mean paired difference of lesion IoU of two methods on the same images, in the same order."""
    gain = np.array(
        [a.metrics.lesion_iou - b.metrics.lesion_iou for a, b in zip(results, base, strict=True)]
    )
    return bootstrap_mean(gain, groups_of([result.sample for result in results]), resamples)


def size_band(result: ImageResult) -> str:
    """How much of the image the lesion takes, in words."""
    if result.metrics.truth == 0:
        return "no lesion"
    share = result.metrics.truth / result.pixels
    bounds = [0.0, *SIZE_BANDS, 1.0]
    place = int(np.searchsorted(SIZE_BANDS, share, side="right"))
    return f"{bounds[place]:.0%} to {bounds[place + 1]:.0%}"


def labels(results: Sequence[ImageResult], by: str) -> list[str]:
    """What each image is, by data set, lesion size or a column of the table; may be empty."""
    if by == SOURCE:
        return [result.sample.source for result in results]
    if by == LESION_SIZE:
        return [size_band(result) for result in results]
    return [result.sample.attributes.get(by, "") for result in results]
