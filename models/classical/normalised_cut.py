"""Normalised cut. Shi and Malik, "Normalized Cuts and Image Segmentation" (TPAMI 2000).

On superpixels, as in `skimage.graph.cut_normalized`: a graph over all pixels takes minutes.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.graph import cut_normalized, rag_mean_color
from skimage.segmentation import slic

from models.classical.method import Method

_SEED = 0
"""Seed of the random vector that the eigenvalue search starts from."""


class NormalisedCut(Method):
    """Groups of superpixels into which the graph of similar neighbours is cut."""

    title: ClassVar[str] = "Normalised cut"

    superpixels: int = Field(default=200, ge=10)
    threshold: float = Field(default=0.05, gt=0)
    """Maximum cost of a cut."""
    sigma: float = Field(default=100.0, gt=0)
    """Similarity is exp(-difference² / sigma), differences in grey levels."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the groups; each may be the lesion."""
        pieces = slic(
            grey,
            n_segments=self.superpixels,
            compactness=0.05,
            channel_axis=None,
            start_label=0,
            enforce_connectivity=True,
        )
        if pieces.max() < 2:  # nothing to cut
            return np.zeros(grey.shape, np.int32)
        graph = rag_mean_color(
            np.repeat(grey[..., None], 3, axis=2), pieces, mode="similarity", sigma=3 * self.sigma
        )
        groups: NDArray[np.int64] = cut_normalized(
            pieces, graph, thresh=self.threshold, rng=np.random.default_rng(_SEED)
        )
        return groups.astype(np.int32) + 1

    @classmethod
    def grid(cls) -> list[Self]:
        """Return similarities and thresholds."""
        return [cls(sigma=s, threshold=t) for s in (100.0, 30.0) for t in (0.05, 0.2)]
