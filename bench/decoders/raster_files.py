"""TIFF, BMP, PNG, JPEG and WebP in the variants that programs write."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from bench.decoders.cases import HEIGHT, WIDTH, Case, colour, grey
from bench.decoders.peers import run

GREY, COLOUR = grey(), colour()
ALPHA = np.full(GREY.shape, 255, np.uint8)
ALPHA[:, :20] = 0
SEEN = (ALPHA > 0)[..., None]
RAMPS = np.stack([np.arange(256), 255 - np.arange(256), np.arange(256) // 2])
IN_COLOUR = RAMPS.T[GREY].astype(np.uint8)
BITS = np.where(GREY > 100, 255, 0).astype(np.uint8)


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    """Write a file with tifffile, without its description."""
    buffer = io.BytesIO()
    options.setdefault("metadata", None)
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def tiffs() -> Iterator[Case]:
    """Uncompressed kinds, then each compression of libtiff's `tiffcp`."""
    wide, deep = GREY.astype(np.uint16), COLOUR.astype(np.uint16)
    planes = np.ascontiguousarray(COLOUR.transpose(2, 0, 1))
    low, high = int(GREY.min()), int(GREY.max())
    stretched = np.rint((GREY.astype(float) - low) / (high - low) * 255).astype(np.uint8)
    masked, shaded = (GREY * SEEN[..., 0]).astype(np.uint8), (COLOUR * SEEN).astype(np.uint8)
    refused = "unsupported-pixel-format"
    black, white, rgb = ({"photometric": p} for p in ("minisblack", "miniswhite", "rgb"))
    sep = {"planarconfig": "separate"}
    free, tied, other = ({"extrasamples": [e]} for e in ("unassalpha", "assocalpha", "unspecified"))
    made: dict[str, tuple[NDArray[np.uint8] | str, bytes]] = {
        "grey 8": (GREY, tiff(GREY, **black)),
        "grey 8 white at zero": (GREY, tiff(255 - GREY, **white)),
        "grey 16": (GREY, tiff(wide * 257, **black)),
        "grey 16 big-endian": (GREY, tiff(wide * 257, byteorder=">", **black)),
        "grey 16 white at zero": (GREY, tiff(65535 - wide * 257, **white)),
        "grey 16 white at zero, big-endian": (
            GREY,
            tiff(65535 - wide * 257, byteorder=">", **white),
        ),
        "8 in 16": (GREY, tiff(wide, **black)),
        "10 in 16": (GREY, tiff(wide * 4, **black)),
        "12 in 16": (GREY, tiff(wide * 16, **black)),
        "14 in 16": (GREY, tiff(wide * 64, **black)),
        "signed 16": (GREY, tiff(wide.astype(np.int16) * 128, **black)),
        "signed 16 below zero": (
            stretched,
            tiff((wide.astype(np.int32) * 200 - 20000).astype(np.int16), **black),
        ),
        "signed 8": (refused, tiff((wide.astype(int) - 128).astype(np.int8), **black)),
        "grey 32": (refused, tiff(GREY.astype(np.uint32) << 24, **black)),
        "float 32": (refused, tiff(GREY.astype(np.float32), **black)),
        "float 16": (refused, tiff(GREY.astype(np.float16), **black)),
        "float 64": (refused, tiff(GREY.astype(np.float64), **black)),
        "black and white": (BITS, tiff(BITS > 0, **black)),
        "black and white, white at zero": (BITS, tiff(BITS == 0, **white)),
        "RGB 8": (COLOUR, tiff(COLOUR, **rgb)),
        "RGB 8 in planes": (COLOUR, tiff(planes, **rgb, **sep)),
        "RGB 16": (COLOUR, tiff(deep * 257, **rgb)),
        "RGB 16 big-endian": (COLOUR, tiff(deep * 257, byteorder=">", **rgb)),
        "RGB 12 in 16": (COLOUR, tiff(deep * 16, **rgb)),
        "RGB 16 in planes": (refused, tiff(planes.astype(np.uint16) * 257, **rgb, **sep)),
        "grey, alpha": (masked, tiff(np.dstack([GREY, ALPHA]), **black, **free)),
        "grey, alpha multiplied": (masked, tiff(np.dstack([masked, ALPHA]), **black, **tied)),
        "grey, other channel": (GREY, tiff(np.dstack([GREY, ALPHA]), **black, **other)),
        "grey 16, alpha": (
            refused,
            tiff(np.dstack([GREY, ALPHA]).astype(np.uint16) * 257, **black, **free),
        ),
        "RGB, alpha": (shaded, tiff(np.dstack([COLOUR, ALPHA]), **rgb, **free)),
        "RGB, alpha multiplied": (shaded, tiff(np.dstack([shaded, ALPHA]), **rgb, **tied)),
        "RGB, empty alpha": (COLOUR, tiff(np.dstack([COLOUR, ALPHA * 0]), **rgb, **free)),
        "RGB 16, alpha": (
            shaded,
            tiff(np.dstack([COLOUR, ALPHA]).astype(np.uint16) * 257, **rgb, **free),
        ),
        "palette": (IN_COLOUR, tiff(GREY, photometric="palette", colormap=RAMPS * 257)),
        "palette of 8-bit colours": (IN_COLOUR, tiff(GREY, photometric="palette", colormap=RAMPS)),
        "tiles": (GREY, tiff(GREY, tile=(32, 32), **black)),
        "tiles 16": (GREY, tiff(wide * 257, tile=(32, 32), **black)),
        "tiles RGB": (COLOUR, tiff(COLOUR, tile=(32, 32), **rgb)),
        "strips": (GREY, tiff(GREY, rowsperstrip=7, **black)),
    }
    for name, (right, data) in made.items():
        if isinstance(right, str):
            yield Case(f"tiff {name}", data, code=right)
        else:
            yield Case(f"tiff {name}", data, right)
    for orientation in range(1, 9):
        yield Case(
            f"tiff orientation {orientation}",
            tiff(_turned_back(COLOUR, orientation), extratags=_orientation(orientation), **rgb),
            COLOUR,
        )
    with tempfile.TemporaryDirectory() as folder:
        yield from _compressed(made, Path(folder))


