"""Marks that readers left on an image: calipers, measuring lines and small text in colour.

If readers of one scanner mark only lesions, a network learns the marks. So views are shown with the
marks painted out, and marks of other images are inserted where nobody measured anything.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.samples import Pixels

_Image = NDArray[np.uint8]
_Mask = NDArray[np.uint8]

_LEAST_COLOUR = 26
"""Grey levels by which a mark's colour differs from the tissue's tint."""
_LIT = 40
"""Minimum grey level of pixels from which the tint is estimated."""
_THICKEST = 9
"""Thickness, px, from which a coloured area is flow or a body mark rather than a reader's mark."""
_HALO = 5
"""Side of the square around a mark that compression coloured, px."""
_REACH = 3
"""Radius from which paint is taken, px."""


def reader_marks(image: _Image) -> _Mask:
    """Return a mask of the thin coloured marks.

    Args:
        image: uint8 [H,W,3], RGB. In a grey image, marks cannot be distinguished from echoes, so
            none are found.

    Returns:
        uint8 [H,W] of 0 and 1.
    """
    values = image.astype(np.float32)
    bright = values.max(axis=2)
    lit = bright >= _LIT
    if not lit.any():
        return np.zeros(bright.shape, np.uint8)
    against = values[..., (0, 2)] - values[..., 1:2]
    # A tint grows with brightness.
    tint = np.median(against[lit] / bright[lit, None], axis=0)
    apart = np.abs(against - tint * bright[..., None]).max(axis=2)
    coloured = (apart >= _LEAST_COLOUR).astype(np.uint8)
    thick = cv2.erode(coloured, np.ones((_THICKEST, _THICKEST), np.uint8))
    _, parts = cv2.connectedComponents(cv2.dilate(coloured, np.ones((3, 3), np.uint8)))
    coloured[np.isin(parts, np.unique(parts[thick > 0]))] = 0
    return np.asarray(coloured, np.uint8)


def paint_out(image: _Image, marks: _Mask) -> _Image:
    """Paint over the marks with tissue from beside them.

    Args:
        image: uint8 [H,W,3].
        marks: uint8 [H,W], as found by :func:`reader_marks`.

    Returns:
        A new image, or the image itself if there are no marks.
    """
    if not marks.any():
        return image
    covered = cv2.dilate(marks, np.ones((_HALO, _HALO), np.uint8))
    # Telea, "An image inpainting technique based on the fast marching method", 2004.
    return cast(_Image, cv2.inpaint(image, covered, _REACH, cv2.INPAINT_TELEA))


def borrow_marks(host: Pixels, donor: _Image, marks: _Mask, rng: np.random.Generator) -> Pixels:
    """Copy the marks of another image onto the host, moved and perhaps mirrored.

    Args:
        host: an image with or without a lesion; its mask is unchanged.
        donor: uint8 [h,w,3].
        marks: the donor's marks.
        rng: determines the place.
    """
    if not marks.any():
        return host
    height, width = host.mask.shape
    if rng.random() < 0.5:
        donor, marks = donor[:, ::-1], marks[:, ::-1]
    scale = min(height / marks.shape[0], width / marks.shape[1])
    move = rng.uniform(-0.25, 0.25, 2) * (width, height)
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
    thick = cv2.dilate(np.ascontiguousarray(marks), np.ones((3, 3), np.uint8)).astype(np.float32)
    ink = cv2.warpAffine(np.ascontiguousarray(donor), matrix, (width, height))
    share = cv2.warpAffine(thick, matrix, (width, height))[..., None]
    mixed = share * ink + (1 - share) * host.image
    return Pixels(mixed.astype(np.uint8), host.mask)
