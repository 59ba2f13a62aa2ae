"""Walks the containers of still images without decoding pixels.

Pillow determines late, after parsing metadata, how large an image is and whether the file has more
than one. Walking the container first refuses bombs, animations, truncated files and trailing data,
and passes only the parts needed for pixels and orientation to the decoder.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import NamedTuple

from worker.ingest.errors import (
    DecodeLimits,
    animated,
    damaged,
    trailing_data,
    truncated,
    unsupported_pixels,
)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"})
_PNG_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})

_JPEG_FILL = re.compile(rb"\xff+")
_JPEG_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_LS_SOF = 0xF7
_JPEG_KEPT_APP = {0xE0: b"", 0xE1: b"Exif\x00", 0xEE: b"Adobe"}
_JPEG_MAX_SCANS = 200
"""Most scans; ten are usual. Each scan covers the whole image, so a small file could take hours."""

_PADDING = b"\x00\xff\t\n\r "


class Header(NamedTuple):
    """A JPEG or JPEG-LS frame header (ISO 10918-1 B.2.2), and the colours from the markers."""

    height: int
    width: int
    components: int
    precision: int
    """Bits per sample."""
    process: int
    """Second byte of the start-of-frame marker."""
    component_ids: tuple[int, ...]
    subsampled: bool
    """Whether components differ in resolution."""
    jfif: bool = False
    adobe_transform: int | None = None
    """0: RGB or CMYK, 1: YCbCr, 2: YCCK; None if there is no such marker."""


def _only_padding(data: bytes) -> bool:
    return not data.strip(_PADDING)


def clean_png(data: bytes, limits: DecodeLimits) -> bytes:
    """Return the PNG with only its critical chunks, transparency and EXIF; verifies every checksum.

    Raises:
        DecodeError: see the module.
    """
    view = memoryview(data)
    parts: list[bytes | memoryview] = [PNG_SIGNATURE]
    at = len(PNG_SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise truncated()
        length = int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        end = at + 12 + length
        if end > len(data):
            raise truncated()
        if kind in _PNG_ANIMATION:
            raise animated()
        if (kind == b"IHDR") != (at == len(PNG_SIGNATURE)):
            raise damaged()
        if kind in _PNG_KEPT:
            if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
                raise damaged()
            parts.append(view[at:end])
        elif not kind[0] & 0x20:
            raise damaged()  # an unknown chunk that must be understood
        if kind == b"IHDR":
            if length != 13:
                raise damaged()
            width, height = struct.unpack_from(">II", view, at + 8)
            limits.check_size(height, width)
        at = end
        if kind == b"IEND":
            break
    if not _only_padding(data[at:]):
        raise trailing_data()
    return b"".join(parts)


def clean_jpeg(data: bytes, limits: DecodeLimits) -> bytes:
    """Return the JPEG without comments, and without metadata other than JFIF, EXIF and Adobe's.

    Raises:
        DecodeError: see the module.
    """
    header, parts, end = _walk_jpeg(data)
    limits.check_size(header.height, header.width)
    if header.process not in (0xC0, 0xC1, 0xC2):
        raise unsupported_pixels("lossless or arithmetic JPEG coding")
    if header.precision != 8:
        raise unsupported_pixels(f"{header.precision}-bit JPEG coding")
    if not _only_padding(data[end:]):
        raise trailing_data()
    return b"".join(parts)


def jpeg_header(data: bytes) -> Header:
    """Read the frame header of a JPEG or JPEG-LS stream as encapsulated in DICOM.

    Raises:
        DecodeError: the stream is damaged or ends too early.
    """
    return _walk_jpeg(data)[0]


def state_colour(data: bytes, ybr: bool) -> bytes:
    """Return the JPEG with one marker for whether its components are YCbCr, and no other metadata.

    Raises:
        DecodeError: the stream is damaged or ends too early.
    """
    parts = _walk_jpeg(data)[1]
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + (b"\x01" if ybr else b"\x00")
    return b"".join([parts[0], adobe, *(p for p in parts[1:] if p[1] not in _JPEG_KEPT_APP)])


def whole_spectrum(data: bytes) -> bytes:
    """Return the sequential JPEG with scans that declare all coefficients, as they must.

    Some writers leave zeros there, which most decoders ignore (ISO 10918-1 B.2.3).

    Raises:
        DecodeError: the stream is damaged or ends too early.
    """
    parts = _walk_jpeg(data)[1]
    for index, part in enumerate(parts):
        if part[1] == 0xDA and len(part) > 5:
            at = 5 + 2 * part[4]
            parts[index] = part[:at] + b"\x00\x3f\x00" + part[at + 3 :]
    return b"".join(parts)


def _walk_jpeg(data: bytes) -> tuple[Header, list[bytes], int]:
    """Return the frame header, the segments to keep, and the end of the image."""
    header: Header | None = None
    parts = [b"\xff\xd8"]
    scans = 0
    at = 2
    jfif, adobe_transform = False, None
    while True:
        if fill := _JPEG_FILL.match(data, at):
            at = fill.end() - 1
        if at + 2 > len(data):
            raise truncated()
        if data[at] != 0xFF:
            raise damaged()
        marker = data[at + 1]
        if marker == 0xD9:
            if header is None or scans == 0:
                raise damaged()
            parts.append(b"\xff\xd9")
            header = header._replace(jfif=jfif, adobe_transform=adobe_transform)
            return header, parts, at + 2
        if at + 4 > len(data):
            raise truncated()
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            raise truncated()
        if end < at + 4 or marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            raise damaged()
        if marker in _JPEG_SOF or marker == _JPEG_LS_SOF:
            if header is not None or end < at + 10:
                raise damaged()
            precision, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
            if end < at + 10 + 3 * components:
                raise damaged()
            ids = tuple(data[at + 10 : at + 10 + 3 * components : 3])
            sampling = set(data[at + 11 : at + 11 + 3 * components : 3])
            header = Header(height, width, components, precision, marker, ids, len(sampling) > 1)
        if marker == 0xDA:
            scans += 1
            if header is None or scans > _JPEG_MAX_SCANS:
                raise damaged()
            pattern = _JPEG_MARKER_IN_SCAN if header.process != _JPEG_LS_SOF else _LS_MARKER
            found = pattern.search(data, end)
            if found is None:
                raise truncated()
            end = found.end() - 2
        if marker == 0xE0 and data[at + 4 : at + 9] == b"JFIF\0":
            jfif = True
        if marker == 0xEE and data[at + 4 : at + 9] == b"Adobe" and end >= at + 16:
            adobe_transform = data[at + 15]
        if _keeps(marker, data[at + 4 : at + 10]):
            parts.append(data[at:end])
        at = end


_LS_MARKER = re.compile(rb"\xff[\x80-\xfe]")
"""JPEG-LS stuffs a zero bit, not a byte: after FF the next byte is below 80 (ISO 14495-1)."""


def _keeps(marker: int, content: bytes) -> bool:
    if marker in _JPEG_KEPT_APP:
        return content.startswith(_JPEG_KEPT_APP[marker])
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def check_webp(data: bytes, limits: DecodeLimits) -> None:
    """Refuse a WebP that is animated, over the limits, truncated or followed by other data.

    Raises:
        DecodeError: see the module.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise truncated()
    if not _only_padding(data[end:]):
        raise trailing_data()
    sizes: list[tuple[int, int]] = []
    at = 12
    while at + 8 <= end:
        kind = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        begin = at + 8
        if begin + length > end:
            raise truncated()
        if kind in (b"ANIM", b"ANMF"):
            raise animated()
        if kind == b"VP8X" and length >= 10:
            if data[begin] & 0x02:
                raise animated()
            width = 1 + int.from_bytes(data[begin + 4 : begin + 7], "little")
            sizes.append((1 + int.from_bytes(data[begin + 7 : begin + 10], "little"), width))
        elif kind == b"VP8 " and length >= 10:
            width, height = struct.unpack_from("<HH", data, begin + 6)
            sizes.append((height & 0x3FFF, width & 0x3FFF))
        elif kind == b"VP8L" and length >= 5:
            bits = int.from_bytes(data[begin + 1 : begin + 5], "little")
            sizes.append((1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)))
        at = begin + length + (length & 1)
    if not sizes:
        raise damaged()
    for height, width in sizes:
        limits.check_size(height, width)


def check_bmp(data: bytes, limits: DecodeLimits) -> None:
    """Refuse a BMP that is over the limits, truncated or followed by other data.

    Raises:
        DecodeError: see the module.
    """
    if len(data) < 34:
        raise truncated()
    size, offset, dib = struct.unpack_from("<I4xII", data, 2)
    compression = 0
    if dib == 12:
        width, height, bits = struct.unpack_from("<HH2xH", data, 18)
    else:
        width, height, bits, compression = struct.unpack_from("<ii2xHI", data, 18)
    limits.check_size(abs(height), width)
    # Some writers leave the file size at 0 or count only the pixels.
    end = size
    if compression in (0, 3, 6):
        end = max(end, offset + (width * bits + 31) // 32 * 4 * abs(height))
    if end > len(data):
        raise truncated()
    if end >= offset and not _only_padding(data[end:]):
        raise trailing_data()
