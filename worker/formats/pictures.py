"""Label pictures from untrusted files: masks, classes and lesion numbers, by value or colour.

Tools write masks in many ways: 0 and 1, 0 and 255, palettes, colours, transparency, soft edges.
A picture is accepted only if it is unambiguous; otherwise it is refused with advice on what would
be, since the worst error is a lesion that becomes "no lesion".
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from worker.formats.sample import MOST_LESIONS
from worker.formats.source import BACKGROUNDS, LabelError, require_size
from worker.pipeline.components import numbered

Colour = tuple[int, int, int]
Legend = Mapping[Colour, str]
"""Classes by colour, as in `labelmap.txt` of CVAT and Datumaro."""


class PictureKind(StrEnum):
    """The declared content of a picture."""

    MASK = "mask"
    """Lesion or not; several values are several classes."""
    CLASSES = "classes"
    """Pascal VOC's classes: like a mask, but 255 is the void around objects."""
    NUMBERS = "numbers"
    """Numbers of lesions, or a colour for each."""
    MASK_VALUES = "mask-values"
    """Like a mask, but its values are requested."""
    CLASS_VALUES = "class-values"
    """Like Pascal VOC's classes, but the numbers are requested: with a legend, the positions in it.
    """


_WANTS_VALUES = {
    PictureKind.MASK_VALUES: PictureKind.MASK,
    PictureKind.CLASS_VALUES: PictureKind.CLASSES,
}


_FORMATS = ["PNG", "BMP", "TIFF", "JPEG", "WEBP"]
_LOSSY = {"JPEG", "WEBP"}
_HALF = 128
_VOID = 255
_BLACK = (0, 0, 0)
_MOST_COLOURS = 4096
_SAME_BLOCK = 4.0
_SAME_GREY = 8
"""Channels of one grey differ by at most this much after JPEG."""
_SMALL = 64
"""Values up to this are numbers: a mask with soft edges reaches white."""
_DAMAGE = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError),
    *(OverflowError, MemoryError, EOFError, AttributeError, Image.DecompressionBombError),
)
_CLEAR = "write lesions white and the rest black, without smoothing, as PNG"


def voc_colour(number: int) -> Colour:
    """The colour of a number: its bits alternate between channels, highest first
    (VOClabelcolormap).
    """
    channels = [0, 0, 0]
    for shift in range(8):
        for channel in range(3):
            channels[channel] |= ((number >> channel) & 1) << (7 - shift)
        number >>= 3
    return channels[0], channels[1], channels[2]


VOC_COLOURS = [voc_colour(number) for number in range(256)]
_VOC_NUMBERS = {colour: number for number, colour in enumerate(VOC_COLOURS)}
_VOC_VOID = VOC_COLOURS[_VOID]


def decode_label(
    data: bytes, height: int, width: int, says: PictureKind, legend: Legend | None = None
) -> NDArray[np.uint8]:
    """Decode lesion numbers uint8 [H,W] from a picture, or class numbers if those are requested.

    Args:
        data: PNG, BMP, TIFF, WebP or JPEG of the frame's size.
        height: rows of the frame, px.
        width: columns of the frame, px.
        says: the content of the picture. In a mask or in classes, lesions are the connected parts.
        legend: classes by colour, if an accompanying file lists them.

    Raises:
        LabelError: it is not a label, or is ambiguous.
    """
    picture = _decoded(data, height, width)
    if says in _WANTS_VALUES:
        return _values_of(picture, _WANTS_VALUES[says], legend)
    numbers = _numbers_of(picture, says, legend)
    if says != PictureKind.NUMBERS:
        return numbered(numbers > 0)
    if int(numbers.max(initial=0)) > MOST_LESIONS:
        raise LabelError("too-many", f"Lesion numbers go up to {MOST_LESIONS}; number them from 1.")
    return numbers.astype(np.uint8)


def _numbers_of(picture: _Picture, says: PictureKind, legend: Legend | None) -> NDArray[Any]:
    """The label of each pixel in the picture; non-zero is lesion."""
    if picture.alpha is not None:
        return _by_alpha(picture)
    if (
        legend
        and says != PictureKind.NUMBERS
        and (inks := picture.inks())
        and _listed(inks, legend)
    ):
        return _by_legend(picture, legend)
    if (values := picture.values(says)) is not None:
        return _by_value(values, picture.lossy, says, legend)
    return _by_colour(picture, says, legend)


