"""Valid files of every accepted format and coding, as seeds for fuzzing."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from tests.cines import cine_dataset, cine_dicom, cine_video_dicom, video
from tests.synthetic import (
    dicom_bytes,
    jpeg_baseline_dataset,
    jpeg_bytes,
    pillow_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)

CINES = ("cine", "video")
"""Prefixes of the names of files with several frames."""
GREY = ultrasound(40, 48, seed=5).pixels
COLOUR = ultrasound(40, 48, seed=5, color=True).pixels
DEEP = GREY.astype(np.uint16) * 16
"""Twelve bits in sixteen."""


def seeds() -> dict[str, bytes]:
    """Files of 40 by 48 px, by kind."""
    return {**rasters(), **dicoms(), **cines()}


def rasters() -> dict[str, bytes]:
    """PNG, JPEG, TIFF, BMP and WebP."""
    alpha = np.dstack([COLOUR, GREY])
    palette = Image.fromarray(COLOUR).quantize(16)
    return {
        "png": png_bytes(COLOUR),
        "png grey": png_bytes(GREY),
        "png 16": pillow_bytes(DEEP, "PNG"),
        "png alpha": pillow_bytes(alpha, "PNG"),
        "png palette": _saved(palette, "PNG", transparency=0),
        "jpeg": jpeg_bytes(COLOUR),
        "jpeg grey progressive": jpeg_bytes(GREY, progressive=True),
        "jpeg restart": jpeg_bytes(COLOUR, restart_marker_rows=1),
        "jpeg cmyk": _saved(Image.fromarray(COLOUR).convert("CMYK"), "JPEG"),
        "tiff": pillow_bytes(COLOUR, "TIFF"),
        "tiff 16": pillow_bytes(DEEP, "TIFF"),
        "tiff palette": _saved(palette, "TIFF"),
        **{
            f"tiff {name}": pillow_bytes(GREY, "TIFF", compression=name)
            for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
        },
        "bmp": pillow_bytes(COLOUR, "BMP"),
        "bmp palette": _saved(palette, "BMP"),
        "webp": pillow_bytes(COLOUR, "WEBP"),
        "webp lossless": pillow_bytes(GREY, "WEBP", lossless=True),
        "webp alpha": pillow_bytes(alpha, "WEBP"),
    }


def dicoms() -> dict[str, bytes]:
    """Part 10 files: native, deflated, RLE, JPEG, JPEG 2000; palettes, windows, 16 bits."""
    region = ultrasound_region((2, 3, 30, 40))
    deflated = ultrasound_dataset(GREY, [region])
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    implicit = ultrasound_dataset(COLOUR, [region])
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return {
        "dicom": dicom_bytes(ultrasound_dataset(GREY, [region])),
        "dicom big endian": dicom_bytes(ultrasound_dataset(GREY, [region]), big_endian=True),
        "dicom implicit": dicom_bytes(implicit),
        "dicom deflated": dicom_bytes(deflated),
        "dicom window": dicom_bytes(_deep(WindowCenter=1000, WindowWidth=900)),
        "dicom signed": dicom_bytes(_deep(PixelRepresentation=1, RescaleIntercept=-100)),
        "dicom luts": dicom_bytes(_luts()),
        "dicom palette": dicom_bytes(_palette()),
        "dicom jpeg": dicom_bytes(jpeg_baseline_dataset(COLOUR)),
        "dicom jpeg grey": dicom_bytes(jpeg_baseline_dataset(GREY)),
        "dicom rle": dicom_bytes(compressed(ultrasound_dataset(COLOUR, [region]), RLELossless)),
        "dicom rle 16": dicom_bytes(compressed(_deep(), RLELossless)),
        "dicom jpeg 2000": dicom_bytes(compressed(ultrasound_dataset(COLOUR), JPEG2000Lossless)),
        "dicom jpeg 2000 16": dicom_bytes(compressed(_deep(), JPEG2000Lossless)),
        "dicom jp2": dicom_bytes(_in_jp2(compressed(ultrasound_dataset(GREY), JPEG2000Lossless))),
    }


def cines() -> dict[str, bytes]:
    """Multi-frame DICOM, video in DICOM, and video, of four frames of 48 by 64 px."""
    frames = np.stack([ultrasound(48, 64, seed=seed).pixels for seed in range(4)])
    colour = np.repeat(frames[..., None], 3, axis=3)
    return {
        "cine": cine_dicom(frames),
        "cine jpeg": cine_dicom(frames, "jpeg"),
        "cine rle": cine_dicom(frames, "rle"),
        "cine jpeg 2000": dicom_bytes(compressed(cine_dataset(colour), JPEG2000Lossless)),
        "cine h264": cine_video_dicom(frames),
        "video mp4": video(frames),
        "video mov": video(frames, "mov"),
        "video avi": video(frames, "avi", "mjpeg"),
        "video mpeg": video(frames, "mpeg", "mpeg2video"),
    }


def compressed(dataset: Dataset, syntax: UID) -> Dataset:
    """The data set with its pixels in another coding."""
    read = dcmread(io.BytesIO(dicom_bytes(dataset)))
    read.compress(syntax, generate_instance_uid=False)
    return read


def jp2(codestream: bytes, last_length: int | None = None) -> bytes:
    """A JPEG 2000 codestream in the boxes of a JP2 file (ISO 15444-1 annex I).

    Args:
        codestream: starts with SOC.
        last_length: the length that the codestream's box states; 0 is "to the end".
    """
    height, width = GREY.shape
    header = _box(b"ihdr", struct.pack(">IIHBBBB", height, width, 1, 7, 7, 0, 0))
    header += _box(b"colr", struct.pack(">BBBI", 1, 0, 0, 17))
    length = len(codestream) + 8 if last_length is None else last_length
    return (
        _box(b"jP  ", b"\r\n\x87\n")
        + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
        + _box(b"jp2h", header)
        + struct.pack(">I4s", length, b"jp2c")
        + codestream
    )


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _in_jp2(dataset: Dataset) -> Dataset:
    stream = jp2(get_frame(dataset.PixelData, 0, number_of_frames=1))
    dataset.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    return dataset


def _deep(**attributes: Any) -> Dataset:
    dataset = ultrasound_dataset(GREY)
    dataset.PixelData = DEEP.tobytes()
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _luts() -> Dataset:
    dataset = _deep()
    for keyword in ("ModalityLUTSequence", "VOILUTSequence"):
        item = Dataset()
        item.LUTDescriptor = [256, 0, 16]
        item.LUTData = (np.arange(256, dtype="<u2") * 255).tobytes()
        if keyword == "ModalityLUTSequence":
            item.ModalityLUTType = "US"
        setattr(dataset, keyword, [item])
    return dataset


def _palette() -> Dataset:
    dataset = ultrasound_dataset(GREY)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    table = np.arange(256, dtype="<u2") * 257
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", table.tobytes())
    return dataset


def _saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()
