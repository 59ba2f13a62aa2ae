"""Region growing. Adams and Bischof, "Seeded Region Growing" (TPAMI 1994), with one seed.

A pixel joins while its level stays within a tolerance of the seed's, as in `skimage.flood`.
"""

from __future__ import annotations

from typing import ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.segmentation import flood

from models.classical.choice import components
from models.classical.method import Method, dark_seed, opened


class RegionGrowing(Method):
    """Region growing from the darkest place near the middle, over pixels of similar level."""

    title: ClassVar[str] = "Region growing"

    tolerance: float = Field(default=25.0, gt=0)
    """Grey levels."""
    seed_sigma: float = Field(default=6.0, gt=0)
    """Width of the Gaussian over which the seed is sought, px."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the region around the seed."""
        smooth = cv2.GaussianBlur(grey, (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE)
        seed = dark_seed(grey, self.seed_sigma)
        grown = flood(smooth.astype(np.float32), seed, tolerance=self.tolerance)
        return components(opened(grown, 2))

    @classmethod
    def grid(cls) -> list[Self]:
        """Return tolerances and seeds."""
        return [
            cls(tolerance=t, seed_sigma=s)
            for t in (25.0, 10.0, 15.0, 20.0, 35.0)
            for s in (6.0, 12.0)
        ]
