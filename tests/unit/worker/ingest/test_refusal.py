"""A file that is not a single still image within the limits is refused with a code, before pixels
are allocated."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.synthetic import (
    dicom_bytes,
    jpeg_bytes,
    pillow_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
)
from worker.ingest import DecodeError, DecodeLimits, decode

LIMITS = DecodeLimits()
PICTURE = ultrasound(96, 128, seed=2).pixels
PNG = png_bytes(PICTURE)
JPEG = jpeg_bytes(PICTURE)
ENCODED = {
    "PNG": PNG,
    "JPEG": JPEG,
    "TIFF": pillow_bytes(PICTURE, "TIFF"),
    "BMP": pillow_bytes(PICTURE, "BMP"),
    "WebP": pillow_bytes(PICTURE, "WEBP", lossless=True),
    "DICOM": dicom_bytes(ultrasound_dataset(PICTURE)),
}


def refusal(data: bytes, limits: DecodeLimits = LIMITS, content_type: str | None = None) -> str:
    """Return the code of the refusal, after checking its sentence and status."""
    with pytest.raises(DecodeError) as caught:
        decode(data, limits, content_type)
    error = caught.value
    assert 400 <= error.status < 500
    assert error.title
    assert error.detail.endswith(".")
    return error.code


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.txt", "text")
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def frames(name: str) -> bytes:
    images = [Image.fromarray(np.roll(PICTURE, 9 * i)) for i in range(3)]
    buffer = io.BytesIO()
    images[0].save(buffer, name, save_all=True, append_images=images[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        (b"", "empty-file", 400),
        (archive(), "unsupported-archive", 415),
        (gzip.compress(PNG), "unsupported-compressed-file", 415),
        (b"%PDF-1.7\n", "unsupported-pdf", 415),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported-svg", 415),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<svg/>', "unsupported-svg", 415),
        (b"<!DOCTYPE html><html></html>", "unsupported-html", 415),
        (frames("GIF"), "unsupported-gif", 415),
        (b"\x00\x00\x00\x18ftypmp42" + b"\0" * 40, "video", 422),
        (b"\x00\x00\x00\x18ftypheic" + b"\0" * 40, "unsupported-heif", 415),
        (b"MZ" + b"\0" * 200, "unsupported-executable", 415),
        (b"hello", "unsupported-format", 415),
        (b"\0" * 1000, "unsupported-format", 415),
        (frames("PNG"), "animated-image", 422),
        (frames("WEBP"), "animated-image", 422),
        (frames("TIFF"), "several-pages", 422),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_are_named(data: bytes, code: str, status: int) -> None:
    assert refusal(data) == code
    with pytest.raises(DecodeError) as caught:
        decode(data, LIMITS)
    assert caught.value.status == status


def test_the_content_type_is_not_believed() -> None:
    assert decode(PNG, LIMITS, "application/dicom").format == "png"
    assert refusal(b"hello", content_type="image/png") == "unsupported-format"
    assert refusal(b"hello", content_type="application/dicom") == "no-dicom-header"


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_truncated_file_says_so(name: str, share: float) -> None:
    data = ENCODED[name]
    assert refusal(data[: int(len(data) * share)]) in ("truncated-file", "damaged-file")
    if share > 0.5 and name != "DICOM":
        assert refusal(data[: int(len(data) * share)]) == "truncated-file"


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_that_is_a_zip_as_well_is_refused(name: str) -> None:
    assert refusal(ENCODED[name] + archive()) == "trailing-data"


@pytest.mark.parametrize("name", ["PNG", "JPEG", "BMP", "WebP"])
def test_data_behind_the_end_is_refused_and_padding_is_not(name: str) -> None:
    assert refusal(ENCODED[name] + b"<script>") == "trailing-data"
    padded = decode(ENCODED[name] + b"\0" * 17, LIMITS)
    assert padded.frame.pixels.shape == PICTURE.shape


def test_a_program_in_the_preamble_of_dicom_is_refused() -> None:
    assert refusal(b"MZ" + ENCODED["DICOM"][2:]) == "trailing-data"


@pytest.mark.parametrize("name", ENCODED)
def test_limits_hold_for_every_format(name: str) -> None:
    data = ENCODED[name]
    rows, columns = PICTURE.shape
    assert refusal(data, DecodeLimits(max_bytes=len(data) - 1)) == "file-too-large"
    assert refusal(data, DecodeLimits(max_pixels=rows * columns - 1)) == "image-too-large"
    assert refusal(data, DecodeLimits(max_side=columns - 1)) == "image-too-large"
    exact = DecodeLimits(max_bytes=len(data), max_pixels=rows * columns, max_side=columns)
    assert decode(data, exact).frame.pixels.shape == PICTURE.shape


def bombs() -> dict[str, bytes]:
    """Return small files whose headers announce pictures of gigabytes."""
    side = 60_000
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    png = PNG[:8] + chunk(b"IHDR", header) + PNG[33:]
    at = JPEG.index(b"\xff\xc0")
    jpeg = JPEG[: at + 5] + struct.pack(">HH", side, side) + JPEG[at + 9 :]
    bmp = bytearray(ENCODED["BMP"])
    struct.pack_into("<ii", bmp, 18, side, side)
    size = (side - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0" * 4 + size + size
    body = b"WEBP" + extended + ENCODED["WebP"][12:]
    webp = b"RIFF" + struct.pack("<I", len(body)) + body
    tiff = bytearray(ENCODED["TIFF"])
    (directory,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, directory)
    for index in range(count):
        entry = directory + 2 + 12 * index
        (tag,) = struct.unpack_from("<H", tiff, entry)
        if tag in (256, 257):
            struct.pack_into("<HII", tiff, entry + 2, 4, 1, side)
    dicom = ultrasound_dataset(PICTURE)
    dicom.Rows = dicom.Columns = side
    return {
        "PNG": png,
        "JPEG": jpeg,
        "BMP": bytes(bmp),
        "WebP": webp,
        "TIFF": bytes(tiff),
        "DICOM": dicom_bytes(dicom),
    }


@pytest.mark.parametrize(("name", "data"), bombs().items())
def test_a_bomb_is_refused_on_its_header(name: str, data: bytes) -> None:
    tracemalloc.start()
    try:
        assert refusal(data) == "image-too-large"
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data) + 2_000_000
    finally:
        tracemalloc.stop()


def test_compressed_text_and_profiles_are_never_inflated() -> None:
    bomb = zlib.compress(b"\0" * 200_000_000, 9)
    compressed = b"a\0\0" + bomb
    data = PNG[:33] + chunk(b"iCCP", compressed) + chunk(b"zTXt", compressed) + PNG[33:]
    tracemalloc.start()
    try:
        assert np.array_equal(decode(data, LIMITS).frame.pixels, PICTURE)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_flipped_bit_in_a_png_is_found() -> None:
    at = PNG.index(b"IDAT") + 400
    data = PNG[:at] + bytes([PNG[at] ^ 1]) + PNG[at + 1 :]
    assert refusal(data) == "damaged-file"


def test_a_jpeg_of_thousands_of_scans_is_refused() -> None:
    progressive = jpeg_bytes(PICTURE, progressive=True)
    begin = progressive.rindex(b"\xff\xda")
    scan = progressive[begin:-2]
    assert decode(progressive, LIMITS).format == "jpeg"
    assert refusal(progressive[:-2] + scan * 1000 + b"\xff\xd9") == "damaged-file"


def test_zero_height_has_no_pixels() -> None:
    header = struct.pack(">IIBBBBB", 128, 0, 8, 0, 0, 0, 0)
    assert refusal(PNG[:8] + chunk(b"IHDR", header) + PNG[33:]) == "no-pixels"


def test_floating_point_pictures_are_refused() -> None:
    values = PICTURE.astype(np.float32)
    assert refusal(pillow_bytes(values, "TIFF")) == "unsupported-pixel-format"


def test_the_error_survives_a_process_boundary() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(b"", LIMITS)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.code, copy.title, copy.detail, copy.status) == (
        caught.value.code,
        caught.value.title,
        caught.value.detail,
        caught.value.status,
    )
    assert str(copy) == copy.detail