def _orientation(value: int) -> list[tuple[int, str, int, int, bool]]:
    return [(274, "H", 1, value, True)]


def _turned_back(picture: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return the pixels to store so that an EXIF or TIFF orientation shows them as `picture`."""
    if orientation >= 5:
        picture = picture.transpose(1, 0, 2)
        # 5: transposed, 6: 90 degrees clockwise, 7: transversed, 8: anticlockwise.
        flips = {5: (), 6: (0,), 7: (0, 1), 8: (1,)}[orientation]
        return np.ascontiguousarray(np.flip(picture, flips) if flips else picture)
    flips = {1: (), 2: (1,), 3: (0, 1), 4: (0,)}[orientation]
    return np.ascontiguousarray(np.flip(picture, flips) if flips else picture)


_COMPRESSIONS = {"LZW": "lzw", "LZW, predictor": "lzw:2", "Deflate": "zip", "PackBits": "packbits"}


def _compressed(
    made: dict[str, tuple[NDArray[np.uint8] | str, bytes]], folder: Path
) -> Iterator[Case]:
    source, target = folder / "source.tiff", folder / "target.tiff"
    kinds = (
        "grey 8",
        "grey 8 white at zero",
        "grey 16",
        "grey 16 white at zero",
        "signed 16",
        "black and white",
        "RGB 8",
        "RGB 8 in planes",
        "RGB 16",
        "grey, alpha",
        "palette",
        "tiles RGB",
    )
    for kind in kinds:
        right, data = made[kind]
        assert not isinstance(right, str)
        source.write_bytes(data)
        for name, option in _COMPRESSIONS.items():
            if kind == "black and white" and "predictor" in name:
                continue
            target.unlink(missing_ok=True)
            if run("tiffcp", "-c", option, source, target) and target.exists():
                yield Case(f"tiff {kind}, {name}", target.read_bytes(), right)
    for kind, option in (("black and white", "g4"), ("grey 8", "jpeg"), ("RGB 8", "jpeg:r")):
        right, data = made[kind]
        assert not isinstance(right, str)
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        if run("tiffcp", "-c", option, source, target) and target.exists():
            yield Case(f"tiff {kind}, {option}", target.read_bytes(), right, "jpeg" in option)


def bmp(
    pixels: bytes,
    bits: int,
    header: int = 40,
    compression: int = 0,
    masks: tuple[int, ...] = (),
    colours: bytes = b"",
    top_down: bool = False,
) -> bytes:
    """A BMP of the standard size; `masks` of BITFIELDS are red, green, blue and maybe alpha."""
    fields = b"".join(struct.pack("<I", mask) for mask in masks)
    height = -HEIGHT if top_down else HEIGHT
    info = struct.pack(
        "<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(pixels), 0, 0,
        len(colours) // 4, 0,
    )  # fmt: skip
    if header > 40:
        info = (info + fields + b"\0" * header)[:header]
        fields = b""
    offset = 14 + len(info) + len(fields) + len(colours)
    start = struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
    return start + info + fields + colours + pixels


def rle8(rows: NDArray[np.uint8]) -> bytes:
    """RLE8 with only runs, ended by its marks."""
    out = bytearray()
    for row in rows:
        edges = np.flatnonzero(np.diff(row)) + 1
        for run_of in np.split(row, edges):
            for at in range(0, len(run_of), 255):
                out += bytes([len(run_of[at : at + 255]), int(run_of[0])])
        out += b"\0\0"
    return bytes(out + b"\0\1")


def bmps() -> Iterator[Case]:
    """Headers from 40 to 124 bytes, with and without alpha, masks, runs and a colour map."""
    bgr = COLOUR[::-1, :, ::-1]
    greys = bytes(value for index in range(256) for value in (index, index, index, 0))
    mapped = b"".join(struct.pack("<4B", *RAMPS[::-1, index].tolist(), 0) for index in range(256))
    rgb888 = (0xFF0000, 0xFF00, 0xFF)
    for header in (40, 108, 124):
        yield Case(f"bmp 24 bits, header {header}", bmp(bgr.tobytes(), 24, header), COLOUR)
    yield Case(
        "bmp 24 bits, top first", bmp(COLOUR[..., ::-1].tobytes(), 24, top_down=True), COLOUR
    )
    for alpha in (0, 255):
        quads = np.dstack([bgr, np.full_like(GREY, alpha)]).tobytes()
        yield Case(f"bmp 32 bits, alpha {alpha}", bmp(quads, 32), COLOUR)
        for header in (56, 108, 124):
            data = bmp(quads, 32, header, 3, (*rgb888, 0xFF000000))
            yield Case(f"bmp 32 bits, alpha {alpha}, header {header}", data, COLOUR)
        data = bmp(quads, 32, 40, 3, rgb888)
        yield Case(f"bmp 32 bits, masks without alpha, fourth byte {alpha}", data, COLOUR)
    rgbx = np.dstack([COLOUR[::-1], np.full_like(GREY, 255)]).tobytes()
    yield Case("bmp 32 bits, red first", bmp(rgbx, 32, 56, 3, (0xFF, 0xFF00, 0xFF0000, 0)), COLOUR)
    wide = COLOUR[::-1].astype(np.uint16)
    words = (wide[..., 0] >> 3 << 11) | (wide[..., 1] >> 2 << 5) | (wide[..., 2] >> 3)
    coarse = np.stack(
        [
            (COLOUR[..., c] >> s).astype(int) * 255 // m
            for c, s, m in ((0, 3, 31), (1, 2, 63), (2, 3, 31))
        ],
        -1,
    ).astype(np.uint8)
    data = bmp(words.astype("<u2").tobytes(), 16, 40, 3, (0xF800, 0x7E0, 0x1F))
    yield Case("bmp 16 bits, 5-6-5", data, coarse)
    words = (wide[..., 0] >> 3 << 10) | (wide[..., 1] >> 3 << 5) | (wide[..., 2] >> 3)
    coarse = ((COLOUR >> 3).astype(np.uint16) * 255 // 31).astype(np.uint8)
    yield Case("bmp 16 bits, 5-5-5", bmp(words.astype("<u2").tobytes(), 16), coarse)
    yield Case("bmp 8 bits, grey", bmp(GREY[::-1].tobytes(), 8, colours=greys), GREY)
    yield Case("bmp 8 bits, colours", bmp(GREY[::-1].tobytes(), 8, colours=mapped), IN_COLOUR)
    data = bmp(rle8(GREY[::-1]), 8, compression=1, colours=greys)
    yield Case("bmp 8 bits, runs", data, GREY)
    four = GREY[::-1] >> 4
    packed = (four[:, ::2] << 4 | four[:, 1::2]).tobytes()
    map16 = bytes(v for i in range(16) for v in (i * 17, i * 17, i * 17, 0))
    yield Case("bmp 4 bits", bmp(packed, 4, colours=map16), ((GREY >> 4) * 17).astype(np.uint8))
    data = bmp(np.packbits(BITS[::-1] > 0, axis=1).tobytes(), 1, colours=b"\0\0\0\0\xff\xff\xff\0")
    yield Case("bmp 1 bit", data, BITS)


def png(
    values: NDArray[Any], depth: int, kind: int, extra: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """A PNG of the standard size; `extra` chunks come before the pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in values]
    elif depth == 8:
        rows = [row.tobytes() for row in values]
    else:
        bits = np.unpackbits(values[..., None].astype(np.uint8), axis=2)[..., 8 - depth :]
        rows = [np.packbits(row).tobytes() for row in bits.reshape(HEIGHT, -1)]
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


