"""The frames of the last seconds, which can still be kept; held only in memory."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from fractions import Fraction

import cv2

from worker.live.outliner import Outlined

MOST_BYTES = 192 * 1024 * 1024
"""Most bytes of encoded frames in memory."""
GAP_SECONDS = 5.0
"""Two frames further apart than this do not belong to one cine."""
_TICKS = Fraction(1, 1000)


class Recent:
    """The newest frames, of one size, without a gap. For use from one thread."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._frames: deque[Outlined] = deque()
        self._bytes = 0

    def add(self, frame: Outlined) -> None:
        """Add a frame, and drop those that are too old or have another size."""
        if self._frames and (self._frames[-1].size != frame.size or self._gap(frame)):
            self.clear()
        self._frames.append(frame)
        self._bytes += len(frame.jpeg)
        while len(self._frames) > 1 and (
            frame.at - self._frames[0].at > self.seconds or self._bytes > MOST_BYTES
        ):
            self._bytes -= len(self._frames.popleft().jpeg)

    def up_to(self, number: int) -> tuple[Outlined, ...]:
        """Return the frames up to a given one, oldest first."""
        return tuple(frame for frame in self._frames if frame.number <= number)

    def clear(self) -> None:
        """Drop all frames."""
        self._frames.clear()
        self._bytes = 0

    def _gap(self, frame: Outlined) -> bool:
        last = self._frames[-1]
        return frame.number <= last.number or frame.at - last.at > GAP_SECONDS


def still(frame: Outlined) -> bytes:
    """Encode a frame as PNG, without loss."""
    pixels = frame.pixels
    _, coded = cv2.imencode(
        ".png", pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    )
    return coded.tobytes()


def cine(frames: Sequence[Outlined]) -> bytes:
    """Combine frames of one size into a QuickTime film of their JPEG files, each at its own time.

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
