"""Watershed with markers. Meyer and Beucher, "Morphological Segmentation" (JVCIR 1990)."""

from __future__ import annotations

from typing import ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.filters import sobel
from skimage.segmentation import watershed

from models.classical.method import Method, dark_seed

_LESION, _AROUND = 1, 2


class Watershed(Method):
    """The gradient's basin around the darkest place, flooded against a frame around it."""

    title: ClassVar[str] = "Watershed"

    sigma: float = Field(default=3.0, gt=0)
    """Width of the Gaussian before the gradient, px."""
    seed_radius: int = Field(default=6, ge=1)
    """Radius of the disc that marks the lesion, px."""
    frame: float = Field(default=0.08, gt=0, lt=0.5)
    """Width of the frame that marks the surroundings, as a share of height and width."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the basin."""
        height, width = grey.shape
        smooth = cv2.GaussianBlur(grey, (0, 0), self.sigma, borderType=cv2.BORDER_REPLICATE)
        markers = np.full(grey.shape, _AROUND, np.int32)
        rows, columns = max(1, round(self.frame * height)), max(1, round(self.frame * width))
        markers[rows:-rows, columns:-columns] = 0
        row, column = dark_seed(grey, 2.0 * self.sigma)
        cv2.circle(markers, (column, row), self.seed_radius, _LESION, cv2.FILLED)
        basins = watershed(sobel(smooth.astype(np.float64)), markers)
        lesion: NDArray[np.int32] = (basins == _LESION).astype(np.int32)
        return lesion

    @classmethod
    def grid(cls) -> list[Self]:
        """Return widths, marks and frames."""
        return [
            cls(sigma=s, seed_radius=r, frame=f)
            for s in (3.0, 5.0)
            for r in (6, 12)
            for f in (0.08, 0.04)
        ]
