"""Random variation of ultrasound training images: geometry, then appearance.

All random numbers come from the generator that the caller passes, so a sample of a given seed,
epoch and index is always the same.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.data.labels import IGNORED
from models.data.lesion_removal import remove_lesion, transplant_elsewhere
from models.data.samples import Pixels
from models.data.scanner_looks import banner, dynamic_range, resolution, time_gain
from models.data.scanner_marks import crop_to_sector, measure_lesion

_Image = NDArray[np.uint8]
_NARROWEST = 0.35
"""Share of the image's shorter side; a narrower view shows too little tissue to recognise."""
_CLOSE_MARGIN = (0.1, 0.8)
"""Margin around the lesions' bounding box in a close crop, as a share of its sides."""


class AugmentSettings(BaseModel):
    """Strength of each variation; probabilities unless stated otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: float = Field(default=0.5, ge=0, le=1)
    rotation_degrees: float = Field(default=12.0, ge=0, le=90)
    """Twice the standard deviation; values are clipped at it."""
    scale: tuple[float, float] = (0.75, 1.3)
    """Range of the linear scale relative to the size at inference, drawn uniformly in log."""
    aspect: float = Field(default=0.12, ge=0, lt=1)
    """Largest relative change of the ratio of height to width."""
    gain: float = Field(default=0.8, ge=0, le=1)
    """Brightness, contrast and gamma."""
    blur: float = Field(default=0.3, ge=0, le=1)
    """Gaussian, up to the σ = 2 px of the paper's denoising, which then cannot harm."""
    speckle: float = Field(default=0.3, ge=0, le=1)
    attenuation: float = Field(default=0.3, ge=0, le=1)
    shadow: float = Field(default=0.2, ge=0, le=1)
    annotations: float = Field(default=0.35, ge=0, le=1)
    """Caliper crosses and text at random places: decoys, since real ones mark the lesion."""
    sector: float = Field(default=0.0, ge=0, le=1)
    """Black beyond the sector of a curved array; hidden parts of a lesion no longer count as
    lesion. Off by default, so that older configurations draw the same views."""
    measured: float = Field(default=0.0, ge=0, le=1)
    """Calipers on the lesion itself, as a sonographer sets them, and a readout. Together with the
    decoys, marks carry no information: the same view must get the same mask. Off like `sector`."""
    grey: float = Field(default=0.3, ge=0, le=1)
    close: float = Field(default=0.0, ge=0, le=1)
    """Crop close to the lesion, which then fills much of the view, as other sites may crop their
    images. Off like `sector`."""
    lesion_free: float = Field(default=0.0, ge=0, le=1)
    """Only the tissue beside the lesion, so that a network also learns to outline nothing. Off like
    `sector`."""
    removed: float = Field(default=0.0, ge=0, le=1)
    """The lesion replaced with tissue from beside it. Off like `sector`."""
    transplanted: float = Field(default=0.0, ge=0, le=1)
    """The same over a place without a lesion, with unchanged labels. Off like `sector`."""
    time_gain: float = Field(default=0.0, ge=0, le=1)
    """Gain that changes with depth, as set by sliders. Off like `sector`."""
    dynamic_range: float = Field(default=0.0, ge=0, le=1)
    """Compression and grey map of another scanner. Off like `sector`."""
    resolution: float = Field(default=0.0, ge=0, le=1)
    """Fewer lines and samples. Off like `sector`."""
    banner: float = Field(default=0.0, ge=0, le=1)
    """A strip of the screen with text. Off like `sector`."""


