"""DICOM files with every pixel encoding that the project reads."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from openjpeg.utils import encode_array
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from bench.decoders.cases import Case
from bench.decoders.dicom_contents import COLOUR, GREY, contents, tables
from bench.decoders.peers import run
from tests.synthetic import ultrasound_dataset

NATIVE = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}


def part_10(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Write the data set as a file, with native pixels in the syntax's byte order."""
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    if syntax == ExplicitVRBigEndian:
        swap_tables(dataset)
        if dataset.BitsAllocated == 16:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
            dataset["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    dataset.save_as(
        buffer,
        enforce_file_format=True,
        little_endian=syntax != ExplicitVRBigEndian,
        implicit_vr=syntax == ImplicitVRLittleEndian,
    )
    return buffer.getvalue()


def swap_tables(dataset: Dataset) -> None:
    """Swap palettes for the words of a big-endian file."""
    for name in ("Red", "Green", "Blue"):
        keyword = f"{name}PaletteColorLookupTableData"
        if keyword in dataset:
            data = np.frombuffer(dataset[keyword].value, "<u2").astype(">u2")
            dataset[keyword].value = data.tobytes()


def compressed(dataset: Dataset, stream: bytes, syntax: str, **attributes: Any) -> bytes:
    """Make a file with `stream` as its only frame."""
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


ENCODERS = {
    "JPEG lossless SV1, DCMTK": ("dcmcjpeg", "+e1"),
    "JPEG lossless, DCMTK": ("dcmcjpeg", "+el"),
    "JPEG lossless, GDCM": ("gdcmconv", "--jpeg"),
    "JPEG-LS, DCMTK": ("dcmcjpls", "+el"),
    "JPEG-LS, GDCM": ("gdcmconv", "--jpegls"),
    "RLE, DCMTK": ("dcmcrle",),
    "RLE, GDCM": ("gdcmconv", "--rle"),
    "JPEG 2000, GDCM": ("gdcmconv", "--j2k"),
}
LOSSY = {
    "JPEG baseline, DCMTK": ("dcmcjpeg", "+eb", "+sr", "+q", "97"),
    "JPEG baseline RGB, DCMTK": ("dcmcjpeg", "+eb", "+sr", "+cr", "+q", "97"),
    "JPEG baseline 4:2:0, DCMTK": ("dcmcjpeg", "+eb", "+sr", "+n1", "+q", "97"),
    "JPEG extended, DCMTK": ("dcmcjpeg", "+ee", "+sr", "+q", "97"),
    "JPEG progressive, DCMTK": ("dcmcjpeg", "+ep", "+sr", "+q", "97"),
    "JPEG baseline, GDCM": ("gdcmconv", "--jpeg", "--lossy", "-q", "97"),
    "JPEG-LS near-lossless, DCMTK": ("dcmcjpls", "+en", "+md", "2"),
    "JPEG 2000 lossy, GDCM": ("gdcmconv", "--j2k", "--lossy", "-r", "3"),
}


def by_programs(folder: Path) -> Iterator[Case]:
    """Files compressed by DCMTK and GDCM, without those that they refuse."""
    source, target = folder / "source.dicom", folder / "target.dicom"
    kinds = (
        "grey 8",
        "white at zero",
        "grey 12",
        "grey 16",
        "signed 16",
        "8 in 16 without a window",
        "RGB",
        "YBR_FULL",
        "palette, 16-bit entries",
    )
    for content in contents():
        if content.name not in kinds:
            continue
        source.write_bytes(part_10(content.dataset()))
        for lossy, encoders in ((False, ENCODERS), (True, LOSSY)):
            if lossy and content.name not in ("grey 8", "grey 12", "RGB", "white at zero"):
                continue
            for name, command in encoders.items():
                target.unlink(missing_ok=True)
                if run(*command, source, target) and target.exists():
                    # GDCM states 16 bits in a stream that its libjpeg encodes with 12.
                    sixteen = content.name == "grey 12" and name == "JPEG baseline, GDCM"
                    yield Case(
                        f"dicom {content.name}, {name}",
                        target.read_bytes(),
                        None if sixteen else content.picture,
                        lossy,
                        "unsupported-pixel-format" if sixteen else None,
                        content.options,
                    )


def rle(planes: list[bytes], spare: bytes) -> bytes:
    """PackBits with only literal runs, and spare bytes after each segment."""
    segments = []
    for plane in planes:
        chunks = (plane[at : at + 128] for at in range(0, len(plane), 128))
        segments.append(b"".join(bytes([len(c) - 1]) + c for c in chunks) + spare)
    offsets = np.cumsum([64, *map(len, segments)])[:-1].tolist()
    header = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments)))
    return header + b"".join(segments)


def jpeg(transform: int | None, ybr: bool, ids: bytes, jfif: bool, subsampling: int) -> bytes:
    """Encode the colours as JPEG with exactly these statements about its components."""
    buffer = io.BytesIO()
    options: dict[str, Any] = {"subsampling": subsampling} if ybr else {"keep_rgb": True}
    Image.fromarray(COLOUR).save(buffer, "JPEG", quality=95, **options)
    data = buffer.getvalue()
    at, parts = 2, [data[:2]]
    if jfif:
        parts.append(b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    if transform is not None:
        parts.append(b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]))
    while True:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segment = bytearray(data[at:end])
        if segment[1] == 0xC0:
            segment[10::3] = ids
        if segment[1] == 0xDA:
            segment[5:11:2] = ids
        if not 0xE0 <= segment[1] <= 0xEF:
            parts.append(bytes(segment))
        at = end
        if segment[1] == 0xDA:
            return b"".join([*parts, data[end:]])


