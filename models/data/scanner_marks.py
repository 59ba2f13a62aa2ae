"""The scanner's additions to an image: its sector, and marks burned in over the tissue."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.labels import lesion_pixels

_LEAST_KEPT = 0.5
"""Minimum share of a lesion that stays within the sector; a sliver teaches nothing."""
_INK = ((235, 235, 235), (240, 230, 90), (120, 200, 250), (90, 230, 120))

_Image = NDArray[np.uint8]


def crop_to_sector(image: _Image, mask: _Image, rng: np.random.Generator) -> tuple[_Image, _Image]:
    """Black out everything outside a random sector between two arcs and two rays.

    Args:
        image: uint8 [H,W,3].
        mask: uint8 [H,W] of 0, 1 and IGNORED.
        rng: determines the sector.

    Returns:
        New image and mask. Beyond the sector the mask is 0, as nothing is visible there. Both are
        unchanged if the sector would hide more than half of the lesion.
    """
    height, width = mask.shape
    opening = math.radians(rng.uniform(25, 45))  # half of the angle between the rays
    bottom = height * rng.uniform(0.9, 1.1)
    centre = width * rng.uniform(0.4, 0.6)
    # The rays meet above the image, so that the probe's face has a width.
    reach = width * rng.uniform(0.5, 0.75) / math.sin(opening)
    apex = bottom - reach
    rows, columns = np.ogrid[:height, :width]
    radius = np.hypot(rows - apex, columns - centre)
    angle = np.abs(np.arctan2(columns - centre, rows - apex))
    face = max(0.0, -apex) + rng.uniform(0, 0.08) * height
    seen = (radius <= reach) & (radius >= face) & (angle <= opening)
    lesion = lesion_pixels(mask)
    if np.count_nonzero(lesion & seen) < _LEAST_KEPT * np.count_nonzero(lesion):
        return image, mask
    return (
        np.where(seen[..., None], image, np.uint8(0)),
        np.where(seen, mask, np.uint8(0)),
    )


def measure_lesion(image: _Image, mask: _Image, rng: np.random.Generator) -> _Image:
    """Set calipers on the longest diameter of the largest lesion, and print the measurement.

    Args:
        image: uint8 [H,W,3].
        mask: uint8 [H,W] of 0, 1 and IGNORED.
        rng: determines the marks, their colour, and the error of the hand.

    Returns:
        A new image; the image itself if there is no lesion.
    """
    contours, _ = cv2.findContours(
        lesion_pixels(mask).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return image
    (x, y), (a, b), degrees = cv2.minAreaRect(max(contours, key=cv2.contourArea))
    angle = math.radians(degrees)
    axes = [(a, angle), (b, angle + math.pi / 2)]
    axes.sort(reverse=True)
    image = image.copy()
    colour = _INK[int(rng.integers(len(_INK)))]
    marker = (cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS)[int(rng.integers(2))]
    length = int(rng.integers(5, 11))
    dotted = rng.random() < 0.6
    # One diameter, or two at right angles.
    for diameter, direction in axes[: 1 + int(rng.random() < 0.5)]:
        half = np.array([math.cos(direction), math.sin(direction)]) * diameter / 2
        slip = rng.normal(0, 1.5, (2, 2))
        ends = np.array([x, y]) + np.array([half, -half]) + slip
        for end in ends:
            cv2.drawMarker(image, _pixel(end), colour, marker, length, 1)
        if dotted:
            for share in np.linspace(0, 1, max(2, round(diameter / 4))):
                cv2.circle(image, _pixel(ends[0] + share * (ends[1] - ends[0])), 0, colour, -1)
    height, width = mask.shape
    corner = (int(rng.uniform(0, 0.6) * width), int(rng.uniform(0.05, 0.98) * height))
    text = f"D {axes[0][0] / 10:.2f}cm"
    cv2.putText(image, text, corner, cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(0.25, 0.45), colour, 1)
    return image


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
