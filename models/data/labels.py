"""The labels of a training mask's pixels: 0 background, from 1 a lesion, and two values more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ANY_CLASS = 254
"""A lesion of which nobody said which class it is of."""
IGNORED = 255
"""Carries no loss: outside the image, or labelled with what the network does not tell."""


def lesion_pixels(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a mask marks a lesion, of whatever class."""
    return np.asarray((mask > 0) & (mask != IGNORED))