def pngs() -> Iterator[Case]:
    """Every depth and kind of colour."""
    wide, deep = GREY.astype(np.uint16), COLOUR.astype(np.uint16)
    alpha = ALPHA.astype(np.uint16)
    masked, shaded = (GREY * SEEN[..., 0]).astype(np.uint8), (COLOUR * SEEN).astype(np.uint8)
    colours = (b"PLTE", RAMPS.T.astype(np.uint8).tobytes())
    gamma = (b"gAMA", struct.pack(">I", 100000))
    for depth in (1, 2, 4):
        coarse = GREY >> (8 - depth)
        shown = (coarse.astype(int) * 255 // ((1 << depth) - 1)).astype(np.uint8)
        yield Case(f"png grey {depth}", png(coarse, depth, 0), shown)
        some = (b"PLTE", RAMPS.T[: 1 << depth].astype(np.uint8).tobytes())
        yield Case(
            f"png palette {depth}", png(coarse, depth, 3, (some,)), RAMPS.T[coarse].astype(np.uint8)
        )
    yield Case("png grey 8", png(GREY, 8, 0), GREY)
    yield Case("png grey 8, gamma", png(GREY, 8, 0, (gamma,)), GREY)
    yield Case("png RGB 8", png(COLOUR, 8, 2), COLOUR)
    yield Case("png RGB 8, gamma", png(COLOUR, 8, 2, (gamma,)), COLOUR)
    yield Case("png palette 8", png(GREY, 8, 3, (colours,)), IN_COLOUR)
    clear = bytes([255] * 250)
    yield Case("png palette 8, tRNS", png(GREY, 8, 3, (colours, (b"tRNS", clear))), IN_COLOUR)
    yield Case("png grey, alpha", png(np.dstack([GREY, ALPHA]), 8, 4), masked)
    yield Case("png RGB, alpha", png(np.dstack([COLOUR, ALPHA]), 8, 6), shaded)
    yield Case("png RGB, empty alpha", png(np.dstack([COLOUR, ALPHA * 0]), 8, 6), COLOUR)
    for bits in (8, 10, 12, 16):
        scale = 257 if bits == 16 else 1 << (bits - 8)
        yield Case(f"png grey {bits} in 16", png(wide * scale, 16, 0), GREY)
        yield Case(f"png RGB {bits} in 16", png(deep * scale, 16, 2), COLOUR)
    yield Case("png grey 16, alpha", png(np.dstack([wide, alpha]) * 257, 16, 4), masked)
    yield Case("png RGB 16, alpha", png(np.dstack([deep, alpha]) * 257, 16, 6), shaded)


def pillow(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Write a file with Pillow."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpegs() -> Iterator[Case]:
    """JPEG and WebP."""
    grey, rgb = Image.fromarray(GREY), Image.fromarray(COLOUR)
    yield Case("jpeg grey", pillow(grey, "JPEG", quality=95), GREY, lossy=True)
    kinds: dict[str, dict[str, Any]] = {
        "4:4:4": {"subsampling": 0},
        "4:2:2": {"subsampling": 1},
        "4:2:0": {"subsampling": 2},
        "progressive": {"subsampling": 0, "progressive": True},
        "RGB": {"keep_rgb": True},
    }
    for name, options in kinds.items():
        yield Case(f"jpeg {name}", pillow(rgb, "JPEG", quality=95, **options), COLOUR, lossy=True)
    inks = np.dstack([255 - COLOUR, np.zeros_like(GREY)])
    data = pillow(Image.fromarray(inks, "CMYK"), "JPEG", quality=95)
    yield Case("jpeg CMYK of Adobe", data, COLOUR, lossy=True)
    restarts = cv2.imencode(".jpg", COLOUR[..., ::-1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 4])[1]
    yield Case("jpeg with restarts", restarts.tobytes(), COLOUR, lossy=True)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[274] = orientation
        turned = Image.fromarray(_turned_back(COLOUR, orientation))
        data = pillow(turned, "JPEG", quality=95, subsampling=0, exif=exif)
        yield Case(f"jpeg orientation {orientation}", data, COLOUR, lossy=True)
    yield Case("webp lossless", pillow(rgb, "WEBP", lossless=True), COLOUR)
    yield Case("webp grey", pillow(grey, "WEBP", lossless=True), GREY)
    yield Case("webp lossy", pillow(rgb, "WEBP", quality=95), COLOUR, lossy=True)
    seen = Image.fromarray(np.dstack([COLOUR, ALPHA]))
    data = pillow(seen, "WEBP", lossless=True, exact=True)
    yield Case("webp, alpha", data, (COLOUR * SEEN).astype(np.uint8))
    empty = Image.fromarray(np.dstack([COLOUR, ALPHA * 0]))
    yield Case("webp, empty alpha", pillow(empty, "WEBP", lossless=True, exact=True), COLOUR)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from tiffs()
    yield from bmps()
    yield from pngs()
    yield from jpegs()
