"""Video: MP4, MOV and AVI files, and streams encapsulated in DICOM, through PyAV (FFmpeg)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from worker.ingest.attributes import uneven
from worker.ingest.errors import DecodeError, DecodeLimits, damaged, unsupported_pixels

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

TOLERANCE = 3
"""Levels by which channels of a grey picture may differ after lossy coding of its chrominance."""
CODECS = frozenset(
    {
        "h264",
        "hevc",
        "mpeg1video",
        "mpeg2video",
        "mpeg4",
        "msmpeg4v3",
        "mjpeg",
        "rawvideo",
        "huffyuv",
        "ffv1",
        "msvideo1",
        "png",
    }
)
"""Codecs of scanners and capture devices; FFmpeg has hundreds more, with their bugs."""
_FORMATS = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
    (8, b"AVI ", "avi"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x00\x00\x01\xb3", "mpegvideo"),
    (0, b"\x47", "mpegts"),
)
"""Signatures of containers: offset, bytes, and the format for FFmpeg."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video with its headers read.

    Attributes:
        frames: yields each frame as uint8 [H,W,3] RGB with its time in ms, from the beginning at
            every call; the time is None if the stream has none.
        aspect: height and width of a pixel, as in `uneven`; None if it is square.
    """

    height: int
    width: int
    frames_per_second: float | None
    frames: Callable[[], Iterator[tuple[NDArray[np.uint8], float | None]]]
    aspect: list[float] | None = None


def open_video(data: bytes, limits: DecodeLimits, codec: str | None = None) -> Clip:
    """Read the headers of a video.

    Args:
        codec: codec of a stream without a container, as stated by DICOM.

    Raises:
        DecodeError: it is damaged, contains no picture, or has a coding that is not accepted.
    """
    with _opened(data, codec) as container:
        stream = _stream(container)
        context = stream.codec_context
        height, width = int(context.height), int(context.width)
        if height < 1 or width < 1:
            raise damaged()
        limits.check_size(height, width)
        rate = stream.average_rate
        shape = stream.sample_aspect_ratio or context.sample_aspect_ratio  # width over height
        aspect = uneven(shape.denominator, shape.numerator) if shape else None
    timed = codec is None or container_of(data) is not None

    def frames() -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        yield from _frames(data, codec, (height, width), timed=timed)

    stated = float(rate) if rate and 0.1 <= float(rate) <= 1000 else None
    return Clip(height, width, stated, frames, aspect)


def _frames(
    data: bytes, codec: str | None, size: tuple[int, int], *, timed: bool
) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
    with _opened(data, codec) as container:
        for frame in container.decode(_stream(container)):
            if (frame.height, frame.width) != size:
                raise unsupported_pixels("frames of different sizes")
            time = frame.time * 1000 if timed and frame.time is not None else None
            yield np.ascontiguousarray(frame.to_ndarray(format="rgb24")), time


def container_of(data: bytes) -> str | None:
    """FFmpeg's name of the container with this beginning; None if it is not an accepted one."""
    for at, word, name in _FORMATS:
        if data[at : at + len(word)] == word:
            return name
    return None


def _opened(data: bytes, codec: str | None) -> InputContainer:
    import av  # takes 30 MB, which files without video do not need
    import av.logging

    av.logging.set_level(av.logging.PANIC)
    name = container_of(data) or codec
    if name is None:
        raise damaged()
    # Limits probing of the head: files that hide their streams are refused, not searched.
    options = {"probesize": "5000000", "analyzeduration": "5000000"}
    return av.open(io.BytesIO(data), "r", format=name, options=options)


def _stream(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise DecodeError(
            "no-pixels",
            "No pixels",
            "The file holds sound and no pictures; choose the video itself.",
            422,
        )
    stream: Any = container.streams.video[0]
    if stream.codec_context is None or stream.codec_context.codec.canonical_name not in CODECS:
        raise unsupported_pixels("this coding of video")
    stream.codec_context.thread_count = 1
    return stream  # type: ignore[no-any-return]
