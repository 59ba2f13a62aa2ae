"""The decoding process of a live source: `python -m worker.live.child`, with a socket as input.

It decodes everything and keeps only the newest frame, so that a slow reader gets fewer frames but
never old ones. A frame is converted and sent on request.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import av
import av.error
import av.logging
import numpy as np

from worker.decoding import wire
from worker.decoding.confinement import confine, end_with, leave_network
from worker.ingest.errors import DecodeError, DecodeLimits
from worker.ingest.video import CODECS, container_of
from worker.live.source import FORMATS, Source

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

WAIT_SECONDS = 0.5
"""Time that a response waits for a frame newer than the last one."""
OPEN_SECONDS, READ_SECONDS = 10.0, 8.0
LATE_SECONDS = 1.0
"""If the machine was delayed for longer than this, a played file continues from where it is."""
_HEAD_BYTES = 16
_BAD_PACKETS = 50
"""Most consecutive packets that may fail to decode; networks lose a few."""


class Newest:
    """The newest frame of a source. Frames that are not requested in time are dropped.

    Attributes:
        told: whether the other side knows that the source has ended; it may request a restart.
    """

    def __init__(self, number: int) -> None:
        self.told = False
        self._changed = threading.Condition()
        self._frame: tuple[VideoFrame, float] | None = None
        self._number = number
        self._end: dict[str, Any] | None = None

    def put(self, frame: VideoFrame, at: float) -> None:
        """Store a frame that was due at that time of the monotonic clock."""
        with self._changed:
            self._frame, self._number = (frame, at), self._number + 1
            self._changed.notify()

    def end(self, said: dict[str, Any]) -> None:
        """Record the end of the source, with its reason."""
        with self._changed:
            self._end = said
            self._changed.notify()

    def after(self, number: int, seconds: float) -> Taken | dict[str, Any] | None:
        """Return a frame newer than that number, else the reason for the end; None: neither yet."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number or self._end is not None, seconds)
            if self._number > number and self._frame is not None:
                return Taken(*self._frame, self._number)
            return self._end


class Taken(NamedTuple):
    """A frame, when it was due (monotonic seconds), and the count of frames up to it."""

    frame: VideoFrame
    at: float
    number: int


class _EndedError(Exception):
    """The source has ended; `why` is a key of `worker.live.source.WHY`."""

    def __init__(self, state: str, why: str | None = None) -> None:
        super().__init__(state, why)
        self.said = {"state": state, "why": why}


def main() -> None:
    """Serve one source until the other side is gone."""
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 2)  # native libraries print what they find in a stream
    asked = wire.receive_header(channel)
    end_with(int(asked["parent"]))
    source = Source(**asked["source"])
    av.logging.set_level(av.logging.PANIC)
    if source.kind != "url":
        leave_network()
    confine(int(asked["memory_bytes"]))
    newest, number = _begun(source, 0), 0
    while bytes(wire.receive(channel, 1)) == wire.NEXT:
        if newest.told:
            newest = _begun(source, number)
        found = newest.after(number, WAIT_SECONDS)
        if isinstance(found, Taken):
            number = found.number
            pixels = np.ascontiguousarray(found.frame.to_ndarray(format="rgb24"))
            header = {"shape": pixels.shape, "at": found.at, "number": number}
            wire.send(channel, header, pixels.data.cast("B"))
        else:
            newest.told = found is not None
            wire.send(channel, found or {"waiting": True}, b"")


def _begun(source: Source, number: int) -> Newest:
    """Decode in a thread; frames are counted from a given number."""
    newest = Newest(number)
    threading.Thread(target=_decode, args=(source, newest), daemon=True).start()
    return newest


def _decode(source: Source, newest: Newest) -> None:
    try:
        with _opened(source) as container:
            for frame, at in _paced(source, container):
                DecodeLimits().check_size(frame.height, frame.width)
                newest.put(frame, at)
        if source.kind == "file":
            raise _EndedError("ended")
        raise _EndedError("lost", "unreachable")
    except _EndedError as end:
        newest.end(end.said)
    except DecodeError:
        newest.end({"state": "refused", "why": "too-large"})
    except BaseException as error:
        newest.end(_said(source, error))


