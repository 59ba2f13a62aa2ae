"""Where there may be text, in a few milliseconds: a small network over the whole picture.

It learnt from the detector of :mod:`reader` where that one finds text (`models/text_search`), and
its answer only says where that one looks.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

CELL = 8
"""px; the network answers for squares of this side."""
NETWORK_SIDE = 1440
"""px; larger frames are looked at in this size."""

_Pixels = NDArray[np.uint8]


def planes(pixels: _Pixels) -> _Pixels:
    """What the network sees: uint8 [2,H,W], the brightest channel and how coloured it is.

    Args:
        pixels: uint8 [h,w] or [h,w,3]; H and W are the next multiples of `CELL`.
    """
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        most: _Pixels = pixels
        colour: _Pixels = np.zeros_like(pixels)
    else:
        red, green, blue = cv2.split(pixels)
        most = cast(_Pixels, cv2.max(cv2.max(red, green), blue))
        colour = cast(_Pixels, cv2.subtract(most, cv2.min(cv2.min(red, green), blue)))
    more = (0, -height % CELL, 0, -width % CELL)
    return np.stack(
        [cv2.copyMakeBorder(plane, *more, cv2.BORDER_REPLICATE) for plane in (most, colour)]
    )