def _values_of(picture: _Picture, says: PictureKind, legend: Legend | None) -> NDArray[np.uint8]:
    """Class numbers: positions in the legend if it has them, else values.

    They are 1 if the picture has no numbers with the same meaning in other pictures.
    """
    lesion = _numbers_of(picture, says, legend) > 0
    places = {ink: at for at, ink in enumerate(legend or ())}
    inks = picture.inks() if picture.alpha is None else []
    if legend and inks and _listed(inks, legend):
        found: NDArray[Any] = _numbered(picture.colours, places)
    else:
        values = picture.values(says) if picture.alpha is None and not picture.lossy else None
        if values is None and inks and all(ink in _VOC_NUMBERS for ink in inks):
            values = _numbered(picture.colours, {ink: _VOC_NUMBERS[ink] for ink in inks})
        among = values[lesion] if values is not None else np.zeros(0)
        known = among.size > 0 and int(among.min()) > 0 and int(among.max()) < _HALF
        found = values if values is not None and known else np.ones(lesion.shape, np.uint8)
    return np.where(lesion, found, 0).astype(np.uint8)


class _Picture:
    """A decoded picture."""

    def __init__(self, image: Image.Image) -> None:
        self.lossy = image.format in _LOSSY
        self.alpha: NDArray[np.uint8] | None = None
        """uint8 [H,W], if some of it is transparent."""
        self._grey: NDArray[Any] | None = None
        """Values [H,W] of a grey picture."""
        self._indexes: NDArray[np.uint8] | None = None
        """Numbers [H,W] of a palette's colours."""
        self._rgb: NDArray[np.uint8] | None = None
        if image.mode == "F":
            self._grey = _whole(np.asarray(image))
        elif image.mode.startswith("I"):
            self._grey = np.asarray(image).astype(np.int32)
        elif image.mode == "1":
            self._grey = np.asarray(image).astype(np.uint8)
        elif image.mode == "L":
            self._grey = np.asarray(image)
        elif image.mode == "P":
            self._indexes = np.asarray(image)
        clear = image.info.get("transparency")
        if self._grey is not None and clear is not None and isinstance(clear, int):
            self.alpha = np.where(self._grey == clear, 0, 255).astype(np.uint8)
        if self._grey is None:
            straight = image.mode in ("P", "PA", "LA", "La", "RGB", "RGBA", "RGBa")
            image = image if straight else image.convert("RGB")
            rgba = np.asarray(image.convert("RGBA"))
            self._rgb, self.alpha = rgba[..., :3], rgba[..., 3]
        if self.alpha is not None and (least := int(self.alpha.min())) > 0:
            self.alpha = None if least == int(self.alpha.max()) else self.alpha

    @cached_property
    def colours(self) -> NDArray[np.int32]:
        """int32 [H,W], red · 65536 + green · 256 + blue."""
        if self._rgb is None:
            grey = np.clip(cast(NDArray[Any], self._grey), 0, 255).astype(np.int32)
            red, green, blue = grey, grey, grey
        else:
            red, green, blue = (self._rgb[..., channel].astype(np.int32) for channel in range(3))
        packed: NDArray[np.int32] = red << 16 | green << 8 | blue
        return packed

    def inks(self) -> list[Colour]:
        """Its colours, black first; empty if they are not flat."""
        found = _used(self.colours)
        if self.lossy or len(found) > _MOST_COLOURS:
            return []
        return [(c >> 16, c >> 8 & 255, c & 255) for c in found]

    def values(self, says: PictureKind) -> NDArray[Any] | None:
        """Its values [H,W], or None if only its colours have a meaning."""
        if self._grey is not None:
            return self._grey
        rgb = cast(NDArray[np.uint8], self._rgb)
        slack = _SAME_GREY if self.lossy else 0
        low, high = rgb.min(axis=2), rgb.max(axis=2)
        shades = rgb[..., 1] if int((high - low).max(initial=0)) <= slack else None
        if self._indexes is None:
            return shades
        used, first = np.unique(self._indexes, return_index=True)
        shown = self.colours.ravel()[first]
        if len(used) > 1 and not shown.any():
            return self._indexes  # the palette has no information
        # Numbers count if 0 is black and each other one has its own colour. Otherwise a program
        # that saves space has numbered the colours in order of appearance.
        own = len(np.unique(shown)) == len(shown)
        numbered = own and bool(((shown == 0) == (used == 0)).all())
        if shades is not None and (says == PictureKind.MASK or not numbered or _soft(shades)):
            return shades
        return self._indexes if numbered else None


