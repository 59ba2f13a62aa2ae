"""The same image as another scanner, preset or person would have stored it.

Each variation is deterministic, and the mask follows changes of geometry. The strengths lie at or
beyond the limits of the range that `models.data.augment` draws from in training.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.reader_marks import paint_out, reader_marks
from models.data.samples import Pixels
from models.data.scanner_marks import measure_lesion

Vary = Callable[[Pixels], Pixels]

_MIDDLE_GREY = 80.0
_MARGIN = 0.3
"""Margin around the lesion's bounding box in a close crop, as a share of its sides."""
_JPEG_QUALITY = 40

_Image = NDArray[np.uint8]


def unchanged(pixels: Pixels) -> Pixels:
    """Return the unchanged image."""
    return pixels


def gain(pixels: Pixels, factor: float) -> Pixels:
    """Make all echoes brighter or darker."""
    return _levels(pixels, lambda levels: levels * factor)


def contrast(pixels: Pixels, factor: float) -> Pixels:
    """Apply another dynamic range around a middle grey."""
    return _levels(pixels, lambda levels: (levels - _MIDDLE_GREY) * factor + _MIDDLE_GREY)


def gamma(pixels: Pixels, exponent: float) -> Pixels:
    """Apply another grey map."""
    return _levels(pixels, lambda levels: 255 * (levels / 255) ** exponent)


def attenuation(pixels: Pixels, loss: float) -> Pixels:
    """Attenuate echoes with depth, by exp(−loss) at the bottom."""
    height = pixels.image.shape[0]
    factor = np.exp(-loss * np.linspace(0, 1, height))
    factor = factor.reshape(height, *[1] * (pixels.image.ndim - 1))
    return Pixels((pixels.image * factor).astype(np.uint8), pixels.mask)


def resolution(pixels: Pixels, factor: float) -> Pixels:
    """Store the image with fewer or more pixels."""
    height, width = pixels.mask.shape
    size = (round(width * factor), round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return Pixels(
        cast(_Image, cv2.resize(pixels.image, size, interpolation=how)),
        cast(_Image, cv2.resize(pixels.mask, size, interpolation=cv2.INTER_NEAREST)),
    )


def jpeg(pixels: Pixels) -> Pixels:
    """Store the image with visible compression."""
    done, data = cv2.imencode(".jpg", pixels.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise ValueError("the image cannot be compressed")
    return Pixels(cast(_Image, cv2.imdecode(data, cv2.IMREAD_UNCHANGED)), pixels.mask)


def mirror(pixels: Pixels) -> Pixels:
    """Mirror the image, as of the other side of the body."""
    return _cut(pixels, np.s_[:, ::-1])


def middle(pixels: Pixels, share: float) -> Pixels:
    """Keep only the middle of the view, `share` of each side."""
    height, width = pixels.mask.shape
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return _cut(pixels, np.s_[top : height - top, left : width - left])


def close(pixels: Pixels) -> Pixels:
    """Crop close around the lesion, as in figures of papers; unchanged without a lesion."""
    box = pixels.lesion_box()
    if box is None:
        return pixels
    rows, columns = box
    down = round(_MARGIN * (rows.stop - rows.start))
    across = round(_MARGIN * (columns.stop - columns.start))
    return _cut(
        pixels,
        np.s_[
            max(0, rows.start - down) : rows.stop + down,
            max(0, columns.start - across) : columns.stop + across,
        ],
    )


def screen(pixels: Pixels) -> Pixels:
    """Add the layout of a photographed screen: a black surround and the scanner's text."""
    height, width = pixels.mask.shape
    down, across = height // 5, width // 5
    border = (down, down, across, across)
    black = [0.0] * 4
    image = cv2.copyMakeBorder(pixels.image, *border, cv2.BORDER_CONSTANT, value=black)
    mask = cv2.copyMakeBorder(pixels.mask, *border, cv2.BORDER_CONSTANT, value=black)
    ink, size = (200.0,) * 3, down / 40
    for number, text in enumerate(("FR 34Hz  MI 0.9", "Gn 62  DR 66", "D 5.0cm")):
        place = (5, round((number + 1) * 0.28 * down))
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size * 0.3, ink, 1)
    return Pixels(cast(_Image, image), cast(_Image, mask))


def calipers(pixels: Pixels, *, astray: bool) -> Pixels:
    """Burn in calipers on the lesion, or where its mirror image would be."""
    image = pixels.image if pixels.image.ndim == 3 else cv2.merge([pixels.image] * 3)
    aim = np.ascontiguousarray(pixels.mask[:, ::-1]) if astray else pixels.mask
    marked = measure_lesion(cast(_Image, image), aim, np.random.default_rng(0))
    return Pixels(marked, pixels.mask)


def unmarked(pixels: Pixels) -> Pixels:
    """Paint out the readers' coloured marks; a grey image stays unchanged."""
    if pixels.image.ndim == 2:
        return pixels
    return Pixels(paint_out(pixels.image, reader_marks(pixels.image)), pixels.mask)


VARIATIONS: dict[str, Vary] = {
    "unchanged": unchanged,
    "gain −40 %": partial(gain, factor=0.6),
    "gain +40 %": partial(gain, factor=1.4),
    "contrast ×0.6": partial(contrast, factor=0.6),
    "contrast ×1.6": partial(contrast, factor=1.6),
    "gamma 0.6": partial(gamma, exponent=0.6),
    "gamma 1.6": partial(gamma, exponent=1.6),
    "weaker with depth": partial(attenuation, loss=1.0),
    "resolution ×0.5": partial(resolution, factor=0.5),
    "resolution ×2": partial(resolution, factor=2.0),
    "JPEG, quality 40": jpeg,
    "mirrored": mirror,
    "middle 80 %": partial(middle, share=0.8),
    "cut close": close,
    "black border and text": screen,
    "calipers on the lesion": partial(calipers, astray=False),
    "calipers astray": partial(calipers, astray=True),
    "marks painted out": unmarked,
}
"""Variations in the order of the table; the first is the reference of all others."""


def _levels(pixels: Pixels, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Pixels:
    table = np.clip(change(np.arange(256.0)), 0, 255).astype(np.uint8)
    return Pixels(cast(_Image, cv2.LUT(pixels.image, table)), pixels.mask)


def _cut(pixels: Pixels, window: tuple[slice, slice]) -> Pixels:
    return Pixels(
        np.ascontiguousarray(pixels.image[window]), np.ascontiguousarray(pixels.mask[window])
    )