def augment(
    pixels: Pixels, size: int, rng: np.random.Generator, settings: AugmentSettings
) -> Pixels:
    """Return a random view of `size`×`size` px.

    The mask of the result holds the sample's values, and IGNORED outside the image.
    """
    # Draw no random numbers for disabled variations, so that a seed keeps its views.
    pixels = _content(pixels, rng, settings)
    image, mask = _random_view(pixels, size, rng, settings)
    if settings.sector and rng.random() < settings.sector:
        image, mask = crop_to_sector(image, mask, rng)
    if settings.measured and rng.random() < settings.measured:
        image = measure_lesion(image, mask, rng)
    if settings.time_gain and rng.random() < settings.time_gain:
        image = time_gain(image, rng)
    if settings.dynamic_range and rng.random() < settings.dynamic_range:
        image = dynamic_range(image, rng)
    if settings.resolution and rng.random() < settings.resolution:
        image = resolution(image, rng)
    if settings.banner and rng.random() < settings.banner:
        image, mask = banner(image, mask, rng)
    if rng.random() < settings.attenuation:
        image = _attenuate(image, rng)
    if rng.random() < settings.shadow:
        image = _shadow(image, rng)
    if rng.random() < settings.speckle:
        image = _speckle(image, rng)
    if rng.random() < settings.gain:
        image = _gain(image, rng)
    if rng.random() < settings.annotations:
        image = _annotate(image, rng)
    if rng.random() < settings.blur:
        sigma = rng.uniform(0.5, 2.2)
        image = cast(_Image, cv2.GaussianBlur(image, (0, 0), sigma))
    if rng.random() < settings.grey:
        image = cast(
            _Image, cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        )
    return Pixels(image, mask)


def _content(pixels: Pixels, rng: np.random.Generator, settings: AugmentSettings) -> Pixels:
    """Vary the content: remove the lesion or crop beside or around it, and transplant tissue."""
    if settings.lesion_free and rng.random() < settings.lesion_free:
        pixels = beside_lesion(pixels)
    elif settings.removed and rng.random() < settings.removed:
        pixels = remove_lesion(pixels, rng) or pixels
    elif settings.close and rng.random() < settings.close:
        pixels = cut_close(pixels, rng)
    if settings.transplanted and rng.random() < settings.transplanted:
        pixels = transplant_elsewhere(pixels, rng)
    return pixels


def beside_lesion(pixels: Pixels) -> Pixels:
    """Return the largest of the four strips of an image beside its lesions' bounding box.

    Returns:
        Views of the same pixels; the sample itself if its largest strip is narrow.
    """
    height, width = pixels.mask.shape
    box = pixels.lesion_box()
    if box is None:
        return pixels
    rows, columns = box
    everything = slice(None)
    strips = [
        (slice(0, rows.start), everything),
        (slice(rows.stop, height), everything),
        (everything, slice(0, columns.start)),
        (everything, slice(columns.stop, width)),
    ]
    strip = max(strips, key=lambda strip: pixels.mask[strip].size)
    if min(pixels.mask[strip].shape) < _NARROWEST * min(height, width):
        return pixels
    return Pixels(pixels.image[strip], pixels.mask[strip])


