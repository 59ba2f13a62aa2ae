"""Reasons for refusing bytes, and the limits that they must keep."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from PIL import Image
from pydicom.errors import BytesLengthException, InvalidDicomError

LIBRARY_ERRORS: tuple[type[BaseException], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    BytesLengthException,
    InvalidDicomError,
)
"""Errors that Pillow, pydicom and their codecs raise on damaged files.

Not `Exception`: the task's time limit arrives as a separate exception in the middle of a decoder,
and must not be reported as a damaged file.
"""


def is_of_ffmpeg(error: BaseException) -> bool:
    """Whether an error is PyAV's, which is loaded only for videos.

    Some of its types are not an `OSError` or `ValueError`.
    """
    return any(kind.__module__ == "av.error" for kind in type(error).__mro__)


def is_panic(error: BaseException) -> bool:
    """Whether a codec written in Rust panicked; its error is not an `Exception`."""
    return type(error).__module__ == "pyo3_runtime"


class DecodeError(Exception):
    """The bytes are not an accepted image.

    Neither the message nor the arguments contain anything from the file, so they may be logged.

    Attributes:
        code: stable kebab-case code for programs.
        title: short name of the error for people.
        detail: one sentence with the cause and what to do.
        status: HTTP status: 400 broken, 413 over a limit, 415 another format, 422 a valid file of a
            kind that is not accepted.
    """

    def __init__(self, code: str, title: str, detail: str, status: int) -> None:
        # All arguments go to `args`, by which exceptions are passed between processes.
        super().__init__(code, title, detail, status)
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits on an upload. Checked on the headers, before pixels are allocated."""

    max_bytes: int = 64 * 1024 * 1024
    """Size of the file, and of a deflated DICOM data set when inflated."""
    max_pixels: int = 50_000_000
    """Most rows times columns."""
    max_side: int = 16_384
    """Most rows, and most columns."""
    max_frames: int = 2_000
    """Most frames of a cine."""
    max_cine_pixels: int = 2_000_000_000
    """Most pixels in all frames of a cine."""

    def check_bytes(self, size: int) -> None:
        """Refuse a file of `size` bytes that is over the limit.

        Raises:
            DecodeError: `file-too-large`.
        """
        if size > self.max_bytes:
            raise DecodeError(
                "file-too-large",
                "File too large",
                f"The file has more than {self.max_bytes:,} bytes; send a smaller one.",
                413,
            )

    def check_size(self, height: int, width: int) -> None:
        """Refuse an image whose header states `height` by `width` px, if over the limits.

        Raises:
            DecodeError: `no-pixels` or `image-too-large`.
        """
        if height < 1 or width < 1:
            raise DecodeError(
                "no-pixels",
                "No pixels",
                "The image has a height or width of zero; export it again from its source.",
                422,
            )
        if max(height, width) > self.max_side or height * width > self.max_pixels:
            raise DecodeError(
                "image-too-large",
                "Image too large",
                f"The image is {width}×{height} pixels; send one of at most {self.max_side} on a "
                f"side and {self.max_pixels:,} in all.",
                413,
            )

    def check_frames(self, count: int, pixels: int) -> None:
        """Refuse a cine of `count` frames with this many pixels each, if over the limits.

        Raises:
            DecodeError: `too-many-frames`.
        """
        most = min(self.max_frames, self.max_cine_pixels // max(1, pixels))
        if count > most:
            raise DecodeError(
                "too-many-frames",
                "Too many frames",
                f"The file has more than {most:,} frames of this size; cut the part of interest "
                "out and send that.",
                413,
            )


def damaged() -> DecodeError:
    """The file contradicts its own format."""
    return DecodeError(
        "damaged-file",
        "Damaged file",
        "The file is damaged and cannot be decoded; export it again from its source.",
        400,
    )


def truncated() -> DecodeError:
    """The file ends too early."""
    return DecodeError(
        "truncated-file",
        "Truncated file",
        "The file ends before the image does; send it again in full.",
        400,
    )


def too_much_memory() -> DecodeError:
    """The pixels, or a codec's intermediate data, do not fit."""
    return DecodeError(
        "image-too-large",
        "Image too large",
        "Decoding the image needs more memory than there is; send a smaller one.",
        413,
    )


def trailing_data() -> DecodeError:
    """Other data follows the image, or is packed around it."""
    return DecodeError(
        "trailing-data",
        "More than an image",
        "The file holds other data behind the image; save the image again by itself.",
        400,
    )


def animated() -> DecodeError:
    """The file has more than one picture over time."""
    return DecodeError(
        "animated-image",
        "Animated image",
        "The image is animated; send one still picture of it.",
        422,
    )


def unsupported_pixels(what: str) -> DecodeError:
    """The file is valid, but its pixels are of a kind that is not accepted."""
    return DecodeError(
        "unsupported-pixel-format",
        "Unsupported pixel format",
        f"Images with {what} are not supported; export it with 8 or 16 bits per sample.",
        415,
    )
