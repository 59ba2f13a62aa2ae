"""Looks into the first directory of a TIFF 6.0 file without decoding pixels."""

from __future__ import annotations

import struct

from worker.ingest.errors import DecodeError, DecodeLimits, damaged, truncated
from worker.ingest.sniff import refuse_appended_zip

_WIDTH, _HEIGHT = 256, 257
_SAMPLES_PER_PIXEL = 277
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_SHORT, _LONG = 3, 4
_MAX_SAMPLES = 5
"""CMYK with alpha; more would multiply what a pixel costs."""


def check_tiff(data: bytes, limits: DecodeLimits) -> None:
    """Refuse a TIFF of several pages, over the limits, cut short, or that is a zip as well.

    TIFF places its parts anywhere, so it has no end that data could be behind.

    Raises:
        DecodeError: as said.
    """
    refuse_appended_zip(data)
    order = "<" if data[:2] == b"II" else ">"
    tags, following = _directory(data, order)
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
    if tags.get(_SAMPLES_PER_PIXEL, 1) > _MAX_SAMPLES:
        raise DecodeError(
            "unsupported-pixel-format",
            "Unsupported pixel format",
            f"The TIFF file has more than {_MAX_SAMPLES} channels; export it as grey or RGB.",
            415,
        )
    if _TILE_WIDTH in tags or _TILE_HEIGHT in tags:
        # A decoder allocates whole tiles, whatever part of them the image covers.
        limits.check_size(tags.get(_TILE_HEIGHT, 0), tags.get(_TILE_WIDTH, 0))


def _directory(data: bytes, order: str) -> tuple[dict[int, int], int]:
    """Single integers of the first directory by tag, and where the next directory is (0: none)."""
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags: dict[int, int] = {}
        for index in range(count):
            entry = at + 2 + 12 * index
            tag, kind, values = struct.unpack_from(f"{order}HHI", data, entry)
            if kind in (_SHORT, _LONG) and values == 1:
                layout = f"{order}{'H' if kind == _SHORT else 'I'}"
                value = int(struct.unpack_from(layout, data, entry + 8)[0])
                if tags.setdefault(tag, value) != value:
                    raise damaged()  # which one a reader takes is its own choice
        (following,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
    except struct.error:
        raise truncated() from None
    return tags, int(following)
