"""PNG, JPEG, TIFF, BMP and WebP through Pillow, and 16-bit colour through OpenCV."""

from __future__ import annotations

import io
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from worker.ingest.bmp import read_bit_fields
from worker.ingest.errors import (
    LIBRARY_ERRORS,
    DecodeError,
    DecodeLimits,
    damaged,
    truncated,
    unsupported_pixels,
)
from worker.ingest.scaling import bits_in_use, full_range
from worker.ingest.structure import check_bmp, check_webp, clean_jpeg, clean_png
from worker.ingest.tiff import TiffPage, check_tiff
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
# Otherwise OpenCV writes warnings about damaged files to standard error.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_COLOUR_MAP = 320
"""Tag of TIFF."""
_PNG_DEPTH = 24
"""Offset of the bit depth in a PNG's IHDR; the colour type follows."""


def read(data: bytes, file_format: RasterFormat, limits: DecodeLimits) -> Frame:
    """Decode a file whose format was detected from its bytes.

    Colour profiles are ignored: the networks are trained on pixels as stored. No spacing is read,
    since the resolution tags of these formats refer to paper.

    Raises:
        DecodeError: the file is not a single still image within the limits.
    """
    page = check_tiff(data, limits) if file_format == "tiff" else None
    cleaned = page.data if page else _checked(data, file_format, limits)
    try:
        if (page and page.deep_colour) or (file_format == "png" and _is_deep_colour(cleaned)):
            return Frame(drop_equal_channels(_deep_colour(cleaned, page)))
        if file_format == "bmp" and (masked := read_bit_fields(data)) is not None:
            return Frame(drop_equal_channels(_on_black(masked)))
        with Image.open(io.BytesIO(cleaned), formats=[file_format.upper()]) as image:
            limits.check_size(image.height, image.width)
            if getattr(image, "n_frames", 1) != 1:
                raise damaged()  # walking the container found one
            image.load()
            if page and image.mode == "P":
                return Frame(drop_equal_channels(_palette(image)))
            pixels = _to_array(_upright(image, file_format), page is not None and page.inverted)
            return Frame(drop_equal_channels(pixels))
    except DecodeError:
        raise
    except LIBRARY_ERRORS as error:
        if "truncated" in str(error):
            raise truncated() from None
        raise damaged() from None


def _checked(data: bytes, file_format: RasterFormat, limits: DecodeLimits) -> bytes:
    """Return the file without the parts that a decoder does not need; refuse a bad structure."""
    match file_format:
        case "png":
            return clean_png(data, limits)
        case "jpeg":
            return clean_jpeg(data, limits)
        case "bmp":
            check_bmp(data, limits)
        case "webp":
            check_webp(data, limits)
    return data


def _upright(image: Image.Image, file_format: RasterFormat) -> Image.Image:
    """Apply the image's EXIF orientation."""
    if file_format == "tiff":
        return image  # Pillow applies the tag of TIFF while loading
    method = _TRANSPOSE.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if method is None else image.transpose(method)


def _is_deep_colour(png: bytes) -> bool:
    """Whether a PNG has several channels of 16 bits, of which Pillow keeps only the upper eight."""
    depth, colour = png[_PNG_DEPTH], png[_PNG_DEPTH + 1]
    return depth == 16 and colour != 0


def _deep_colour(data: bytes, page: TiffPage | None) -> NDArray[np.uint8]:
    """Decode 16-bit colour, with or without alpha, as uint8 [H,W,3] with OpenCV."""
    values: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise damaged()
    colours = full_range(values[..., 2::-1], 16)
    if values.shape[2] == 3 or (page and not page.alpha):
        return colours
    return _on_black(np.dstack([colours, (values[..., 3] >> 8).astype(np.uint8)]))


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    """The colours of a TIFF's map: 16 bits each (TIFF 6.0, 5), though some writers use eight."""
    values = cast(Any, image).tag_v2[_COLOUR_MAP]
    colours = np.array(values, np.uint16).reshape(3, -1)
    if colours.max(initial=0) > 255:
        colours >>= 8
    indices = np.minimum(np.asarray(image), colours.shape[1] - 1)
    chosen: NDArray[np.uint8] = colours.astype(np.uint8).T[indices]
    return chosen


def _to_array(image: Image.Image, inverted: bool) -> NDArray[np.uint8]:
    """Pixels as uint8 [H,W] or [H,W,3]; `inverted` 16-bit grey has white at zero."""
    mode = image.mode
    if mode.startswith("I;16"):
        values = np.asarray(image).astype(np.uint16)
        if inverted:
            values = ((1 << bits_in_use(values, 16)) - 1 - values).astype(np.uint16)
        return full_range(values, 16)
    if mode == "I" and image.format == "TIFF":
        grey = _signed_to_8_bits(np.asarray(image))
        return 255 - grey if inverted else grey
    if mode in ("I", "F") or mode.startswith("I;"):
        raise unsupported_pixels("32 bits per sample")
    if mode == "La":  # grey that is already multiplied by its alpha
        return np.asarray(image)[..., 0]
    if mode in ("P", "PA", "LA", "RGBA", "RGBa") or "transparency" in image.info:
        if mode == "P" and "transparency" not in image.info:
            return np.asarray(image.convert("RGB"))
        return _on_black(np.asarray(image.convert("RGBA")))
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if mode in ("RGB", "RGBX", "CMYK", "YCbCr"):
        return np.asarray(image.convert("RGB"))
    raise unsupported_pixels("this colour space")


def _signed_to_8_bits(values: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Grey of signed numbers: if some are below zero, from the lowest to the highest."""
    low, high = int(values.min()), int(values.max())
    if low >= 0:
        return full_range(values.astype(np.uint16), 16)
    shown: NDArray[np.float64] = np.rint((values - low) * (255 / max(high - low, 1)))
    return shown.astype(np.uint8)


def _on_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Transparent pixels over black, as a viewer in a reading room shows them.

    An alpha channel of only zeros was never filled, as in many 32-bit BMP files: nobody sends an
    invisible picture.
    """
    alpha = rgba[..., 3:].astype(np.uint16)
    if int(alpha.min(initial=255)) == 255 or int(alpha.max(initial=0)) == 0:
        return np.ascontiguousarray(rgba[..., :3])
    shown: NDArray[np.uint8] = ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
    return shown


def drop_equal_channels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB [H,W,3] with equal channels as grey [H,W], and everything else unchanged."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    red, green, blue = (pixels[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return cast(NDArray[np.uint8], np.ascontiguousarray(red))
    return np.ascontiguousarray(pixels)
