"""Pictures in every accepted format come out as they were put in."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.synthetic import jpeg_bytes, pillow_bytes, png_bytes, ultrasound
from worker.ingest import DecodeError, DecodeLimits, decode

LIMITS = DecodeLimits()
GREY = ultrasound(96, 128, seed=1).pixels
COLOUR = ultrasound(96, 128, seed=1, color=True).pixels

# The transformation that EXIF asks for to make the stored picture upright.
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


def pixels(data: bytes) -> NDArray[np.uint8]:
    return decode(data, LIMITS).frame.pixels


def png_16_bits(values: NDArray[np.uint16]) -> bytes:
    """Return a PNG with 16-bit grey, built chunk by chunk."""
    height, width = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4)
        for kind, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("WebP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "packbits"}),
    ],
)
def test_lossless_formats_keep_every_pixel(
    picture: NDArray[np.uint8], name: str, options: dict[str, object]
) -> None:
    decoded = decode(pillow_bytes(picture, name.upper(), **options), LIMITS)
    assert decoded.format == name.lower()
    assert np.array_equal(decoded.frame.pixels, picture)
    assert decoded.frame.spacing is None
    assert decoded.patient_id is None


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_jpeg_is_near(picture: NDArray[np.uint8], options: dict[str, object]) -> None:
    decoded = decode(jpeg_bytes(picture, quality=97, subsampling=0, **options), LIMITS)
    assert decoded.format == "jpeg"
    assert decoded.frame.pixels.shape == picture.shape
    difference = decoded.frame.pixels.astype(int) - picture
    assert np.abs(difference).mean() < 2


def test_lossy_webp_is_near() -> None:
    found = pixels(pillow_bytes(COLOUR, "WEBP", quality=95))
    assert np.abs(found.astype(int) - COLOUR).mean() < 8


def test_rgb_without_colour_becomes_grey() -> None:
    assert np.array_equal(pixels(png_bytes(np.repeat(GREY[..., None], 3, axis=2))), GREY)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_orientation_is_applied(name: str, orientation: int) -> None:
    stored = np.zeros((48, 80), np.uint8)
    stored[:16, :32] = 200
    stored[32:, :8] = 90
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 98}}.get(name, {})
    found = pixels(pillow_bytes(stored, name, exif=exif, **options))
    expected = UPRIGHT[orientation](stored)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= (12 if name == "JPEG" else 0)


@pytest.mark.parametrize(
    ("bits", "shift"), [(16, 8), (12, 4), (10, 2), (8, 0)], ids=lambda v: str(v)
)
def test_16_bit_files_give_the_upper_eight_of_the_bits_in_use(bits: int, shift: int) -> None:
    values = np.linspace(0, 2**bits - 1, 64 * 64).reshape(64, 64).astype(np.uint16)
    expected = (values >> shift).astype(np.uint8)
    assert np.array_equal(pixels(png_16_bits(values)), expected)
    assert np.array_equal(pixels(pillow_bytes(values, "TIFF")), expected)


def test_16_bit_colour_gives_the_upper_bytes() -> None:
    high = COLOUR.astype(">u2") * 257
    height, width = COLOUR.shape[:2]
    data = png_16_bits(high.reshape(height, width * 3))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = data[:12] + chunk + zlib.crc32(chunk).to_bytes(4) + data[33:]
    assert np.array_equal(pixels(data), COLOUR)


def test_palette_black_and_white_and_cmyk() -> None:
    palette = Image.fromarray(COLOUR).quantize(64)
    buffer = io.BytesIO()
    palette.save(buffer, "PNG")
    assert np.array_equal(pixels(buffer.getvalue()), np.asarray(palette.convert("RGB")))

    bilevel = GREY > 90
    assert np.array_equal(pixels(pillow_bytes(bilevel, "PNG")), bilevel * np.uint8(255))

    cmyk = Image.fromarray(COLOUR).convert("CMYK")
    for name, options in (("TIFF", {}), ("JPEG", {"quality": 98, "subsampling": 0})):
        buffer = io.BytesIO()
        cmyk.save(buffer, name, **options)
        assert np.abs(pixels(buffer.getvalue()).astype(int) - COLOUR).mean() < 2


def test_transparent_pixels_are_black_whatever_colour_hides_in_them() -> None:
    rgba = np.dstack([COLOUR, np.full(COLOUR.shape[:2], 255, np.uint8)])
    assert np.array_equal(pixels(png_bytes(rgba)), COLOUR)
    rgba[:40, :, 3] = 0
    found = pixels(png_bytes(rgba))
    assert not found[:40].any()
    assert np.array_equal(found[40:], COLOUR[40:])

    grey_alpha = np.dstack([GREY, np.where(GREY > 100, 255, 0).astype(np.uint8)])
    assert np.array_equal(pixels(png_bytes(grey_alpha)), np.where(GREY > 100, GREY, 0))

    palette = Image.fromarray(GREY).convert("P")
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=int(GREY[50, 60]))
    assert pixels(buffer.getvalue())[50, 60] == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 3)])
def test_the_smallest_pictures_are_taken(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    for name in ("PNG", "BMP", "TIFF"):
        assert np.array_equal(pixels(pillow_bytes(picture, name)), picture)


def test_the_same_bytes_give_the_same_pixels() -> None:
    data = jpeg_bytes(COLOUR)
    assert pixels(data).tobytes() == pixels(data).tobytes()


def test_16_bit_tiff_with_white_at_zero_is_inverted_in_both_byte_orders() -> None:
    for order, mark in (("<", b"II"), (">", b"MM")):
        tags = {256: 64, 257: 48, 258: 16, 259: 1, 262: 0, 273: 8, 277: 1, 278: 48, 279: 6144}
        values = 65535 - GREY16
        strip = values.astype(f"{order}u2").tobytes()
        entries = b"".join(
            struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items()
        )
        directory = struct.pack(f"{order}H", len(tags)) + entries + b"\0" * 4
        data = mark + struct.pack(f"{order}HI", 42, 8 + len(strip)) + strip + directory
        assert np.array_equal(decode(data, LIMITS).frame.pixels, GREY16 >> 8)


GREY16 = np.linspace(256, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_an_alpha_channel_of_zeros_was_never_filled(name: str) -> None:
    colours = np.dstack([GREY16 >> 8, GREY16[::-1] >> 8, GREY16 >> 9]).astype(np.uint8)
    rgba = np.dstack([colours, np.zeros((48, 64), np.uint8)])
    options = {"lossless": True, "exact": True} if name == "WEBP" else {}
    data = pillow_bytes(rgba, name, **options)
    assert np.array_equal(decode(data, LIMITS).frame.pixels, colours)


SHARED = Path(__file__).parents[5] / "shared" / "cases"

if SHARED.is_dir():

    def test_the_cases_that_came_out_wrong_come_out_right() -> None:
        reference = decode((SHARED / "raster" / "g8.png").read_bytes(), LIMITS).frame.pixels
        means = {"g16_miniswhite.tif": 106.5, "palette_8bitmap.tif": 94, "bmp32_v5_a0.bmp": 99.3}
        for name, mean in means.items():
            found = decode((SHARED / "raster" / name).read_bytes(), LIMITS).frame.pixels
            assert found.shape[:2] == reference.shape
            assert found.mean() == pytest.approx(mean, abs=0.5), name
        ramp = decode((SHARED / "dicom" / "R2_zero.dcm").read_bytes(), LIMITS)
        assert ramp.frame.region is None
        assert ramp.notes
        for path in sorted((SHARED / "dicom").iterdir()):
            if path.name.startswith("ZC"):
                with pytest.raises(DecodeError) as caught:
                    decode(path.read_bytes(), LIMITS)
                assert caught.value.code == "truncated-file"
                continue
            pixels = decode(path.read_bytes(), LIMITS).frame.pixels
            if path.name.startswith("A"):
                assert np.abs(pixels[55, 80].astype(int) - (200, 30, 20)).max() <= 2
            elif pixels.ndim == 2:
                assert np.abs(pixels.astype(int) - ramp.frame.pixels).max() <= 1, path.name
