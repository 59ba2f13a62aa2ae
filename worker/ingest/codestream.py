"""Compressed frames inside DICOM: their own headers must agree with the data set.

A codec allocates what the codestream says, not what Rows and Columns say; a stream that claims
65535 by 65535 pixels in a file of one kilobyte has to be refused before a codec sees it.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from pydicom.uid import (
    HTJ2K,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from worker.ingest.errors import damaged, truncated
from worker.ingest.structure import jpeg_header

JPEG_FAMILY = frozenset(
    {
        JPEGBaseline8Bit,
        JPEGExtended12Bit,
        JPEGLossless,
        JPEGLosslessSV1,
        *JPEGLSTransferSyntaxes,
    }
)
JPEG_2000_FAMILY = frozenset(
    {JPEG2000Lossless, *JPEG2000TransferSyntaxes, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL}
)
ENCAPSULATED = JPEG_FAMILY | JPEG_2000_FAMILY | {RLELossless}

_SOC_SIZ = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
_MAX_TILES = 65_535


def check_codestream(stream: bytes, syntax: UID, rows: int, columns: int, samples: int) -> None:
    """Refuse a compressed frame that is not `rows` by `columns` pixels of `samples` samples.

    Raises:
        DecodeError: the stream is damaged, cut short, or says otherwise.
    """
    if syntax in JPEG_FAMILY:
        header = jpeg_header(stream)
        found = (header.height, header.width, header.components)
    elif syntax in JPEG_2000_FAMILY:
        found = _jpeg_2000_size(stream)
    else:
        _check_rle(stream, rows * columns)
        return
    if found != (rows, columns, samples):
        raise damaged()


def _jpeg_2000_size(stream: bytes) -> tuple[int, int, int]:
    """Height, width and components of the SIZ segment (ISO 15444-1 A.5.1)."""
    at = 0
    if stream.startswith(_JP2_SIGNATURE):  # wrapped as a JP2 file, against PS3.5 A.4.4
        at = stream.find(_SOC_SIZ)
    if at < 0 or stream[at : at + 4] != _SOC_SIZ:
        raise damaged()
    try:
        width, height, left, top, tile_width, tile_height, tile_left, tile_top, components = (
            struct.unpack_from(">8IH", stream, at + 8)
        )
    except struct.error:
        raise truncated() from None
    if min(tile_width, tile_height) < 1 or left >= width or top >= height:
        raise damaged()
    tiles = -(-(width - tile_left) // tile_width) * -(-(height - tile_top) // tile_height)
    if not 1 <= tiles <= _MAX_TILES:
        raise damaged()
    return height - top, width - left, components


def _check_rle(stream: bytes, pixels: int) -> None:
    """Refuse RLE segments (PS3.5 G) that unpack to more than a padded byte plane."""
    if len(stream) < 64:
        raise truncated()
    count, *offsets = struct.unpack("<16I", stream[:64])
    if not 1 <= count <= 15:
        raise damaged()
    bounds = [*offsets[:count], len(stream)]
    if bounds[0] < 64 or any(a >= b for a, b in pairwise(bounds)):
        raise damaged()
    # Two bytes unpack to at most 128.
    if any((b - a) * 64 < pixels for a, b in pairwise(bounds)):
        raise truncated()
