"""Intervals that respect groups, and figures broken down by attributes of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.data.samples import Sample
from models.evaluation.per_image import ImageResult

_SEED = 0
LESION_SIZE = "lesion size"
NO_LESION = "no lesion"
ORGAN = "organ"


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


def groups_of(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """Return a number per sample, the same for one subject or group of near-identical views."""
    names = [f"{sample.source}/{sample.group}" for sample in samples]
    numbers: NDArray[np.int64] = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers


def bootstrap_mean(
    values: NDArray[np.float64], groups: NDArray[np.int64], resamples: int = 2000
) -> Interval:
    """Return the mean of the values with a percentile interval over resampled groups.

    Groups rather than images are drawn, as images of one patient are alike (Davison and Hinkley,
    "Bootstrap Methods and their Application", 1997, section 3.8).

    Args:
        values: [N].
        groups: [N], whole numbers from 0.
        resamples: number of bootstrap resamples of the groups.
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
    results: Sequence[ImageResult],
    base: Sequence[ImageResult],
    field: str = "lesion_iou",
    resamples: int = 2000,
) -> Interval:
    """Return the mean paired difference of a metric of two methods on the same ordered images."""
    gain = np.array(
        [
            getattr(a.metrics, field) - getattr(b.metrics, field)
            for a, b in zip(results, base, strict=True)
        ]
    )
    return bootstrap_mean(gain, groups_of([result.sample for result in results]), resamples)


def size_bands(results: Sequence[ImageResult]) -> list[str]:
    """Return each image's quarter of all lesions by share of the image.

    Images without a lesion are separate and do not affect the bounds.
    """
    shares = np.array([result.metrics.truth / result.pixels for result in results])
    with_lesion = shares[shares > 0]
    if not with_lesion.size:
        return [NO_LESION] * len(results)
    bounds = np.quantile(with_lesion, (0, 0.25, 0.5, 0.75, 1))
    places = np.searchsorted(bounds[1:-1], shares, side="left")
    return [
        f"{bounds[place]:.1%} to {bounds[place + 1]:.1%}" if share else NO_LESION
        for place, share in zip(places, shares, strict=True)
    ]


def labels(
    results: Sequence[ImageResult], by: str, organs: Mapping[str, str] | None = None
) -> list[str]:
    """Return the group of each image by organ, lesion size or a column of the table; may be empty.

    Args:
        results: results of one method.
        by: ORGAN, LESION_SIZE or a column.
        organs: the organ of each data set; a data set that is not listed uses its own name.
    """
    if by == ORGAN:
        names = organs or {}
        return [names.get(result.sample.source, result.sample.source) for result in results]
    if by == LESION_SIZE:
        return size_bands(results)
    return [result.sample.attributes.get(by, "") for result in results]
