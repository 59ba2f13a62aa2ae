"""Answers of the decoding process, read from its socket: stills, frames of a cine, labels."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.decoding import wire
from worker.decoding.wire import ClosedError
from worker.ingest import Decoded, DecodeError, DecodeLimits, Frame, Region
from worker.ingest.cine import MOST_SAMPLES
from worker.ingest.errors import damaged
from worker.pipeline.frame import Scale, Unmeasured


def read_picture(channel: socket.socket, header: dict[str, Any], limits: DecodeLimits) -> Decoded:
    """Read the still that the process decoded.

    Raises:
        ClosedError: the process sent something else.
        DecodeError: the still exceeds the limits.
    """
    shape = tuple(map(int, header["shape"]))
    pixels = _pixels(channel, shape, limits)
    return _decoded(header, pixels)


def _decoded(header: dict[str, Any], pixels: NDArray[np.uint8]) -> Decoded:
    picture = header["frame"]
    spacing, region = picture.pop("spacing"), picture.pop("region")
    scales = [Scale(Region(*box), tuple(mm) if mm else None) for box, mm in picture["scales"]]
    picture["scales"] = tuple(scales)
    others = [Unmeasured(Region(*box), covers) for box, covers in picture["unmeasured"]]
    picture["unmeasured"] = tuple(others)
    frame = Frame(
        pixels,
        spacing=tuple(spacing) if spacing else None,
        region=Region(*region) if region else None,
        **picture,
    )
    about: dict[str, Any] = header["decoded"]
    about.update({name: tuple(v) for name, v in about.items() if isinstance(v, list)})
    return Decoded(frame=frame, **about)


def read_label(
    channel: socket.socket, header: dict[str, Any], shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """Read the label numbers that the process decoded, uint8 [H,W].

    Raises:
        ClosedError: they have another size.
    """
    if tuple(header["shape"]) != shape:
        raise ClosedError("a label of another size")
    numbers = np.empty(shape, np.uint8)
    wire.receive_into(channel, numbers.data.cast("B"))
    return numbers


def _pixels(
    channel: socket.socket, shape: tuple[int, ...], limits: DecodeLimits
) -> NDArray[np.uint8]:
    height, width, *channels = shape
    if channels not in ([], [3]):
        raise ClosedError("pixels of another shape")
    limits.check_size(height, width)
    pixels = np.empty(shape, np.uint8)
    wire.receive_into(channel, pixels.data.cast("B"))
    return pixels


@dataclass
class Playing:
    """A file of several frames that is being decoded. Its frames can be read only once.

    Attributes:
        about: all facts of the file, with its first sampled frame.
        times: time of each frame in ms since the first.
        frames_per_second: playback rate.
        samples: some frames over the whole cine, all uint8 [H,W] or all [H,W,3].
        cut: whether the decoding process is gone.
    """

    about: Decoded
    times: list[float]
    frames_per_second: float
    samples: list[NDArray[np.uint8]]
    _channel: socket.socket
    _limits: DecodeLimits
    cut: bool = False

    @classmethod
    def begun(cls, channel: socket.socket, header: dict[str, Any], limits: DecodeLimits) -> Playing:
        """Read the answer of the process after it has decoded the whole file."""
        shape = tuple(map(int, header["shape"]))
        times = [float(time) for time in header["times"]]
        count = int(header["samples"])
        limits.check_frames(len(times), shape[0] * shape[1])
        if not 1 <= count <= MOST_SAMPLES + 1 or not times:
            raise ClosedError("no samples")
        samples = [_pixels(channel, shape, limits) for _ in range(count)]
        about = _decoded(header, samples[0])
        return cls(about, times, float(header["rate"]), samples, channel, limits)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each frame in order.

        Raises:
            DecodeError: a frame cannot be decoded.
        """
        shape = self.samples[0].shape
        for _ in self.times:
            try:
                self._channel.sendall(wire.NEXT)
                header = wire.receive_header(self._channel)
                if "refused" in header:
                    raise DecodeError(*header["refused"])
                if "fault" in header or tuple(header.get("shape", ())) != shape:
                    raise damaged()
                pixels = _pixels(self._channel, shape, self._limits)
            except (ClosedError, OSError):
                self.cut = True
                raise
            yield pixels
