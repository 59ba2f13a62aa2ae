"""How another scanner, preset or recorder would have shown the same tissue.

Training views use these at random, so that a network does not come to depend on one maker's gain,
grey map, line density or screen layout.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.labels import lesion_pixels

_Image = NDArray[np.uint8]
_Mask = NDArray[np.uint8]

_SLIDERS = 8
"""Number of sliders of a scanner's time gain compensation."""
_MOST_HIDDEN = 0.1
"""Maximum share of a lesion that a banner may hide; otherwise the image stays as it was."""
_LETTERS = list("ABCDEFGHIKLMNOPRSTUVZ0123456789 .:%")


def time_gain(image: _Image, rng: np.random.Generator) -> _Image:
    """Apply another setting of the gain sliders over depth."""
    height = image.shape[0]
    sliders = np.cumsum(rng.normal(0, 0.22, _SLIDERS))
    places = np.linspace(0, _SLIDERS - 1, height)
    steps = np.interp(places, np.arange(_SLIDERS), sliders - sliders.mean())
    wide = 0.04 * height
    smooth = cv2.GaussianBlur(steps.astype(np.float32)[:, None], (1, 0), wide, sigmaY=wide)
    product = image.astype(np.float32) * np.exp(smooth)[..., None]
    return cast(_Image, np.clip(product, 0, 255).astype(np.uint8))


def dynamic_range(image: _Image, rng: np.random.Generator) -> _Image:
    """Apply another range of the logarithmic compression and another grey map."""
    levels = np.linspace(0, 1, 256)
    floor = rng.uniform(-0.12, 0.12)  # weak echoes become black, or black becomes grey
    levels = np.clip((levels - floor) / (1 - floor), 0, 1)
    bend = rng.uniform(-0.5, 0.5)
    levels = levels + bend * levels * (1 - levels) * (1 - 2 * levels * (rng.random() < 0.5))
    return cast(_Image, cv2.LUT(image, np.clip(levels * 255, 0, 255).astype(np.uint8)))


def resolution(image: _Image, rng: np.random.Generator) -> _Image:
    """Record with fewer lines and samples, then enlarge."""
    height, width = image.shape[:2]
    fewer = np.exp(rng.uniform(math.log(0.35), 0, 2))
    size = (max(8, round(width * fewer[0])), max(8, round(height * fewer[1])))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    how = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
    return cast(_Image, cv2.resize(small, (width, height), interpolation=how))


def banner(image: _Image, mask: _Mask, rng: np.random.Generator) -> tuple[_Image, _Mask]:
    """Add a strip of the screen with text: patient banner, menu or parameters.

    Args:
        image: uint8 [H,W,3].
        mask: uint8 [H,W] of 0, 1 and IGNORED.
        rng: determines the side, the colours and the text.

    Returns:
        New image and mask; the mask is 0 under the strip. Both are unchanged if it would hide much
        of a lesion.
    """
    height, width = mask.shape
    thick = rng.uniform(0.05, 0.18)
    side = int(rng.integers(4))
    if side < 2:
        deep = round(thick * height)
        strip = np.s_[:deep, :] if side == 0 else np.s_[height - deep :, :]
    else:
        deep = round(thick * width)
        strip = np.s_[:, :deep] if side == 2 else np.s_[:, width - deep :]
    lesion = lesion_pixels(mask)
    if np.count_nonzero(lesion[strip]) > _MOST_HIDDEN * np.count_nonzero(lesion):
        return image, mask
    image, mask = image.copy(), mask.copy()
    dark = int(rng.choice((0, 0, 0, 25, 60)))
    image[strip] = (dark, dark, min(255, dark + int(rng.integers(0, 40))))
    mask[strip] = 0
    part = np.ascontiguousarray(image[strip])
    size = rng.uniform(0.25, 0.45)
    line = max(8, round(30 * size))
    ink = (int(rng.integers(150, 256)),) * 3
    for baseline in range(line, part.shape[0], line + int(rng.integers(2, 12))):
        text = "".join(rng.choice(_LETTERS, int(rng.integers(4, 22))))
        place = (int(rng.uniform(0, 0.6) * part.shape[1]), baseline)
        cv2.putText(part, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1)
    image[strip] = part
    return image, mask
