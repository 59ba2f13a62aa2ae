"""Stored samples of a DICOM frame, native or compressed, as the file actually contains them.

There is one decoder per codec: otherwise pixels would depend on what else is installed.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from libjpeg.utils import decode as decode_jpeg
from numpy.typing import NDArray
from openjpeg.utils import decode as decode_jpeg_2000
from PIL import Image
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames, parse_basic_offsets
from pydicom.uid import UID, ExplicitVRBigEndian

from worker.ingest.codestream import ENCAPSULATED, LOSSY, SEQUENTIAL, Codestream, read_codestream
from worker.ingest.errors import LIBRARY_ERRORS, damaged, truncated, unsupported_pixels
from worker.ingest.structure import state_colour, whole_spectrum

_RLE_HEADER = 64
_RLE_MAX_SEGMENTS = 15


@dataclass(frozen=True, slots=True)
class Layout:
    """The pixel layout of a data set, checked."""

    rows: int
    columns: int
    samples: int
    allocated: int
    """8 or 16."""
    stored: int
    high: int
    signed: bool
    planar: bool
    photometric: str

    @property
    def bytes_per_sample(self) -> int:
        return self.allocated // 8


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a frame.

    Attributes:
        values: [H,W] or [H,W,3]; uint8, uint16, int8 or int16; between the limits of `bits`.
        bits: number of bits in use per sample.
        photometric: their meaning: the data set's statement, or RGB or YBR_FULL if the compressed
            stream says otherwise.
    """

    values: NDArray[Any]
    bits: int
    photometric: str

    @property
    def signed(self) -> bool:
        return self.values.dtype.kind == "i"


def stored_samples(dataset: Dataset, syntax: UID, layout: Layout) -> Samples:
    """Decode the samples of a single frame.

    Raises:
        DecodeError: the pixel data are damaged, truncated, or not of the stated size.
    """
    element = dataset["PixelData"]
    data: bytes = element.value or b""
    if _is_native(element, syntax):
        return _native_samples(data, layout, syntax, str(element.VR))
    return _compressed_samples(_frame(data), syntax, layout)


def samples_of_frames(
    dataset: Dataset, syntax: UID, layout: Layout, count: int
) -> Iterator[Samples]:
    """Decode the samples of each of several frames, one by one.

    Raises:
        DecodeError: as in :func:`stored_samples`, also if there are fewer frames than stated.
    """
    element = dataset["PixelData"]
    data: bytes = element.value or b""
    if _is_native(element, syntax):
        yield from _native_frames(data, layout, syntax, str(element.VR), count)
        return
    offsets = None
    if "ExtendedOffsetTable" in dataset and "ExtendedOffsetTableLengths" in dataset:
        offsets = (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths)
    streams = generate_frames(io.BytesIO(data), number_of_frames=count, extended_offsets=offsets)
    for _ in range(count):
        stream = next(streams, None)
        if stream is None:
            raise truncated()
        yield _compressed_samples(stream, syntax, layout)


def joined_fragments(dataset: Dataset) -> bytes:
    """Join all encapsulated pixel data into one stream, for a video.

    Raises:
        DecodeError: the pixel data are damaged.
    """
    return _frame(dataset["PixelData"].value or b"")


def _is_native(element: DataElement, syntax: UID) -> bool:
    return syntax not in ENCAPSULATED and not element.is_undefined_length


def _native_samples(data: bytes, layout: Layout, syntax: UID, vr: str) -> Samples:
    values, photometric = _native(data, layout, syntax == ExplicitVRBigEndian, vr)
    return Samples(*_in_use(values, layout, layout.allocated, layout.signed), photometric)


