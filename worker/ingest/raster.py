"""PNG, JPEG, TIFF, BMP and WebP through Pillow."""

from __future__ import annotations

import io
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from worker.ingest.errors import (
    LIBRARY_ERRORS,
    DecodeError,
    DecodeLimits,
    damaged,
    truncated,
    unsupported_pixels,
)
from worker.ingest.structure import check_bmp, check_webp, clean_jpeg, clean_png
from worker.ingest.tiff import check_tiff
from worker.pipeline.frame import Frame

RasterFormat = Literal["png", "jpeg", "tiff", "bmp", "webp"]

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TWELVE_BITS = 4096


def read(data: bytes, file_format: RasterFormat, limits: DecodeLimits) -> Frame:
    """Decode a file whose format was found from its bytes.

    Colour profiles are ignored: the networks are trained on pixels as they are stored. No
    spacing is read, since the resolution tags of these formats speak of paper.

    Raises:
        DecodeError: the file is not one still image within the limits.
    """
    cleaned = _checked(data, file_format, limits)
    try:
        with Image.open(io.BytesIO(cleaned), formats=[file_format.upper()]) as image:
            limits.check_size(image.height, image.width)
            if getattr(image, "n_frames", 1) != 1:
                raise damaged()  # the walk of the container found one
            image.load()
            return Frame(drop_equal_channels(_to_array(_upright(image, file_format))))
    except DecodeError:
        raise
    except LIBRARY_ERRORS as error:
        if "truncated" in str(error):
            raise truncated() from None
        raise damaged() from None


def _checked(data: bytes, file_format: RasterFormat, limits: DecodeLimits) -> bytes:
    """The file without what a decoder need not see, refused where its structure says so."""
    match file_format:
        case "png":
            return clean_png(data, limits)
        case "jpeg":
            return clean_jpeg(data, limits)
        case "tiff":
            check_tiff(data, limits)
        case "bmp":
            check_bmp(data, limits)
        case "webp":
            check_webp(data, limits)
    return data


def _upright(image: Image.Image, file_format: RasterFormat) -> Image.Image:
    """The image as its EXIF orientation wants it shown."""
    if file_format == "tiff":
        return image  # Pillow applies the tag of TIFF while loading
    method = _TRANSPOSE.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if method is None else image.transpose(method)


def _to_array(image: Image.Image) -> NDArray[np.uint8]:
    """Pixels as uint8 [H,W] or [H,W,3]."""
    mode = image.mode
    if mode.startswith("I;16"):
        return _to_8_bits(np.asarray(image).astype(np.uint16))
    if mode in ("I", "F") or mode.startswith("I;"):
        raise unsupported_pixels("32 bits per sample")
    if mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        if mode == "P" and "transparency" not in image.info:
            return np.asarray(image.convert("RGB"))
        return _on_black(np.asarray(image.convert("RGBA")))
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if mode in ("RGB", "RGBX", "CMYK", "YCbCr"):
        return np.asarray(image.convert("RGB"))
    raise unsupported_pixels("this colour space")


def _to_8_bits(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The upper eight of the bits in use.

    Scanners save 10 or 12 bits in files of 16; their upper byte alone would be almost black. A
    range between 12 and 16 bits is not guessed at: 16 bits with a dark picture are usual.
    """
    top = int(values.max(initial=0))
    bits = max(8, top.bit_length()) if top < _TWELVE_BITS else 16
    return (values >> (bits - 8)).astype(np.uint8)


def _on_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Transparent pixels over black, as a viewer in a reading room shows them."""
    alpha = rgba[..., 3:].astype(np.uint16)
    if int(alpha.min(initial=255)) == 255:
        return np.ascontiguousarray(rgba[..., :3])
    return ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)


def drop_equal_channels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB [H,W,3] whose channels are equal everywhere as grey [H,W]; everything else as it is."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    red, green, blue = (pixels[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return cast(NDArray[np.uint8], np.ascontiguousarray(red))
    return np.ascontiguousarray(pixels)
