"""The labels of a training mask's pixels: 0 background, from 1 lesion, and two special values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ANY_CLASS = 254
"""A lesion of unknown class."""
IGNORED = 255
"""Carries no loss: outside the image, or of a class that the network lacks."""


def lesion_pixels(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a mask marks a lesion of any class."""
    return np.asarray((mask > 0) & (mask != IGNORED))