def _native_frames(
    data: bytes, layout: Layout, syntax: UID, vr: str, count: int
) -> Iterator[Samples]:
    full = layout.rows * layout.columns * layout.samples * layout.bytes_per_sample
    size = full
    if layout.photometric.endswith("_422") and layout.allocated == 8 and len(data) < full * count:
        size = layout.rows * layout.columns * 2
    if len(data) < size * count:
        raise truncated()
    if size % 2 and syntax == ExplicitVRBigEndian and vr == "OW":
        # Every second frame starts within a word (PS3.5 8.1.1).
        data = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
        vr = "OB"
    for index in range(count):
        yield _native_samples(data[index * size : (index + 1) * size], layout, syntax, vr)


def _compressed_samples(stream: bytes, syntax: UID, layout: Layout) -> Samples:
    codestream = read_codestream(stream, syntax, layout.rows, layout.columns, layout.samples)
    values, photometric = _decompress(codestream, layout)
    precision = layout.allocated if codestream.kind == "rle" else codestream.precision
    signed = layout.signed or codestream.signed
    lossy = syntax in LOSSY
    return Samples(*_in_use(values, layout, precision, signed, lossy), photometric)


def _frame(data: bytes) -> bytes:
    """Join all fragments of the single frame, whatever the offset tables say (PS3.5 A.4)."""
    buffer = io.BytesIO(data)
    try:
        parse_basic_offsets(buffer)
        return b"".join(generate_fragments(buffer))
    except (ValueError, struct.error):
        raise damaged() from None


