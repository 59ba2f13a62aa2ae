"""Paired differences between two versions, with intervals that account for patients.

Images of one patient are alike. An interval that treats them as independent is too narrow, so
patients are drawn with replacement, each with all their images (the cluster bootstrap: Field and
Welsh, "Bootstrapping clustered data", JRSS B 69, 2007), and the interval lies between percentiles
of the means.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
CONFIDENCE = 0.95
_CHUNK = 250


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of differences, one per image.

    Attributes:
        mean: over the images.
        low: lower end of the interval; the mean itself if there is only one patient.
        high: upper end.
        images: number of images.
        patients: number of patients, the clusters.
    """

    mean: float
    low: float
    high: float
    images: int
    patients: int


def clustered(
    values: Sequence[float] | NDArray[np.float64],
    patients: Sequence[Hashable],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """Return the mean of values and its percentile interval, with patients drawn with replacement.

    Args:
        values: [N], one difference per image.
        patients: [N], the patient of each image.
        seed: equal seeds give equal intervals.

    Raises:
        ValueError: there are no values, or the number of patients differs.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or found.size == 0 or found.size != len(patients):
        raise ValueError("a value and a patient are needed for each image, and one image at least")
    numbers: dict[Hashable, int] = {}
    of = np.array([numbers.setdefault(patient, len(numbers)) for patient in patients])
    sums = np.bincount(of, weights=found)
    counts = np.bincount(of).astype(np.float64)
    mean = float(found.mean())
    if len(numbers) == 1:
        return Difference(mean, mean, mean, found.size, 1)
    random = np.random.default_rng(seed)
    means = np.empty(resamples)
    for start in range(0, resamples, _CHUNK):
        size = (min(_CHUNK, resamples - start), len(numbers))
        drawn = random.integers(0, len(numbers), size)
        means[start : start + size[0]] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Difference(mean, float(low), float(high), found.size, len(numbers))
