"""Inserting the lesion of another image into lesion-free ultrasound images.

If few patients of a scanner show a lesion, a network learns these patients. The same image with and
without a lesion, and the same lesion in many images, leave only the lesion to learn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.samples import Pixels

_Image = NDArray[np.uint8]
_Mask = NDArray[np.uint8]
_Floats = NDArray[np.float32]

_RIM = 0.22
"""Share of the square root of the lesion's area: the rim copied with it (capsule, halo)."""
_SIZES = (0.45, 1.1)
"""Range of the lesion's linear scale relative to the donor's: small lesions are often missed."""
_CONTRAST = (0.55, 1.0)
"""Share of the donor in the pixels of the lesion; the rest is the host's own tissue."""
_LEAST, _MOST = 0.002, 0.15
"""Share of the host that the lesion covers."""
_TRIES = 12
_DEPTH_SPREAD = 0.12
"""Standard deviation of the change of depth, as a share of the image's height."""
_BLACK = 8
"""Grey level below which a pixel shows no tissue."""
_MOST_BLACK = 0.1


class _Lesion(NamedTuple):
    """A lesion cut out of its image, with its surroundings."""

    grey: _Floats
    mask: _Mask
    """1 in the lesion."""
    rim: _Mask
    """1 in the lesion and its rim."""
    depth: float
    """Depth of its centre as a share of the image's height."""
    label: int
    """Its label in the donor's mask."""


def insert_lesion(host: Pixels, donor: Pixels, rng: np.random.Generator) -> Pixels | None:
    """Insert the donor's largest lesion into the host.

    Args:
        host: an image without a lesion.
        donor: an image with one.
        rng: determines size, contrast and place.

    Returns:
        New arrays; None if there is no suitable lesion or no place for it.
    """
    if host.mask.any() or not donor.mask.any():
        return None
    fit = math.sqrt(host.mask.size / donor.mask.size)
    scale = fit * math.exp(rng.uniform(*np.log(_SIZES)))
    lesion = _cut_out(donor, scale, bool(rng.random() < 0.5))
    if lesion is None or not _LEAST <= lesion.mask.sum() / host.mask.size <= _MOST:
        return None
    place = _place(host, lesion, rng)
    return None if place is None else _set_in(host, lesion, place, rng)


def _cut_out(donor: Pixels, scale: float, mirrored: bool) -> _Lesion | None:
    count, labels, figures, _ = cv2.connectedComponentsWithStats(donor.mask, connectivity=8)
    largest = max(range(1, count), key=lambda number: int(figures[number, cv2.CC_STAT_AREA]))
    mask = (labels == largest).astype(np.uint8)
    reach = 3 + _RIM * math.sqrt(float(mask.sum()))
    size = 2 * math.ceil(reach) + 1
    rim = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    left, top, width, height = cv2.boundingRect(rim)
    box = np.s_[top : top + height, left : left + width]
    shape = (round(width * scale), round(height * scale))
    if min(shape) < 8:
        return None
    grey = donor.image[box].max(axis=2).astype(np.float32)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(grey, shape, interpolation=method)
    masks = [cv2.resize(one[box], shape, interpolation=cv2.INTER_NEAREST) for one in (mask, rim)]
    if mirrored:
        grey, masks = grey[:, ::-1], [one[:, ::-1] for one in masks]
    depth = (top + height / 2) / donor.mask.shape[0]
    inside, around = (np.ascontiguousarray(one, np.uint8) for one in masks)
    label = int(np.bincount(donor.mask[labels == largest]).argmax())
    return _Lesion(np.ascontiguousarray(grey), inside, around, depth, label)


def _place(host: Pixels, lesion: _Lesion, rng: np.random.Generator) -> tuple[slice, slice] | None:
    """Return rows and columns at about the donor's depth that show tissue."""
    height, width = host.mask.shape
    box_height, box_width = lesion.mask.shape
    if box_height > height or box_width > width:
        return None
    for _ in range(_TRIES):
        middle = (lesion.depth + rng.normal(0, _DEPTH_SPREAD)) * height
        row = min(max(round(middle - box_height / 2), 0), height - box_height)
        column = int(rng.integers(0, width - box_width + 1))
        place = (slice(row, row + box_height), slice(column, column + box_width))
        dark = host.image[place].max(axis=2)[lesion.rim > 0] < _BLACK
        if np.mean(dark) <= _MOST_BLACK:
            return place
    return None


def _set_in(
    host: Pixels, lesion: _Lesion, place: tuple[slice, slice], rng: np.random.Generator
) -> Pixels:
    """Blend in the lesion with its original relative brightness, in the host's tint."""
    region = host.image[place].astype(np.float32)
    own = region.max(axis=2)
    ring = (lesion.rim > 0) & (lesion.mask == 0)
    gain = float(np.clip((own[ring].mean() + 4) / (lesion.grey[ring].mean() + 4), 0.4, 2.5))
    lit = np.clip(lesion.grey * gain, 0, 255)
    tint = region.mean(axis=(0, 1)) / max(1.0, float(own.mean()))
    inserted = lit[..., None] * np.clip(tint, 0.5, 1.0)
    from_lesion = cv2.distanceTransform(1 - lesion.mask, cv2.DIST_L2, 3)
    from_outside = cv2.distanceTransform(np.pad(lesion.rim, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    soft = from_outside / np.maximum(from_lesion + from_outside, 1.0)
    soft = soft * rng.uniform(*_CONTRAST)
    image, mask = host.image.copy(), host.mask.copy()
    mixed = soft[..., None] * inserted + (1 - soft[..., None]) * region
    image[place] = mixed.astype(np.uint8)
    mask[place] = lesion.mask * np.uint8(lesion.label)
    return Pixels(image, mask)