def _native(data: bytes, layout: Layout, big_endian: bool, vr: str) -> tuple[NDArray[Any], str]:
    """Uncompressed samples (PS3.5 8), unsigned, and their photometric interpretation."""
    rows, columns = layout.rows, layout.columns
    photometric = layout.photometric
    full = rows * columns * layout.samples * layout.bytes_per_sample
    halved = photometric.endswith("_422") and layout.allocated == 8 and len(data) < full
    needed = rows * columns * 2 if halved else full
    if len(data) < needed:
        raise truncated()
    if big_endian and vr == "OW" and layout.allocated == 8:
        # Bytes in words: an odd number of bytes was padded (PS3.5 8.1.1).
        words = np.frombuffer(data[: needed + needed % 2], ">u2")
        flat = words.astype("<u2").view(np.uint8)[:needed]
    elif layout.allocated == 8:
        flat = np.frombuffer(data, np.uint8, needed)
    else:
        flat = np.frombuffer(data, ">u2" if big_endian else "<u2", needed // 2)
    if halved:
        # Two luminances share the chrominance that follows them (PS3.3 C.7.6.3.1.2).
        if rows * columns % 2:
            raise damaged()
        pairs = flat.reshape(-1, 4)
        values = np.empty((rows * columns // 2, 2, 3), np.uint8)
        values[..., 0] = pairs[:, :2]
        values[..., 1:] = pairs[:, None, 2:]
        return values.reshape(rows, columns, 3), photometric
    if layout.samples == 1:
        return flat.reshape(rows, columns), photometric
    if layout.planar:
        return flat.reshape(3, rows, columns).transpose(1, 2, 0), photometric
    return flat.reshape(rows, columns, 3), photometric


def _decompress(codestream: Codestream, layout: Layout) -> tuple[NDArray[Any], str]:
    """Samples of a compressed frame from its codec, and their meaning."""
    photometric = layout.photometric
    if codestream.kind == "rle":
        return _rle(codestream.stream, layout), photometric
    ybr = layout.samples == 3 and codestream.is_ybr(photometric)
    try:
        if codestream.by_pillow:
            values = _baseline(codestream.stream, ybr)
            ybr = False  # the codec converts colours
        elif codestream.kind == "jpeg":
            values = decode_jpeg(_for_decoder(codestream))
        else:
            values = decode_jpeg_2000(codestream.stream)
    except RuntimeError:  # both plugins raise this for any reason
        raise damaged() from None
    if values.shape[:2] != (layout.rows, layout.columns):
        raise damaged()
    if layout.samples == 3:
        partial = photometric.startswith("YBR_PARTIAL") and codestream.kind != "jpeg"
        photometric = ("YBR_PARTIAL_422" if partial else "YBR_FULL") if ybr else "RGB"
    return values, photometric


def _for_decoder(codestream: Codestream) -> bytes:
    sequential = codestream.jpeg is not None and codestream.jpeg.process in SEQUENTIAL
    return whole_spectrum(codestream.stream) if sequential else codestream.stream


def _baseline(stream: bytes, ybr: bool) -> NDArray[Any]:
    try:
        with Image.open(io.BytesIO(state_colour(stream, ybr)), formats=["JPEG"]) as image:
            if image.mode not in ("L", "RGB"):
                raise damaged()
            return np.asarray(image)
    except LIBRARY_ERRORS as error:
        raise (truncated() if "truncated" in str(error) else damaged()) from None


def _rle(stream: bytes, layout: Layout) -> NDArray[Any]:
    """Decode byte planes, most significant first, each in PackBits (PS3.5 G).

    Extra bytes of a segment are ignored.
    """
    if len(stream) < _RLE_HEADER:
        raise truncated()
    count, *offsets = struct.unpack("<16I", stream[:_RLE_HEADER])
    pixels, depth = layout.rows * layout.columns, layout.bytes_per_sample
    if not layout.samples * depth <= count <= _RLE_MAX_SEGMENTS:
        raise damaged()
    bounds = [*offsets[:count], len(stream)]
    if bounds[0] < _RLE_HEADER or any(a >= b for a, b in pairwise(bounds)):
        raise truncated() if bounds[count - 1] >= len(stream) else damaged()
    planes = [
        _unpacked(stream[begin:end], pixels, last=end == len(stream))
        for begin, end in pairwise(bounds[: layout.samples * depth + 1])
    ]
    shape = (layout.rows, layout.columns)
    # The bytes of each sample next to each other, least significant first.
    order = [last - byte for last in range(depth - 1, len(planes), depth) for byte in range(depth)]
    beside = np.asarray(cv2.merge([planes[index].reshape(shape) for index in order]))
    values = beside.view("<u2") if depth == 2 else beside
    return values.reshape(shape if layout.samples == 1 else (*shape, layout.samples))


def _unpacked(segment: bytes, pixels: int, last: bool) -> NDArray[np.uint8]:
    # Two bytes unpack to at most 128 bytes: with less data, nothing of the stated size is
    # allocated.
    if len(segment) * 64 < pixels:
        raise truncated() if last else damaged()
    try:
        # Pillow's decoder for TIFF's PackBits; the picture is one line, since runs may cross lines.
        plane = Image.frombytes("L", (pixels, 1), segment, "packbits", "L")
    except ValueError:
        raise truncated() if last else damaged() from None
    return np.frombuffer(plane.tobytes(), np.uint8)


def _in_use(
    values: NDArray[Any], layout: Layout, precision: int, signed: bool, lossy: bool = False
) -> tuple[NDArray[Any], int]:
    """Return the bits of `values` that hold the picture, and their number.

    Other bits may hold overlays (PS3.5 8.1.2) and are masked off; after lossy coding they hold
    overflow, and such a pixel gets the highest value. If a codec stores fewer bits than the data
    set states, those hold the picture.
    """
    stored = min(layout.stored, precision)
    if precision > layout.allocated:  # the data set cannot describe the stream
        stored = precision
    shift = min(layout.high + 1, precision) - stored
    if values.dtype.itemsize > 2:
        raise unsupported_pixels("more than 16 bits")
    container = values.dtype.itemsize * 8
    unsigned: NDArray[Any] = values.astype(f"u{values.dtype.itemsize}", copy=False)
    spare = container - stored - shift
    if signed:
        raised = unsigned << spare if spare else unsigned
        return raised.view(f"i{values.dtype.itemsize}") >> (container - stored), stored
    if shift > 0:
        unsigned = unsigned >> shift
    if spare > 0 and lossy:
        unsigned = np.minimum(unsigned, (1 << stored) - 1)
    elif spare > 0:
        unsigned = unsigned & ((1 << stored) - 1)
    return unsigned, stored