def cut_close(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a window around the bounding box of an image's lesions with a random margin per side.

    Returns:
        Views of the same pixels, at least `_NARROWEST` wide and high if the image is large enough;
        the sample itself if it has no lesion.
    """
    box = pixels.lesion_box()
    if box is None:
        return pixels
    least = math.ceil(_NARROWEST * min(pixels.mask.shape))
    slices = []
    for side, length in zip(box, pixels.mask.shape, strict=True):
        before, after = rng.uniform(*_CLOSE_MARGIN, 2) * (side.stop - side.start)
        missing = max(0.0, least - (side.stop - side.start) - before - after)
        start, end = side.start - before - missing / 2, side.stop + after + missing / 2
        slices.append(slice(max(0, round(start)), min(length, round(end))))
    window = tuple(slices)
    return Pixels(pixels.image[window], pixels.mask[window])


def _random_view(
    pixels: Pixels, size: int, rng: np.random.Generator, settings: AugmentSettings
) -> Pixels:
    """Apply scale, rotation, flip and crop in one affine warp.

    Scale 1 is that of inference: the image's area becomes `size`² px, aspect kept.
    """
    height, width = pixels.mask.shape
    low, high = np.log(settings.scale)
    scale = math.exp(rng.uniform(low, high)) * size / math.sqrt(height * width)
    stretch = math.sqrt(1 + rng.uniform(-settings.aspect, settings.aspect))
    scale_x, scale_y = scale * stretch, scale / stretch
    limit = settings.rotation_degrees
    angle = math.radians(float(np.clip(rng.normal(0, limit / 2 + 1e-9), -limit, limit)))
    mirror = -1.0 if rng.random() < settings.flip else 1.0
    cosine, sine = math.cos(angle), math.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([scale_x * mirror, scale_y])
    # Where the image's centre lands: anywhere that keeps the window inside the image, or, on a
    # side shorter than the window, anywhere that keeps the image inside the window.
    slack = np.abs([width * scale_x - size, height * scale_y - size]) / 2
    centre = size / 2 + rng.uniform(-1, 1, 2) * slack
    offset = centre - linear @ np.array([width / 2, height / 2])
    # Pixel centres are at half-integer positions in these coordinates, at integers in OpenCV's.
    offset += linear @ np.array([0.5, 0.5]) - 0.5
    matrix = np.column_stack([linear, offset])
    # Inference pads by repeating the edge; uncropped scans have a black surround.
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    image = cv2.warpAffine(
        pixels.image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border
    )
    mask = cv2.warpAffine(
        pixels.mask,
        matrix,
        (size, size),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=IGNORED,
    )
    return Pixels(cast(_Image, image), cast(_Image, mask))


def _gain(image: _Image, rng: np.random.Generator) -> _Image:
    """Apply brightness, contrast and gamma through one lookup table."""
    levels = np.linspace(0, 1, 256)
    levels = levels ** math.exp(rng.uniform(-0.4, 0.4))
    levels = (levels - 0.3) * math.exp(rng.uniform(-0.3, 0.3)) + 0.3 + rng.uniform(-0.08, 0.08)
    table = np.clip(levels * 255, 0, 255).astype(np.uint8)
    return cast(_Image, cv2.LUT(image, table))


def _multiply(image: _Image, factor: NDArray[np.float32]) -> _Image:
    product = image.astype(np.float32) * factor[..., None]
    return cast(_Image, np.clip(product, 0, 255).astype(np.uint8))


def _attenuate(image: _Image, rng: np.random.Generator) -> _Image:
    """Apply exponential loss, or over-compensated gain, with depth."""
    depth = np.linspace(-0.5, 0.5, image.shape[0], dtype=np.float32)
    factor = np.exp(np.float32(rng.uniform(-1.0, 0.7)) * depth)
    return _multiply(image, np.repeat(factor[:, None], image.shape[1], axis=1))


def _shadow(image: _Image, rng: np.random.Generator) -> _Image:
    """Darken a strip below a random depth, soft at its sides, as behind calcification."""
    height, width = image.shape[:2]
    centre, half = rng.uniform(0, width), rng.uniform(0.02, 0.10) * width
    top = rng.uniform(0, 0.7) * height
    across = np.exp(-(((np.arange(width) - centre) / half) ** 2)).astype(np.float32)
    down = np.clip((np.arange(height) - top) / (0.1 * height), 0, 1).astype(np.float32)
    strength = np.float32(rng.uniform(0.3, 0.8))
    return _multiply(image, 1 - strength * down[:, None] * across[None, :])


def _speckle(image: _Image, rng: np.random.Generator) -> _Image:
    """Apply multiplicative noise with a correlation length of one to three pixels."""
    height, width = image.shape[:2]
    grain = rng.uniform(1.0, 3.0)
    shape = (math.ceil(height / grain), math.ceil(width / grain))
    coarse = rng.standard_normal(shape, dtype=np.float32)
    noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    strength = np.float32(rng.uniform(0.05, 0.25))
    return _multiply(image, cast(NDArray[np.float32], 1 + strength * noise))


def _annotate(image: _Image, rng: np.random.Generator) -> _Image:
    """Draw caliper crosses, dotted lines and text such as scanners burn in."""
    image = image.copy()
    height, width = image.shape[:2]
    colours = ((235, 235, 235), (240, 230, 90), (120, 200, 250))
    colour = colours[rng.integers(len(colours))]
    marker = (cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS)[rng.integers(2)]
    length = int(rng.integers(4, 10))
    for _ in range(int(rng.integers(0, 3))):
        ends = rng.uniform(0, 1, (2, 2)) * (width, height)
        for x, y in ends:
            cv2.drawMarker(image, (int(x), int(y)), colour, marker, length, 1)
        if rng.random() < 0.5:
            for share in np.linspace(0, 1, 20):
                x, y = ends[0] + share * (ends[1] - ends[0])
                cv2.circle(image, (int(x), int(y)), 0, colour, -1)
    for _ in range(int(rng.integers(0, 3))):
        text = "".join(rng.choice(list("ABCDEILMORSTV0123456789 .")) for _ in range(8))
        place = (int(rng.uniform(-0.1, 0.8) * width), int(rng.uniform(0.02, 1) * height))
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(0.25, 0.5), colour, 1)
    return image
