"""Replacing the lesion in ultrasound images with tissue from beside it.

A network that sees one scanner's images only with lesions learns that scanner, not that lesions can
be absent. So tissue of the same image is transplanted over the lesion, and also over places without
one, in images with and without lesions: the transplant itself carries no information.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.samples import Pixels

_Image = NDArray[np.uint8]
_Mask = NDArray[np.uint8]
_Floats = NDArray[np.float32]

_RIM = 0.18
"""Share of the square root of the lesion's area: the rim removed with it (capsule, halo)."""
_LARGEST = 0.2
"""Share of an image; a larger lesion leaves too little tissue to copy from."""
_TRIES = 16
_SPLITS = 4
"""Maximum number of times that a hole is halved to find tissue for each piece."""
_OVERLAP = 6
"""Overlap of the halves at their border, px."""
_BLACK = 8
"""Grey level below which a pixel shows no tissue."""
_MOST_BLACK = 0.1
"""Share of a donor that may be black."""
_DEPTH_SPREAD = 0.08
"""Standard deviation of the donor's change of depth, as a share of the image's height, since
depths look different."""
_COARSE = 4
"""Brightness is computed on a grid that is coarser than the image by this factor."""


def remove_lesion(pixels: Pixels, rng: np.random.Generator) -> Pixels | None:
    """Return the image without its lesions, and an empty mask.

    Returns:
        New arrays; None if there is no lesion or it is too large to be replaced.
    """
    lesion = (pixels.mask > 0).astype(np.uint8)
    area = int(lesion.sum())
    if not area:
        return None
    hole = _grown(lesion, 3 + _RIM * math.sqrt(area))
    filled = _transplant(pixels.image, hole, hole, rng)
    return None if filled is None else Pixels(filled, np.zeros_like(pixels.mask))


def transplant_elsewhere(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Transplant tissue over a place that shows no lesion.

    Returns:
        A new image with the same mask; the sample itself if no place was found.
    """
    height, width = pixels.mask.shape
    hole = np.zeros_like(pixels.mask)
    lesion = (pixels.mask > 0).astype(np.uint8)
    centre = (int(rng.uniform(0.15, 0.85) * width), int(rng.uniform(0.15, 0.85) * height))
    reach = rng.uniform(0.05, 0.16, 2) * math.sqrt(height * width)
    axes = (round(reach[0]), round(reach[1]))
    cv2.ellipse(hole, centre, axes, rng.uniform(0, 180), 0, 360, 1, -1)
    if (hole & lesion).any():
        return pixels
    filled = _transplant(pixels.image, hole, hole | lesion, rng)
    return pixels if filled is None else Pixels(filled, pixels.mask)


def _transplant(
    image: _Image, hole: _Mask, forbidden: _Mask, rng: np.random.Generator
) -> _Image | None:
    """Fill the hole with tissue of the same image that `forbidden` does not cover."""
    if hole.sum() > _LARGEST * hole.size:
        return None
    filled = image.copy()
    around = _brightness_around(image, hole)
    return filled if _fill(filled, image, hole, forbidden, around, rng, _SPLITS) else None


def _fill(
    filled: _Image,
    image: _Image,
    hole: _Mask,
    forbidden: _Mask,
    around: _Floats,
    rng: np.random.Generator,
    splits: int,
) -> bool:
    """Fill a hole in place, in two halves if no donor is large enough; return False if none is."""
    left, top, width, height = cv2.boundingRect(hole)
    box = np.s_[top : top + height, left : left + width]
    tissue = _donor(image, hole[box] > 0, forbidden, top, rng)
    if tissue is not None:
        filled[box] = _blended(filled[box], hole[box], around[box], tissue, rng)
        return True
    if not splits:
        return False
    for first in (True, False):
        half = hole.copy()
        # The halves overlap, so that no line remains between them.
        if width >= height:
            middle = left + width // 2
            half[:, middle + _OVERLAP :] = 0 if first else half[:, middle + _OVERLAP :]
            half[:, : middle - _OVERLAP] = half[:, : middle - _OVERLAP] if first else 0
        else:
            middle = top + height // 2
            half[middle + _OVERLAP :] = 0 if first else half[middle + _OVERLAP :]
            half[: middle - _OVERLAP] = half[: middle - _OVERLAP] if first else 0
        if half.any() and not _fill(filled, image, half, forbidden, around, rng, splits - 1):
            return False
    return True


def _donor(
    image: _Image, shape: NDArray[np.bool_], forbidden: _Mask, top: int, rng: np.random.Generator
) -> _Image | None:
    """Find tissue of about the same depth for a hole of this shape, unchanged or mirrored."""
    box_height, box_width = shape.shape
    height, width = forbidden.shape
    for attempt in range(_TRIES):
        spread = _DEPTH_SPREAD * height * (1 + 2 * attempt / _TRIES)
        row = min(max(round(top + rng.normal(0, spread)), 0), height - box_height)
        column = int(rng.integers(0, width - box_width + 1))
        place = np.s_[row : row + box_height, column : column + box_width]
        taken, tissue = forbidden[place], image[place]
        if rng.random() < 0.5:
            taken, tissue = taken[:, ::-1], tissue[:, ::-1]
        dark = np.mean(tissue[shape].max(axis=1) < _BLACK)
        if not taken[shape].any() and dark <= _MOST_BLACK:
            return tissue
    return None


def _blended(
    image: _Image, hole: _Mask, around: _Floats, tissue: _Image, rng: np.random.Generator
) -> _Image:
    """Blend tissue into the hole with the brightness around it: speckle is multiplicative."""
    wide = max(4.0, min(hole.shape) / 4)
    own = cv2.GaussianBlur(tissue.max(axis=2).astype(np.float32), (0, 0), wide)
    gain = np.clip((around + 4) / (own + 4), 0.4, 2.5)
    lit = np.clip(tissue.astype(np.float32) * gain[..., None], 0, 255)
    soft = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), rng.uniform(1.0, 2.5))
    soft = np.clip(2 * soft - 0.5, 0, 1) * (hole > 0)
    return cast(_Image, (soft[..., None] * lit + (1 - soft[..., None]) * image).astype(np.uint8))


def _brightness_around(image: _Image, hole: _Mask) -> _Floats:
    """Return the image's smooth brightness, ignoring the hole: normalised convolution."""
    height, width = hole.shape
    size = (max(1, width // _COARSE), max(1, height // _COARSE))
    grey = cv2.resize(image.max(axis=2), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    known = 1 - cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST).astype(np.float32)
    known *= grey >= _BLACK
    wide = max(3.0, math.sqrt(float(hole.sum())) / _COARSE / 2)
    seen = cv2.GaussianBlur(grey * known, (0, 0), wide)
    weight = cv2.GaussianBlur(known, (0, 0), wide)
    around = seen / np.maximum(weight, 1e-3)
    return cast(_Floats, cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR))


def _grown(mask: _Mask, reach: float) -> _Mask:
    size = 2 * math.ceil(reach) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cast(_Mask, cv2.dilate(mask, disc))
