"""Single-frame DICOM files: pydicom reads the data set, other modules here read the pixels."""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from worker.ingest.attributes import ASPECT, NOT_SQUARE, NOTES, allowed_attributes, uneven
from worker.ingest.calibration import Calibration, calibrate
from worker.ingest.codestream import ENCAPSULATED
from worker.ingest.errors import (
    DecodeError,
    DecodeLimits,
    damaged,
    truncated,
    unsupported_pixels,
)
from worker.ingest.greyscale import colour_to_8_bits, monochrome_to_8_bits
from worker.ingest.palette import palette_to_rgb
from worker.ingest.part10 import is_cut, transfer_syntax
from worker.ingest.raster import drop_equal_channels
from worker.ingest.reference import source_reference
from worker.ingest.retained import characteristics, true_dates
from worker.ingest.samples import Layout, Samples, stored_samples
from worker.ingest.sniff import refuse_appended_zip
from worker.pipeline.frame import Frame

# pydicom puts values of the file, including patients' names, into logs and warnings.
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
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_ICT", "YBR_RCT")
_PALETTE = "PALETTE COLOR"
_VIDEO_COLOUR = "YBR_PARTIAL_420"


@dataclass(frozen=True, slots=True)
class DicomContent:
    """The content of a file; see `worker.ingest.decode.Decoded`."""

    frame: Frame
    attributes: dict[str, Any]
    patient_id: str | None = field(repr=False)
    study_id: str | None = field(repr=False)
    series_id: str | None = field(repr=False)
    reference: dict[str, Any] = field(repr=False)
    instance_id: str | None = field(repr=False)
    regions: tuple[dict[str, Any], ...]
    characteristics: dict[str, Any] = field(repr=False)
    dates: dict[str, str] = field(repr=False)


def read(data: bytes, limits: DecodeLimits) -> DicomContent:
    """Decode a file of one frame.

    Raises:
        DecodeError: it contains no picture, several frames, or a frame that cannot be decoded.
    """
    dataset, syntax, layout = open_dataset(data, limits)
    notes: list[str] = []
    samples = stored_samples(dataset, syntax, layout)
    big_endian = syntax == ExplicitVRBigEndian
    pixels = drop_equal_channels(picture_of(samples, dataset, big_endian, notes))
    known = calibrate(dataset, layout.rows, layout.columns, notes)
    return content_of(dataset, syntax, pixels, known, notes)


def open_dataset(
    data: bytes, limits: DecodeLimits, *, several: bool = False
) -> tuple[Dataset, UID, Layout]:
    """Return a file's data set, transfer syntax and pixel layout, all checked.

    Args:
        several: also accept files of several frames, and videos.

    Raises:
        DecodeError: the file is damaged, or contains no picture that can be decoded.
    """
    refuse_appended_zip(data)
    syntax, body = transfer_syntax(data)
    _check_syntax(syntax, several=several)
    deflated = syntax == DeflatedExplicitVRLittleEndian
    if deflated:
        _check_inflated_size(data[body:], limits)
    dataset = dcmread(io.BytesIO(data), force=True)
    if "PixelData" not in dataset and not deflated and is_cut(data, body, syntax):
        raise truncated()  # pixels come last, and nothing is left of a truncated element
    return dataset, syntax, _check_image(dataset, limits, several=several)


def content_of(
    dataset: Dataset,
    syntax: UID,
    pixels: NDArray[np.uint8],
    known: Calibration,
    notes: list[str],
    aspect: list[float] | None = None,
) -> DicomContent:
    """Return the content that is kept of a data set.

    Args:
        pixels: pixels of its picture; for a cine, of any frame.
        known: the regions and their spacing.
        notes: remarks on implausible values that were ignored.
        aspect: of a video whose pixels are not square.
    """
    attributes = allowed_attributes(dataset)
    stated = dataset.get("PixelAspectRatio")
    if aspect is None and isinstance(stated, MultiValue) and len(stated) == 2:
        aspect = uneven(*stated)
    if aspect is not None and not _has_lengths(known):
        attributes[ASPECT] = aspect
        notes.append(NOT_SQUARE)
    if notes:
        attributes[NOTES] = list(dict.fromkeys(notes))
    return DicomContent(
        Frame(pixels, known.spacing, known.area, known.scales, known.unmeasured),
        attributes,
        _identifier(dataset, "PatientID"),
        _identifier(dataset, "StudyInstanceUID"),
        _identifier(dataset, "SeriesInstanceUID"),
        source_reference(dataset, syntax, *pixels.shape[:2]),
        _identifier(dataset, "SOPInstanceUID"),
        tuple(region.to_json() for region in known.regions),
        characteristics(dataset),
        true_dates(dataset),
    )


