"""The type of a file from its first bytes; its name and content type are never trusted."""

from __future__ import annotations

import re
from typing import Literal

from worker.ingest.errors import DecodeError, trailing_data
from worker.ingest.part10 import is_bare_dicom

Format = Literal["png", "jpeg", "tiff", "bmp", "webp", "dicom", "video"]

_SUPPORTED = "send PNG, JPEG, TIFF, BMP, WebP, DICOM, or a video in MP4, MOV or AVI"

_TAKEN: tuple[tuple[Format, bytes], ...] = (
    ("png", rb"\x89PNG\r\n\x1a\n"),
    ("jpeg", rb"\xff\xd8\xff"),
    ("tiff", rb"II\*\x00|MM\x00\*"),
    ("bmp", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00"),
    ("webp", rb"RIFF.{4}WEBP"),
    (
        "video",
        rb".{4}ftyp(?!heic|heix|hevc|mif1|msf1|avif|avis)|.{4}(?:moov|mdat|wide)|RIFF.{4}AVI ",
    ),
)

_REFUSED: tuple[tuple[str, str, bytes], ...] = (
    ("archive", "an archive", rb"PK(\x03\x04|\x05\x06|\x07\x08)|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07"),
    ("compressed-file", "a compressed file", rb"\x1f\x8b|BZh[1-9]|\xfd7zXZ\x00|\x28\xb5\x2f\xfd"),
    ("pdf", "a PDF document", rb"%PDF-"),
    ("gif", "a GIF image", rb"GIF8[79]a"),
    ("jpeg-2000", "a JPEG 2000 image", rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"),
    ("heif", "a HEIF or AVIF image", rb".{4}ftyp(heic|heix|hevc|mif1|msf1|avif|avis)"),
    ("video", "a video", rb".{4}ftyp|RIFF.{4}AVI |\x1aE\xdf\xa3|\x00\x00\x01[\xb3\xba]"),
    ("big-tiff", "a BigTIFF image", rb"II\+\x00|MM\x00\+"),
    ("executable", "a program", rb"MZ|\x7fELF|#!|\xcf\xfa\xed\xfe"),
)

# Possessive: text matched as a comment is never tried as anything else, so time stays linear.
_TEXT_BEGIN = rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:(?><!--.*?-->)\s*+)*+"
_SVG = re.compile(rb"(?is)" + _TEXT_BEGIN + rb"(?:<!DOCTYPE\s++svg[^>]*+>\s*+)?+<svg[\s>/]")
_HTML = re.compile(rb"(?is)" + _TEXT_BEGIN + rb"<(?:!DOCTYPE\s++html|html|head|body|script)[\s>]")

_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22


def sniff(data: bytes, content_type: str | None = None) -> Format:
    """Return the format of a file.

    Args:
        data: the file.
        content_type: the sender's statement; it only affects the wording of the error.

    Raises:
        DecodeError: `empty-file`, or a code for what it is instead of an image.
    """
    if not data:
        raise DecodeError("empty-file", "Empty file", "The file is empty; send it again.", 400)
    if data[128:132] == b"DICM":
        return _part10(data)
    for taken, magic in _TAKEN:
        if re.match(magic, data[:32], re.DOTALL):
            return taken
    if is_bare_dicom(data):
        return "dicom"
    raise _refusal(data, content_type)


def _part10(data: bytes) -> Format:
    """DICOM, unless its free 128 bytes also make it a program or an archive."""
    # PS3.10 7.1 allows any preamble, for TIFF readers; "PE/DICOM" files abuse that.
    for _, _, magic in _REFUSED:
        if re.match(magic, data[:32], re.DOTALL):
            raise trailing_data()
    return "dicom"


def _refusal(data: bytes, content_type: str | None) -> DecodeError:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    found: tuple[str, str] | None = None
    if _SVG.match(head):
        found = ("svg", "an SVG drawing")
    elif _HTML.match(head):
        found = ("html", "a web page")
    else:
        for code, name, magic in _REFUSED:
            if re.match(magic, head[:32], re.DOTALL):
                found = (code, name)
                break
    if found:
        detail = f"The file is {found[1]}; {_SUPPORTED}."
        return DecodeError(f"unsupported-{found[0]}", "Unsupported format", detail, 415)
    if content_type == "application/dicom":
        detail = "The file has no DICOM Part 10 header; export it as a Part 10 file (.dcm)."
        return DecodeError("no-dicom-header", "No DICOM header", detail, 415)
    detail = f"The format of the file is not supported; {_SUPPORTED}."
    return DecodeError("unsupported-format", "Unsupported format", detail, 415)


def refuse_appended_zip(data: bytes) -> None:
    """Refuse a file that a zip reader would open; needed for formats without an end mark.

    A zip file is found by its end-of-central-directory record, whose comment ends the file.

    Raises:
        DecodeError: `trailing-data`.
    """
    begin = max(0, len(data) - _ZIP_END_SIZE - 0xFFFF)
    at = data.rfind(_ZIP_END, begin)
    while at >= 0:
        if at + _ZIP_END_SIZE <= len(data):
            comment = int.from_bytes(data[at + 20 : at + 22], "little")
            if at + _ZIP_END_SIZE + comment == len(data):
                raise trailing_data()
        at = data.rfind(_ZIP_END, begin, at)