_OF_DEVICES = {
    errno.ENOENT: "unplugged",
    errno.ENXIO: "unplugged",
    errno.EACCES: "busy",
    errno.EPERM: "busy",
    errno.EBUSY: "busy",
    errno.ENOTTY: "not-a-camera",
    errno.ENODEV: "not-a-camera",
    errno.EINVAL: "not-offered",
}
"""Reasons by error of FFmpeg's `v4l2` input. Any other error means that the device does not
respond.
"""


def _said(source: Source, error: BaseException) -> dict[str, Any]:
    """Return the state after an error of FFmpeg, whose message may quote the source's password."""
    if source.kind == "device" and isinstance(error, av.error.FFmpegError):
        return {"state": "lost", "why": _OF_DEVICES.get(error.errno or 0, "unreachable")}
    kinds: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
        ((av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError), "unauthorized"),
        ((FileNotFoundError, av.error.HTTPNotFoundError), "not-found"),
        ((PermissionError,), "busy"),
        ((av.error.InvalidDataError, av.error.DemuxerNotFoundError), "not-a-video"),
    )
    for errors, word in kinds:
        if isinstance(error, errors):
            return {"state": "refused" if source.kind == "file" else "lost", "why": word}
    if source.kind == "file":
        return {"state": "refused", "why": "damaged"}
    return {"state": "lost", "why": "unreachable"}


def asked_of_device(source: Source) -> dict[str, str]:
    """Options of FFmpeg's `v4l2` input; whatever was not requested is left to the device."""
    wanted = {"video_size": source.size, "framerate": source.rate}
    return {name: str(value) for name, value in wanted.items() if value}


def _opened(source: Source) -> InputContainer:
    timeout = (OPEN_SECONDS, READ_SECONDS)
    if source.kind == "file":
        # Opened here and not by FFmpeg: whatever the file contains, no other file is opened.
        file = Path(source.address).open("rb")  # noqa: SIM115  (the container closes it)
        name = container_of(file.read(_HEAD_BYTES))
        file.seek(0)
        if name is None:
            raise _EndedError("refused", "not-a-video")
        return av.open(file, "r", format=name)
    if source.kind == "device":
        given = asked_of_device(source)
        return av.open(source.address, "r", format="v4l2", options=given, timeout=timeout)
    options = {
        "protocol_whitelist": source.protocols,
        "format_whitelist": FORMATS,
        "fflags": "nobuffer",
        "flags": "low_delay",
        "probesize": "1000000",
        "analyzeduration": "1000000",
        **({"rtsp_transport": "tcp"} if source.address.lower().startswith("rtsp") else {}),
    }
    return av.open(source.address, "r", options=options, timeout=timeout)


def _paced(source: Source, container: InputContainer) -> Iterator[tuple[VideoFrame, float]]:
    """Yield frames as they come, a file's at its own pace, each with the time when it was due."""
    if not container.streams.video:
        raise _EndedError("refused" if source.kind == "file" else "lost", "no-pictures")
    stream: Any = container.streams.video[0]
    context = stream.codec_context
    if context is None or context.codec.canonical_name not in CODECS:
        raise _EndedError("refused", "unsupported")
    context.thread_count = 1  # frame threads each hold one frame back
    rate = float(stream.average_rate) if stream.average_rate else 25.0
    began, first, index, bad = time.monotonic(), None, 0, 0
    for packet in container.demux(stream):
        came = time.monotonic()
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            bad += 1
            if bad > _BAD_PACKETS:
                raise _EndedError(
                    "refused" if source.kind == "file" else "lost", "damaged"
                ) from None
            continue
        for frame in frames:
            bad = 0
            if source.kind != "file":
                yield frame, came
                continue
            moment = index / rate if frame.time is None else frame.time
            first = moment if first is None else first
            index += 1
            due = began + moment - first
            wait = due - time.monotonic()
            if not -LATE_SECONDS < wait < READ_SECONDS:
                began, first, due = time.monotonic(), moment, time.monotonic()
            elif wait > 0:
                time.sleep(wait)
            yield frame, due


if __name__ == "__main__":
    with suppress(wire.ClosedError, OSError):  # the other side is gone
        main()
    os._exit(0)  # whatever the thread is doing
