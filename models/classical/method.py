"""The interface of classical methods: settings that propose regions of a grey image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from models.classical.choice import centre_weight, choose_lesion

BLACK_LEVEL = 5
"""Grey levels up to this count as the black beyond the sector and are ignored in histograms."""


class Method(BaseModel, ABC):
    """A method and its settings. Lengths are px of its input image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]

    @abstractmethod
    def regions(self, grey: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return proposed regions of uint8 [H,W], numbered from 1, int32 [H,W]; 0 is none."""

    @classmethod
    @abstractmethod
    def grid(cls) -> list[Self]:
        """Return the settings to choose from on training images, the usual ones first."""

    def segment(self, grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return the lesion in uint8 [H,W] as bool [H,W]; empty if no region looks like one."""
        return choose_lesion(self.regions(grey), grey)


def levels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels whose grey level counts: those above BLACK_LEVEL, or all if none are."""
    tissue = grey[grey > BLACK_LEVEL]
    return tissue if tissue.size else grey.ravel()


def dark_seed(grey: NDArray[np.uint8], sigma: float) -> tuple[int, int]:
    """Return the seed of a lesion: the darkest place near the middle.

    Args:
        grey: uint8 [H,W].
        sigma: width of the Gaussian over which darkness is averaged, px.

    Returns:
        Row and column.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    darkness = (255.0 - smooth) * centre_weight(*grey.shape)
    row, column = np.unravel_index(int(darkness.argmax()), grey.shape)
    return int(row), int(column)


def opened(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Open by a disc, which separates a lesion from shadows and vessels that touch it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    result = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return result > 0
