"""Headers of compressed frames inside DICOM: size, precision and colours of the stream.

A codec allocates according to the codestream's header, not Rows and Columns; a stream that claims
65535 by 65535 pixels in a file of one kilobyte must be refused before a codec gets it. The stream's
precision, sign and colour are also reliable, while the attributes of the data set are often copied
from elsewhere.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSNearLossless,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from worker.ingest.errors import damaged, truncated, unsupported_pixels
from worker.ingest.structure import Header, jpeg_header

JPEG_PROGRESSIVE = (UID("1.2.840.10008.1.2.4.53"), UID("1.2.840.10008.1.2.4.55"))
"""Retired, but still written."""
JPEG_FAMILY = frozenset(
    {
        JPEGBaseline8Bit,
        JPEGExtended12Bit,
        JPEGLossless,
        JPEGLosslessSV1,
        *JPEG_PROGRESSIVE,
        *JPEGLSTransferSyntaxes,
    }
)
JPEG_2000_FAMILY = frozenset(
    {JPEG2000Lossless, *JPEG2000TransferSyntaxes, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL}
)
LOSSY = frozenset(
    {
        JPEGBaseline8Bit,
        JPEGExtended12Bit,
        *JPEG_PROGRESSIVE,
        JPEGLSNearLossless,
        JPEG2000,
        HTJ2K,
    }
)
ENCAPSULATED = JPEG_FAMILY | JPEG_2000_FAMILY | {RLELossless}

Kind = Literal["jpeg", "jpeg-2000", "rle"]

_SOI = b"\xff\xd8"
_SOC_SIZ = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
_COD, _SOT, _SOD, _EOC = 0xFF52, 0xFF90, 0xFF93, 0xFFD9
_MAX_TILES = 65_535
_MAX_PRECISION = 16

SEQUENTIAL = (0xC0, 0xC1)
_BASELINE_TO_PROGRESSIVE = (0xC0, 0xC1, 0xC2)
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF, 0xF7)
"""Lossless JPEG and JPEG-LS."""


@dataclass(frozen=True, slots=True)
class Codestream:
    """A compressed frame.

    Attributes:
        kind: the family of its codec.
        stream: the codestream without its wrapper.
        precision: bits per sample.
        signed: whether the stream declares signed samples.
        jpeg: the frame header, for JPEG and JPEG-LS.
        transformed: for JPEG 2000, whether decoding reverses a colour transform (Annex G).
    """

    kind: Kind
    stream: bytes
    precision: int
    signed: bool = False
    jpeg: Header | None = None
    transformed: bool = False

    @property
    def by_pillow(self) -> bool:
        """JPEG with 8 bits and a discrete cosine transform."""
        return (
            self.jpeg is not None
            and self.precision == 8
            and self.jpeg.process in _BASELINE_TO_PROGRESSIVE
        )

    def is_ybr(self, photometric: str) -> bool:
        """Whether three decoded components are luminance and chrominance.

        For lossy JPEG this is the rule of libjpeg (jdapimin.c), with which writers test their
        files; if the stream states nothing and nothing can be inferred, and for codecs without
        colour spaces, the data set's statement counts.
        """
        stated = photometric.startswith("YBR")
        if self.kind == "jpeg-2000":
            return stated and photometric not in ("YBR_ICT", "YBR_RCT") and not self.transformed
        if self.jpeg is None or self.jpeg.process in _LOSSLESS:
            return stated
        if self.jpeg.jfif:
            return True
        if self.jpeg.adobe_transform is not None:
            return self.jpeg.adobe_transform != 0
        if self.jpeg.component_ids == (1, 2, 3):
            return True
        if self.jpeg.component_ids == tuple(b"RGB"):
            return False
        return stated or self.jpeg.subsampled


def read_codestream(
    stream: bytes, syntax: UID, rows: int, columns: int, samples: int
) -> Codestream:
    """Read the headers of a frame, whose family follows from its first bytes.

    Raises:
        DecodeError: the stream is damaged, truncated, or not `rows` by `columns` pixels of
            `samples` samples.
    """
    if not stream:
        raise truncated()
    if stream.startswith(_SOI):
        header = jpeg_header(stream)
        found = (header.height, header.width, header.components)
        if header.process in _BASELINE_TO_PROGRESSIVE and header.precision not in (8, 12):
            raise unsupported_pixels(f"{header.precision}-bit lossy JPEG coding")
        codestream = Codestream("jpeg", stream, header.precision, jpeg=header)
    elif stream.startswith((_SOC_SIZ, _JP2_SIGNATURE)):
        codestream, found = _jpeg_2000(stream)
    elif syntax == RLELossless:
        return Codestream("rle", stream, _MAX_PRECISION)
    else:
        raise damaged()
    if found != (rows, columns, samples) or not 1 <= codestream.precision <= _MAX_PRECISION:
        raise damaged()
    return codestream


def _jpeg_2000(stream: bytes) -> tuple[Codestream, tuple[int, int, int]]:
    """The stream, and height, width and components of its SIZ segment (ISO 15444-1 A.5.1)."""
    if stream.startswith(_JP2_SIGNATURE):  # wrapped as a JP2 file, against PS3.5 A.4.4
        at = stream.find(_SOC_SIZ)
        if at < 0:
            raise damaged()
        stream = stream[at:]
    try:
        width, height, left, top, tile_width, tile_height, tile_left, tile_top, components = (
            struct.unpack_from(">8IH", stream, 8)
        )
        depths = {stream[42 + 3 * index] for index in range(components)}
        transformed = _walk_jpeg_2000(stream)
    except (struct.error, IndexError):
        raise truncated() from None
    if min(tile_width, tile_height) < 1 or left >= width or top >= height or len(depths) != 1:
        raise damaged()
    tiles = -(-(width - tile_left) // tile_width) * -(-(height - tile_top) // tile_height)
    if not 1 <= tiles <= _MAX_TILES:
        raise damaged()
    (depth,) = depths
    codestream = Codestream(
        "jpeg-2000", stream, (depth & 0x7F) + 1, bool(depth & 0x80), transformed=transformed
    )
    return codestream, (height - top, width - left, components)


def _walk_jpeg_2000(stream: bytes) -> bool:
    """Return whether the main header requests a colour transform; requires complete tile-parts."""
    transformed = False
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", stream, at)
        if marker == _SOT:
            break
        if marker < 0xFF00 or length < 2:
            raise damaged()
        if marker == _COD:
            transformed = stream[at + 8] == 1
        at += 2 + length
    while at < len(stream):
        (marker,) = struct.unpack_from(">H", stream, at)
        if marker == _EOC:
            break
        if marker != _SOT:
            # Padding in place of the end marker, which some writers omit.
            if not stream[at:].strip(b"\0\xff"):
                break
            raise damaged()
        (length,) = struct.unpack_from(">I", stream, at + 6)
        if length == 0:  # this part extends to the end
            if _EOC.to_bytes(2, "big") not in stream[-3:]:
                raise truncated()
            break
        if length < 12:
            raise damaged()
        at += length
        if at > len(stream):
            raise truncated()
    return transformed