def _has_lengths(known: Calibration) -> bool:
    """Whether every part that shows the body has a spacing, so that nobody measures one by hand."""
    if known.scales:
        return all(scale.spacing is not None for scale in known.scales)
    return known.spacing is not None


def _check_syntax(syntax: UID, *, several: bool) -> None:
    if syntax in _NATIVE or syntax in ENCAPSULATED:
        return
    if several and syntax.startswith(_MPEG_PREFIX):
        return
    if syntax.startswith(_MPEG_PREFIX):
        raise DecodeError(
            "video",
            "Video",
            "The DICOM file holds a video, and a video is only read to be stored: send it with "
            "`store=true`, or export the frame of interest as its own file.",
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


def _check_image(dataset: Dataset, limits: DecodeLimits, *, several: bool) -> Layout:
    """Return the pixel layout, checked with everything else that the pixels depend on."""
    if not dataset.get("PixelData"):
        raise _without_pixels(dataset)
    frames = _integer(dataset, "NumberOfFrames", 1)
    if frames > 1 and not several:
        raise DecodeError(
            "several-frames",
            "Several frames",
            f"The DICOM file holds {frames} frames, and more than one are only read to be stored: "
            "send it with `store=true`, or export the frame of interest as its own file.",
            422,
        )
    rows, columns = _integer(dataset, "Rows", 0), _integer(dataset, "Columns", 0)
    limits.check_size(rows, columns)
    samples = _integer(dataset, "SamplesPerPixel", 1)
    photometric = str(dataset.get("PhotometricInterpretation", "")).strip("\0 ")
    if several and photometric == _VIDEO_COLOUR:  # its decoder converts colours
        photometric = "RGB"
    if photometric not in (*_MONOCHROME, *_COLOUR, _PALETTE):
        raise unsupported_pixels("this photometric interpretation")
    if samples != (3 if photometric in _COLOUR else 1):
        raise damaged()
    allocated, stored = _integer(dataset, "BitsAllocated", 0), _integer(dataset, "BitsStored", 0)
    if allocated not in (8, 16):
        raise unsupported_pixels(f"{allocated} bits allocated")
    sign = _integer(dataset, "PixelRepresentation", 0)
    if not 1 <= stored <= allocated or sign not in (0, 1):
        raise damaged()
    high = _integer(dataset, "HighBit", stored - 1)
    if not stored - 1 <= high < allocated:
        high = stored - 1
    planar = _integer(dataset, "PlanarConfiguration", 0) == 1
    # Only grey values and palette indices may be signed.
    signed = sign == 1 and samples == 1
    return Layout(rows, columns, samples, allocated, stored, high, signed, planar, photometric)


def _without_pixels(dataset: Dataset) -> DecodeError:
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        return unsupported_pixels("floating-point pixels")
    return DecodeError(
        "no-pixels",
        "No pixels",
        "The DICOM file holds no image; send one of an image storage class.",
        422,
    )


def picture_of(
    samples: Samples, dataset: Dataset, big_endian: bool, notes: list[str]
) -> NDArray[np.uint8]:
    """The picture as uint8 [H,W] or [H,W,3]."""
    if samples.photometric == _PALETTE:
        return palette_to_rgb(samples, dataset, big_endian)
    if samples.photometric in _MONOCHROME:
        return monochrome_to_8_bits(samples, dataset, big_endian, notes)
    return colour_to_8_bits(samples)


def _integer(dataset: Dataset, keyword: str, default: int) -> int:
    value = dataset.get(keyword)
    return default if value is None else int(value)


def _identifier(dataset: Dataset, keyword: str) -> str | None:
    value = str(dataset.get(keyword) or "").strip("\0 ")
    return value or None
