"""Edge detection and filling. Canny, "A Computational Approach to Edge Detection" (TPAMI 1986)."""

from __future__ import annotations

from typing import ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.feature import canny
from skimage.segmentation import expand_labels

from models.classical.choice import components
from models.classical.method import Method, opened


class CannyFill(Method):
    """Canny edges with joined ends; the regions are the areas that they enclose."""

    title: ClassVar[str] = "Canny and fill"

    sigma: float = Field(default=3.0, gt=0)
    """Width of the Gaussian before the gradient, px."""
    high: float = Field(default=0.7, gt=0, lt=1)
    """Quantile of the gradient above which an edge starts; it continues over twice that share."""
    closing: int = Field(default=10, ge=1)
    """Radius of the closing that joins the ends of edges, px."""

    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the connected parts between the edges, grown back to the edges' middle."""
        edges = canny(
            grey.astype(np.float64) / 255,
            sigma=self.sigma,
            low_threshold=max(0.0, 2 * self.high - 1),
            high_threshold=self.high,
            use_quantiles=True,
            mode="nearest",
        )
        side = 2 * self.closing + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        padded = np.pad(edges.astype(np.uint8), self.closing)
        closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
        inner = slice(self.closing, -self.closing)
        between: NDArray[np.bool_] = closed[inner, inner] == 0
        # Edges are lines of touching corners, which only separate 4-connected parts.
        parts = components(opened(between, self.closing // 2), connectivity=4)
        regions: NDArray[np.int32] = expand_labels(parts, self.closing // 2)
        return regions

    @classmethod
    def grid(cls) -> list[Self]:
        """Return thresholds and closings."""
        return [cls(high=h, closing=c) for h in (0.7, 0.75, 0.8) for c in (10, 8)]
