"""The frames of the last seconds, which can still be kept; in memory only."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from fractions import Fraction

import cv2

from worker.live.outliner import Outlined

MOST_BYTES = 192 * 1024 * 1024
"""The most bytes of coded frames that are held."""
GAP_SECONDS = 5.0
"""Between two frames from which on they are not one cine."""
_TICKS = Fraction(1, 1000)


class Recent:
    """The newest frames, of one size, without a gap. To be used from one thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._frames: deque[Outlined] = deque()
        self._bytes = 0

    def add(self, frame: Outlined) -> None:
        """Take a frame, and let go of those that are too old or of another size."""
        if self._frames and (self._frames[-1].size != frame.size or self._gap(frame)):
            self.clear()
        self._frames.append(frame)
        self._bytes += len(frame.jpeg)
        while len(self._frames) > 1 and (
            frame.at - self._frames[0].at > self.seconds or self._bytes > MOST_BYTES
        ):
            self._bytes -= len(self._frames.popleft().jpeg)

    def up_to(self, number: int) -> tuple[Outlined, ...]:
        """The frames up to one, oldest first."""
        return tuple(frame for frame in self._frames if frame.number <= number)

    def clear(self) -> None:
        """Let go of all."""
        self._frames.clear()
        self._bytes = 0

    def _gap(self, frame: Outlined) -> bool:
        last = self._frames[-1]
        return frame.number <= last.number or frame.at - last.at > GAP_SECONDS


def still(frame: Outlined) -> bytes:
    """A frame as PNG, without loss."""
    pixels = frame.pixels
    _, coded = cv2.imencode(
        ".png", pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    )
    return coded.tobytes()


def cine(frames: Sequence[Outlined]) -> bytes:
    """Frames of one size as a QuickTime film of their JPEG files, each at its own time.

    Raises:
        ValueError: there is no frame.
    """
    import av
    from av.packet import Packet

    if not frames:
        raise ValueError("a cine needs a frame")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.height, stream.width = frames[0].size
        stream.pix_fmt = "yuvj420p"
        stream.time_base = _TICKS
        stream.codec_context.time_base = _TICKS
        last = -1
        for frame in frames:
            packet = Packet(frame.jpeg)
            last = max(last + 1, round((frame.at - frames[0].at) * 1000))
            packet.stream, packet.time_base = stream, _TICKS
            packet.pts = packet.dts = last
            packet.is_keyframe = True
            container.mux(packet)
    return buffer.getvalue()
