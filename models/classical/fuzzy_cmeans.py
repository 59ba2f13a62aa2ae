"""Fuzzy c-means of the grey levels. Bezdek, "Pattern Recognition with Fuzzy Objective Function
Algorithms" (1981), section 11.

All pixels of one level have the same membership, so it runs on the histogram: the same result as
over all pixels (as in scikit-fuzzy) for a thousandth of the work.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.classical.choice import components
from models.classical.method import Method, levels, opened

_ITERATIONS = 200
_TOLERANCE = 1e-3
"""Grey levels; centres that move less have converged."""


class FuzzyCMeans(Method):
    """Fuzzy c-means of the grey levels; the regions are the pixels of the darkest cluster."""

    title: ClassVar[str] = "Fuzzy c-means"

    clusters: int = Field(default=3, ge=2, le=8)
    fuzziness: float = Field(default=2.0, gt=1)
    opening: int = Field(default=3, ge=1)
    """Radius, px."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the connected parts of the darkest cluster."""
        counts = np.bincount(levels(grey), minlength=256).astype(np.float64)
        if np.count_nonzero(counts) < self.clusters:
            return np.zeros(grey.shape, np.int32)
        centres = cluster_centres(counts, self.clusters, self.fuzziness)
        # Membership falls with distance whatever the fuzziness: the nearest centre has the most.
        return components(opened(grey < (centres[0] + centres[1]) / 2, self.opening))

    @classmethod
    def grid(cls) -> list[Self]:
        """Return clusters and openings."""
        return [cls(clusters=c, opening=o) for c in (3, 2, 4, 5) for o in (3, 6)]


def cluster_centres(
    counts: NDArray[np.float64], clusters: int, fuzziness: float = 2.0
) -> NDArray[np.float64]:
    """Return the centres of fuzzy clusters of values 0, 1, 2, … that occur `counts` times.

    Starts from evenly spaced quantiles, so the result is deterministic.

    Returns:
        float64 [clusters], ascending.
    """
    values = np.flatnonzero(counts).astype(np.float64)
    weights = counts[counts > 0]
    share = np.cumsum(weights) / weights.sum()
    quantiles = (np.arange(clusters) + 0.5) / clusters
    centres = values[np.searchsorted(share, quantiles)]
    centres = centres + np.arange(clusters) * 1e-3  # equal starting points would stay equal
    for _ in range(_ITERATIONS):
        distances = np.maximum(np.abs(values[None] - centres[:, None]), 1e-9)
        closeness = distances ** (-2 / (fuzziness - 1))
        membership = (closeness / closeness.sum(axis=0)) ** fuzziness * weights
        moved = (membership @ values) / membership.sum(axis=1)
        settled = np.abs(moved - centres).max() < _TOLERANCE
        centres = moved
        if settled:
            break
    return np.sort(centres)