def _decoded(data: bytes, height: int, width: int) -> _Picture:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            # Check the size first: nothing larger than the frame is ever unpacked.
            require_size((image.height, image.width), height, width)
            if getattr(image, "n_frames", 1) > 1:
                raise LabelError("not-a-label", "The label holds several pictures; write one.")
            image.load()
            return _Picture(image)
    except LabelError:
        raise
    except _DAMAGE:
        # Not chained: messages of the library quote the file.
        raise LabelError(
            "not-a-label",
            "The label is not an intact PNG, BMP, TIFF, WebP or JPEG; write it as PNG.",
        ) from None


def _whole(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Convert floating-point pixels to numbers; fractions from 0 to 1 are shares of white."""
    if not np.isfinite(values).all() or values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise _unclear("has values that are no lesion numbers")
    if (values == np.floor(values)).all():
        return values.astype(np.int32)
    if values.max(initial=0) <= 1:
        return np.rint(values * 255).astype(np.int32)
    raise _unclear("has values between whole numbers")


def _used(values: NDArray[Any]) -> list[int]:
    """The values that occur, ascending."""
    if values.dtype == np.uint8:
        return [int(value) for value in np.flatnonzero(np.bincount(values.ravel(), minlength=256))]
    return [int(value) for value in np.unique(values)]


def _by_alpha(picture: _Picture) -> NDArray[Any]:
    """Opaque pixels are lesion, unless their colour contradicts that."""
    visible = cast(NDArray[np.uint8], picture.alpha) >= _HALF
    seen = _used(picture.colours[visible])
    if not seen and len(_used(picture.colours)) > 1:
        raise _unclear("is transparent everywhere but has colours beneath")
    if len(seen) > 1 and 0 in seen:
        raise _unclear("has black and transparent parts, either of which may be the background")
    if len(seen) > MOST_LESIONS:
        raise _unclear("is a picture with transparent parts")
    return visible.astype(np.uint8)


def _listed(inks: Sequence[Colour], legend: Legend) -> bool:
    """Whether the legend has all these colours; black alone is a mask without lesion either way."""
    return all(ink in legend for ink in inks)


def _by_legend(picture: _Picture, legend: Legend) -> NDArray[np.uint8]:
    lesion = [ink for ink in picture.inks() if legend[ink].lower() not in BACKGROUNDS]
    return _numbered(picture.colours, dict.fromkeys(lesion, 1))


def _numbered(colours: NDArray[np.int32], numbers: Mapping[Colour, int]) -> NDArray[np.uint8]:
    found = np.zeros(colours.shape, np.uint8)
    for (red, green, blue), number in numbers.items():
        found[colours == (red << 16 | green << 8 | blue)] = number
    return found


def _by_colour(picture: _Picture, says: PictureKind, legend: Legend | None) -> NDArray[np.uint8]:
    inks = picture.inks()
    if not inks:
        raise _unclear("has colours that are not flat")
    if legend and says != PictureKind.NUMBERS:
        unknown = next(ink for ink in inks if ink not in legend)
        raise LabelError(
            "unknown-colour",
            f"The colour {unknown} of the label is not in labelmap.txt; add its class there.",
        )
    if _BLACK not in inks or len(inks) > MOST_LESIONS + 2:
        raise _unclear(
            "has colours of which none is known to be the background",
            "or list the colours in labelmap.txt",
        )
    if all(ink in _VOC_NUMBERS for ink in inks):
        return _numbered(
            picture.colours, {ink: _VOC_NUMBERS[ink] for ink in inks if ink != _VOC_VOID}
        )
    if _shaded(picture.colours):
        raise _unclear("has colours with soft edges")
    return _numbered(picture.colours, {ink: number for number, ink in enumerate(inks)})


def _by_value(
    values: NDArray[Any], lossy: bool, says: PictureKind, legend: Legend | None
) -> NDArray[Any]:
    found = _used(values)
    top = found[-1]
    if found[0] < 0:
        raise _unclear("has negative values")
    if lossy:
        return _half_white(values, top)
    if legend and top < len(legend) and says != PictureKind.NUMBERS:
        # Classes are numbered in the order of the file, which must start with the background.
        if next(iter(legend)) != _BLACK and top > 0:
            raise _unclear("has numbers but labelmap.txt does not begin with a black background")
        lesion = [at and name.lower() not in BACKGROUNDS for at, name in enumerate(legend.values())]
        return cast(NDArray[Any], np.array(lesion, bool)[values])
    if len(found) == 1 or (len(found) == 2 and found[0] == 0):
        one = top if says == PictureKind.NUMBERS and top <= MOST_LESIONS else 1
        return (values > 0).astype(np.uint8) * np.uint8(one)
    if says == PictureKind.NUMBERS and top != _VOID:
        return values
    if found[0] != 0:
        raise _unclear("has no 0, so that its background is not known")
    if _soft(values):
        return (values >= (top + 1) // 2).astype(np.uint8)
    if says == PictureKind.MASK and top == _VOID and found[-2] <= _SMALL:
        raise _unclear("has 255 beside small numbers, which may be lesion or void")
    if (
        says == PictureKind.MASK
        and top > _SMALL
        and _flat(values, (values > 0) & (values < top)) < 0.3
    ):
        raise _unclear("has many values that are neither flat areas nor soft edges")
    return values if says == PictureKind.MASK else np.where(values == _VOID, 0, values)


def _half_white(values: NDArray[Any], top: int) -> NDArray[np.uint8]:
    """A mask from JPEG: at least half white; greys show that it is a picture of something else."""
    if top <= _HALF // 16:
        return np.zeros(values.shape, np.uint8)
    grey = np.mean((values > _HALF // 2) & (values < _HALF + _HALF // 2))
    if top < _HALF or grey > 0.1:
        raise _unclear("is a JPEG or WebP with greys")
    return (values >= _HALF).astype(np.uint8)


def _soft(values: NDArray[Any]) -> bool:
    """Whether greys occur only at the edges of white areas."""
    top = int(values.max(initial=0))
    between = (values > 0) & (values < top)
    if top < _HALF or not between.any() or _flat(values, between) >= 0.1:
        return False
    white = (values >= top - top // 8).astype(np.uint8)
    near = cv2.dilate(white, np.ones((7, 7), np.uint8)) > 0
    return int(np.count_nonzero(between & near)) >= 0.9 * int(np.count_nonzero(between))


def _same(values: NDArray[Any]) -> NDArray[np.bool_]:
    """bool [H,W], pixels whose four neighbours have the same value."""
    same = np.ones(values.shape, bool)
    down, right = values[1:] == values[:-1], values[:, 1:] == values[:, :-1]
    same[1:] &= down
    same[:-1] &= down
    same[:, 1:] &= right
    same[:, :-1] &= right
    return same


def _flat(values: NDArray[Any], among: NDArray[np.bool_]) -> float:
    """The share of these pixels that lie in areas of one value."""
    count = int(np.count_nonzero(among))
    return int(np.count_nonzero(_same(values) & among)) / count if count else 0.0


def _shaded(colours: NDArray[np.int32]) -> bool:
    """Whether more than a few pixels have colours that no area has."""
    areas = np.unique(colours[_same(colours)])
    drawn = colours != 0
    thin = drawn & ~np.isin(colours, areas)
    return int(np.count_nonzero(thin)) > 0.02 * int(np.count_nonzero(drawn))


def _unclear(what: str, other: str = "") -> LabelError:
    instead = f"{_CLEAR}, {other}" if other else _CLEAR
    return LabelError("unclear", f"The label {what}: {instead}.")


def same_picture(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two frames [H,W] or [H,W,3] are the same picture apart from compression.

    JPEG keeps the mean of each block of 8 by 8 pixels within two levels (at quality 75).
    """
    if one.shape[:2] != other.shape[:2]:
        return False
    height, width = one.shape[:2]
    small = (max(1, width // 8), max(1, height // 8))
    means = [
        cv2.resize(
            image.mean(axis=2) if image.ndim == 3 else image.astype(np.float64),
            small,
            interpolation=cv2.INTER_AREA,
        )
        for image in (one, other)
    ]
    return float(np.abs(means[0] - means[1]).max()) <= _SAME_BLOCK
