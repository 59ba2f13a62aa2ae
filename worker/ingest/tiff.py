"""Reads the first directory of a TIFF 6.0 file without decoding pixels."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from worker.ingest.errors import (
    DecodeError,
    DecodeLimits,
    damaged,
    truncated,
    unsupported_pixels,
)
from worker.ingest.sniff import refuse_appended_zip

_WIDTH, _HEIGHT = 256, 257
_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262
_SAMPLES_PER_PIXEL = 277
_PLANAR = 284
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_EXTRA_SAMPLES = 338
_SAMPLE_FORMAT = 339
_FIRST_OF_SEVERAL = (_BITS_PER_SAMPLE, _EXTRA_SAMPLES, _SAMPLE_FORMAT)
"""These have one value per sample; that of the first is kept."""
_SHORT, _LONG = 3, 4
_MAX_SAMPLES = 5
"""CMYK with alpha; more would multiply the cost per pixel."""

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_UNSIGNED, _SIGNED, _VOID = 1, 2, 4
_FLOAT = 3
_SEPARATE = 2
_UNASSOCIATED_ALPHA = 2


@dataclass(frozen=True, slots=True)
class TiffPage:
    """The only page of a file.

    Attributes:
        data: the file, as Pillow reads all its kinds of pixels.
        inverted: white is zero but the decoder ignores that, so its pixels must be inverted.
        deep_colour: whether it has several samples of 16 bits.
        alpha: whether RGB has a fourth sample with transparency by which the others are not
            multiplied.
    """

    data: bytes
    inverted: bool
    deep_colour: bool
    alpha: bool


def check_tiff(data: bytes, limits: DecodeLimits) -> TiffPage:
    """Refuse a TIFF that has several pages, is over the limits, truncated, or also a zip file.

    TIFF places its parts anywhere, so it has no end after which data could follow.

    Raises:
        DecodeError: it is refused, or its pixels are of a kind that is not accepted.
    """
    refuse_appended_zip(data)
    order = "<" if data[:2] == b"II" else ">"
    tags, places, following = _directory(data, order)
    if following:
        raise DecodeError(
            "several-pages",
            "Several pages",
            "The TIFF file holds more than one page; send each page as its own file.",
            422,
        )
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise damaged()
    limits.check_size(tags[_HEIGHT], tags[_WIDTH])
    samples = tags.get(_SAMPLES_PER_PIXEL, 1)
    if samples > _MAX_SAMPLES:
        raise DecodeError(
            "unsupported-pixel-format",
            "Unsupported pixel format",
            f"The TIFF file has more than {_MAX_SAMPLES} channels; export it as grey or RGB.",
            415,
        )
    if _TILE_WIDTH in tags or _TILE_HEIGHT in tags:
        # A decoder allocates whole tiles, however little of them the image covers.
        limits.check_size(tags.get(_TILE_HEIGHT, 0), tags.get(_TILE_WIDTH, 0))
    _check_pixels(tags, samples)
    # Pillow does not invert 16 bits, and supports only this kind of signed or big-endian samples.
    inverted = (
        tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
        and tags.get(_BITS_PER_SAMPLE, 1) == 16
        and samples == 1
    )
    if inverted:
        at = places[_PHOTOMETRIC]
        data = data[:at] + struct.pack(f"{order}H", _BLACK_IS_ZERO) + data[at + 2 :]
    return TiffPage(
        data,
        inverted,
        tags.get(_BITS_PER_SAMPLE, 1) == 16 and samples > 1 and tags.get(_PHOTOMETRIC) == _RGB,
        tags.get(_EXTRA_SAMPLES) == _UNASSOCIATED_ALPHA,
    )


def _check_pixels(tags: dict[int, int], samples: int) -> None:
    """Refuse, with a reason, what Pillow would refuse without one or decode wrongly."""
    bits = tags.get(_BITS_PER_SAMPLE, 1)
    sample_format = tags.get(_SAMPLE_FORMAT, _UNSIGNED)
    if sample_format == _FLOAT:
        raise unsupported_pixels("floating-point samples")
    if sample_format not in (_UNSIGNED, _SIGNED, _VOID):
        raise unsupported_pixels("samples of this format")
    if bits not in (1, 2, 4, 8, 12, 16):
        raise unsupported_pixels(f"{bits} bits per sample")
    photometric = tags.get(_PHOTOMETRIC, _BLACK_IS_ZERO)
    if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR):
        raise unsupported_pixels("this colour space")
    if sample_format == _SIGNED and (samples > 1 or bits != 16):
        raise unsupported_pixels("signed samples that are not 16-bit grey")
    if bits > 8 and samples > 1:
        if photometric != _RGB:
            raise unsupported_pixels("16 bits per sample beside an alpha channel or in CMYK")
        if tags.get(_PLANAR) == _SEPARATE:
            raise unsupported_pixels("16 bits per sample in separate planes")


def _directory(data: bytes, order: str) -> tuple[dict[int, int], dict[int, int], int]:
    """Read the first directory: integers by tag, their offsets, and the next directory or 0."""
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags: dict[int, int] = {}
        places: dict[int, int] = {}
        for index in range(count):
            entry = at + 2 + 12 * index
            tag, kind, values = struct.unpack_from(f"{order}HHI", data, entry)
            several = tag in _FIRST_OF_SEVERAL and values > 1
            if kind in (_SHORT, _LONG) and (values == 1 or several):
                size = 2 if kind == _SHORT else 4
                place = entry + 8
                if values * size > 4:
                    (place,) = struct.unpack_from(f"{order}I", data, entry + 8)
                layout = f"{order}{'H' if size == 2 else 'I'}"
                value = int(struct.unpack_from(layout, data, place)[0])
                places[tag] = place
                if tags.setdefault(tag, value) != value:
                    raise damaged()  # readers differ in which one they take
        (following,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
    except struct.error:
        raise truncated() from None
    return tags, places, int(following)
