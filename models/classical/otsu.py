"""Thresholding. Otsu, "A Threshold Selection Method from Gray-Level Histograms" (1979)."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.filters import threshold_otsu

from models.classical.choice import components
from models.classical.method import Method, levels, opened


class Otsu(Method):
    """Everything darker than a share of Otsu's threshold."""

    title: ClassVar[str] = "Otsu threshold"

    share: float = Field(default=0.8, gt=0)
    """Share of the threshold; lesions are the darkest part of the dark class."""
    opening: int = Field(default=3, ge=1)
    """Radius, px."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the connected parts below the threshold."""
        counted = levels(grey)
        if counted.min() == counted.max():  # a single level has no threshold
            return np.zeros(grey.shape, np.int32)
        return components(opened(grey < self.share * threshold_otsu(counted), self.opening))

    @classmethod
    def grid(cls) -> list[Self]:
        """Return shares and openings."""
        return [cls(share=s, opening=o) for s in (0.8, 0.6, 0.7, 0.9, 1.0) for o in (3, 6)]