def colours_of_jpeg() -> Iterator[Case]:
    """JPEG streams that state their colours in every way, under each photometric interpretation."""
    numbered, named, from_zero = b"\1\2\3", b"RGB", b"\0\1\2"
    for what, transform, ybr, ids, jfif, sampling in (
        ("YCbCr, ids 1-3", None, True, numbered, False, 0),
        ("YCbCr, JFIF", None, True, numbered, True, 0),
        ("YCbCr, JFIF, 4:2:2", None, True, numbered, True, 1),
        ("YCbCr, JFIF, 4:2:0", None, True, numbered, True, 2),
        ("YCbCr, Adobe", 1, True, from_zero, False, 0),
        ("YCbCr, 4:2:2 alone", None, True, from_zero, False, 1),
        ("RGB, Adobe", 0, False, numbered, False, 0),
        ("RGB, ids RGB", None, False, named, False, 0),
    ):
        for tag in ("RGB", "YBR_FULL", "YBR_FULL_422"):
            dataset = ultrasound_dataset(COLOUR, PhotometricInterpretation=tag)
            stream = jpeg(transform, ybr, ids, jfif, sampling)
            data = compressed(dataset, stream, JPEGBaseline8Bit)
            yield Case(f"dicom JPEG {what}, tag {tag}", data, COLOUR, lossy=True)


def by_our_tools() -> Iterator[Case]:
    """JPEG 2000, RLE and the containers around them."""
    for content in contents():
        name, dataset = content.name, content.dataset()
        if content.values.ndim == 2 and name not in ("grey 12, high bit 15", "signed 12"):
            bits = 16 if "overlay" in name else dataset.BitsStored
            stream = encode_array(content.values, bits_stored=bits)
            data = compressed(dataset, stream, JPEG2000Lossless)
            yield Case(f"dicom {name}, JPEG 2000", data, content.picture, options=content.options)
        elif name == "RGB":
            for mct in (True, False):
                for tag in ("RGB", "YBR_RCT"):
                    stream = encode_array(COLOUR, use_mct=mct, photometric_interpretation=1)
                    data = compressed(
                        content.dataset(), stream, JPEG2000Lossless, PhotometricInterpretation=tag
                    )
                    transform = "with" if mct else "without"
                    yield Case(f"dicom JPEG 2000 {transform} transform, tag {tag}", data, COLOUR)
            stream = encode_array(COLOUR, photometric_interpretation=1, compression_ratios=[4])
            data = compressed(
                content.dataset(), stream, JPEG2000, PhotometricInterpretation="YBR_ICT"
            )
            yield Case("dicom JPEG 2000 irreversible", data, COLOUR, lossy=True)
            wrapped = encode_array(COLOUR, photometric_interpretation=1, codec_format=1)
            data = compressed(
                content.dataset(), wrapped, JPEG2000Lossless, PhotometricInterpretation="YBR_RCT"
            )
            yield Case("dicom JPEG 2000 in JP2", data, COLOUR)
    for spare in (b"", b"\0\0", b"\x80\x80", b"\0" * 64):
        planes = [COLOUR[..., channel].tobytes() for channel in range(3)]
        data = compressed(ultrasound_dataset(COLOUR), rle(planes, spare), RLELossless)
        yield Case(f"dicom RLE with {len(spare)} spare bytes {spare[:1].hex()}", data, COLOUR)
    plain = part_10(ultrasound_dataset(GREY))
    yield Case("dicom without the preamble", plain[132:], GREY)
    bare = dcmread(io.BytesIO(plain))
    del bare.file_meta
    for implicit in (False, True):
        buffer = io.BytesIO()
        bare.save_as(buffer, implicit_vr=implicit, little_endian=True)
        kind = "implicit" if implicit else "explicit"
        yield Case(f"dicom without any header, {kind}", buffer.getvalue(), GREY)
    for length in (len(plain) - 200, len(plain) // 2):
        yield Case(f"dicom cut at {length}", plain[:length], code="truncated-file")


def native() -> Iterator[Case]:
    """Each kind of pixels, uncompressed, in each encoding of a data set."""
    for content in contents():
        for name, syntax in NATIVE.items():
            if syntax == ExplicitVRBigEndian and "8-bit entries" in content.name:
                continue
            yield Case(
                f"dicom {content.name}, {name}",
                part_10(content.dataset(), syntax),
                content.picture,
                options=content.options,
            )


def shown_by_tables() -> Iterator[Case]:
    """Lookup tables and windows."""
    for content in tables():
        data = part_10(content.dataset())
        yield Case(f"dicom {content.name}", data, content.picture, options=content.options)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from native()
    yield from shown_by_tables()
    yield from colours_of_jpeg()
    yield from by_our_tools()
    with tempfile.TemporaryDirectory() as folder:
        yield from by_programs(Path(folder))
