"""Single-frame DICOM Part 10 files through pydicom and its pylibjpeg plugins."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.utils import get_expected_length, pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from worker.ingest.attributes import allowed_attributes
from worker.ingest.calibration import calibrate
from worker.ingest.codestream import ENCAPSULATED, check_codestream
from worker.ingest.errors import (
    DecodeError,
    DecodeLimits,
    damaged,
    truncated,
    unsupported_pixels,
)
from worker.ingest.greyscale import colour_to_8_bits, monochrome_to_8_bits, palette_to_rgb
from worker.ingest.raster import drop_equal_channels
from worker.ingest.sniff import refuse_appended_zip
from worker.pipeline.frame import Frame

# pydicom logs and warns with values of the file, names of patients among them.
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"pydicom\.")
config.settings.reading_validation_mode = config.IGNORE

_NATIVE = frozenset(
    {
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    }
)
_MPEG_PREFIX = "1.2.840.10008.1.2.4.10"
_LONG_LENGTH_VR = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT"})
_META_BEGIN = 132
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_PALETTE = "PALETTE COLOR"


@dataclass(frozen=True, slots=True)
class DicomContent:
    """What is taken out of a file; see `worker.ingest.decode.Decoded`."""

    frame: Frame
    attributes: dict[str, Any]
    patient_id: str | None = field(repr=False)
    study_id: str | None = field(repr=False)


def read(data: bytes, limits: DecodeLimits) -> DicomContent:
    """Decode a Part 10 file of one frame.

    Raises:
        DecodeError: it holds no picture, several frames, or one that cannot be decoded.
    """
    refuse_appended_zip(data)
    syntax, body = _transfer_syntax(data)
    _check_syntax(syntax)
    if syntax == DeflatedExplicitVRLittleEndian:
        _check_inflated_size(data[body:], limits)
    dataset = dcmread(io.BytesIO(data))
    rows, columns, samples = _check_image(dataset, limits)
    _check_pixel_data(dataset, syntax, rows, columns, samples)
    pixels = drop_equal_channels(_pixels(dataset, syntax))
    if pixels.shape[:2] != (rows, columns):
        raise damaged()
    region, spacing = calibrate(dataset, rows, columns)
    return DicomContent(
        Frame(pixels, spacing, region),
        allowed_attributes(dataset),
        _identifier(dataset, "PatientID"),
        _identifier(dataset, "StudyInstanceUID"),
    )


def _transfer_syntax(data: bytes) -> tuple[UID, int]:
    """Transfer syntax and where the data set begins, of the file meta information (PS3.10 7.1).

    pydicom inflates a deflated data set while it opens the file, so this has to be known before.
    """
    at = _META_BEGIN
    syntax = ""
    try:
        while data[at : at + 2] == b"\x02\x00":
            (element,) = struct.unpack_from("<H", data, at + 2)
            vr = data[at + 4 : at + 6]
            if vr in _LONG_LENGTH_VR:
                (length,) = struct.unpack_from("<I", data, at + 8)
                begin = at + 12
            else:
                (length,) = struct.unpack_from("<H", data, at + 6)
                begin = at + 8
            at = begin + length
            if at > len(data):
                raise truncated()
            if element == 0x0010:
                syntax = data[begin:at].decode("ascii", "replace").strip("\0 ")
    except struct.error:
        raise truncated() from None
    if not syntax:
        raise damaged()
    return UID(syntax), at


def _check_syntax(syntax: UID) -> None:
    if syntax in _NATIVE or syntax in ENCAPSULATED:
        return
    if syntax.startswith(_MPEG_PREFIX):
        raise DecodeError(
            "video",
            "Video",
            "The DICOM file holds a video; export the frame of interest as its own file.",
            422,
        )
    raise DecodeError(
        "unsupported-transfer-syntax",
        "Unsupported transfer syntax",
        "The DICOM file's compression is not supported; export it uncompressed "
        "(Explicit VR Little Endian).",
        415,
    )


def _check_inflated_size(deflated: bytes, limits: DecodeLimits) -> None:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflater.decompress(deflated, limits.max_bytes)
    if not inflater.eof:
        if inflater.unconsumed_tail:
            raise DecodeError(
                "file-too-large",
                "File too large",
                f"The DICOM file inflates to more than {limits.max_bytes:,} bytes; "
                "send a smaller image.",
                413,
            )
        raise truncated()


def _check_image(dataset: Dataset, limits: DecodeLimits) -> tuple[int, int, int]:
    """Rows, columns and samples per pixel, checked with all else that pixels depend on."""
    if "PixelData" not in dataset:
        if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
            raise unsupported_pixels("floating-point pixels")
        raise DecodeError(
            "no-pixels",
            "No pixels",
            "The DICOM file holds no image; send one of an image storage class.",
            422,
        )
    frames = _integer(dataset, "NumberOfFrames", 1)
    if frames > 1:
        raise DecodeError(
            "several-frames",
            "Several frames",
            f"The DICOM file holds {frames} frames; export the frame of interest as its own file.",
            422,
        )
    rows, columns = _integer(dataset, "Rows", 0), _integer(dataset, "Columns", 0)
    limits.check_size(rows, columns)
    samples = _integer(dataset, "SamplesPerPixel", 1)
    photometric = str(dataset.get("PhotometricInterpretation", ""))
    if photometric not in (*_MONOCHROME, *_COLOUR, _PALETTE):
        raise unsupported_pixels("this photometric interpretation")
    if samples != (3 if photometric in _COLOUR else 1):
        raise damaged()
    allocated, stored = _integer(dataset, "BitsAllocated", 0), _integer(dataset, "BitsStored", 0)
    if allocated not in (8, 16):
        raise unsupported_pixels(f"{allocated} bits allocated")
    if not 1 <= stored <= allocated or _integer(dataset, "PixelRepresentation", 0) not in (0, 1):
        raise damaged()
    return rows, columns, samples


def _check_pixel_data(dataset: Dataset, syntax: UID, rows: int, columns: int, samples: int) -> None:
    if syntax in ENCAPSULATED:
        stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
        check_codestream(stream, syntax, rows, columns, samples)
    elif len(dataset.PixelData) < get_expected_length(dataset):
        raise truncated()


def _pixels(dataset: Dataset, syntax: UID) -> NDArray[np.uint8]:
    """The picture as uint8 [H,W] or [H,W,3]."""
    # One decoder for each syntax: with whatever else is installed, pixels would depend on that.
    plugin = "pylibjpeg" if syntax in ENCAPSULATED else ""
    try:
        stored = pixel_array(dataset, decoding_plugin=plugin)
    except RuntimeError:  # raised when the plugin failed, whatever its reason
        raise damaged() from None
    photometric = dataset.PhotometricInterpretation
    if photometric == _PALETTE:
        return palette_to_rgb(stored, dataset)
    if photometric in _COLOUR:
        return colour_to_8_bits(stored, dataset)
    return monochrome_to_8_bits(stored, dataset)


def _integer(dataset: Dataset, keyword: str, default: int) -> int:
    value = dataset.get(keyword)
    return default if value is None else int(value)


def _identifier(dataset: Dataset, keyword: str) -> str | None:
    value = str(dataset.get(keyword) or "").strip("\0 ")
    return value or None
