"""The fork server of the decoders: `python -m worker.decoding_process`, a socket as its input.

It imports the decoders once. For every worker process that sends it a control socket it forks a
keeper, which forks a process that decodes that worker's files, one after the other, under limits
that the kernel enforces. When a file kills that process, or it has grown, the keeper forks the next
within milliseconds and tells the worker the reason. (A fork for every file would cost 20 ms per
megapixel instead of 1 ms, because all memory would be touched for the first time.)
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.decoding import wire
from worker.decoding.confinement import confine, end_with, leave_network
from worker.formats.pictures import PictureKind, decode_label
from worker.formats.source import LabelError
from worker.ingest import Decoded, DecodeError, DecodeLimits, Frame, decode
from worker.ingest.cine import Survey, frames_of, open_cine, survey
from worker.ingest.errors import too_much_memory

_MOST_FILES = 500
_MOST_BYTES_KEPT = 192 * 1024 * 1024
"""A process that is larger than this after a file exits, which releases its memory."""
_RETIRED, _WORKER_GONE = 0, 2


def main() -> None:
    """Serve until every worker process that could ask is gone."""
    requests = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    _prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a keeper
    while True:
        said, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
        if not said:
            return
        if not descriptors:
            continue  # too many were open
        if os.fork() == 0:
            code = 1
            try:
                requests.close()
                os.setsid()  # the worker kills the group
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _keep(socket.socket(fileno=descriptors[0]))
                code = 0
            finally:
                os._exit(code)
        os.close(descriptors[0])


def _keep(control: socket.socket) -> None:
    """Keep a process that decodes running until the worker is gone."""
    keeper = os.getpid()
    control.sendall(wire.READY.pack(keeper))
    while True:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                end_with(keeper)
                os.dup2(0, 2)  # native libraries print what they find in a file
                code = _serve(control)
            finally:
                os._exit(code)
        _, status, usage = os.wait4(pid, 0)
        try:
            control.sendall(wire.STATUS.pack(pid, status, usage.ru_maxrss * 1024))
        except OSError:
            return  # the worker is gone


def _prepare() -> None:
    """Load what decoding loads at first use, disable the network, keep the heap shared."""
    Image.init()
    leave_network()
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket) -> int:
    """Answer requests until this process has grown; return the exit code."""
    gc.disable()
    confined = False
    for _ in range(_MOST_FILES):
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return _WORKER_GONE
        with socket.socket(fileno=descriptors[0]) as channel:
            channel.sendall(wire.READY.pack(os.getpid()))
            asked = wire.receive_header(channel)
            allowance = wire.Allowance(**asked["allowance"])
            if not confined:
                confine(allowance.memory_bytes)
                confined = True
            _allow_time(allowance, 0)
            if asked["kind"] == "cine":
                sound = _play(channel, asked, allowance)
            else:
                sound = _answer(channel, asked, allowance)
            _stop_time()
        gc.collect(1)
        if not sound or _resident_bytes() > _MOST_BYTES_KEPT:
            break
    return _RETIRED


def _answer(channel: socket.socket, asked: dict[str, Any], allowance: wire.Allowance) -> bool:
    """Decode one file; return whether the decoders can still be trusted."""
    payload = memoryview(b"")
    try:
        data = bytes(wire.receive(channel, asked["bytes"]))
        if asked["kind"] == "label":
            _allow_time(allowance, asked["height"] * asked["width"])
            header, payload = _label(data, asked)
        else:
            limits = _Timed(allowance, asked["limits"])
            header, payload = _decoded(data, limits, asked["content_type"])
    except DecodeError as error:
        header = {"refused": error.args}
    except LabelError as error:
        header = {"refused": (error.code, error.reason)}
    except MemoryError:
        header = {"refused": too_much_memory().args}
    except BaseException as error:
        # A Rust panic is no `Exception`. The message may quote the file; type and place do not.
        header = {"fault": _raised_in(error)}
    wire.send(channel, header, payload)
    return "fault" not in header


def _play(channel: socket.socket, asked: dict[str, Any], allowance: wire.Allowance) -> bool:
    """Decode a cine: the whole file once, to describe it, then one frame per request.

    The worker requests the next frame when it is ready, so that only a few are in memory, and its
    own time in between does not count against the file.
    """
    sound, header = True, dict[str, Any]()
    try:
        data = bytes(wire.receive(channel, asked["bytes"]))
        limits = DecodeLimits(**asked["limits"])
        opened = open_cine(data, limits)
        height, width = opened.about.frame.pixels.shape[:2]
        budget = _Budget(allowance, height * width)
        said = survey(replace(opened, frames=budget.over(opened.frames)), limits)
        _stop_time()
        _say_what_it_is(channel, opened.about, said)
        budget = _Budget(allowance, height * width)
        frames = frames_of(replace(opened, frames=budget.over(opened.frames)), grey=said.grey)
        while bytes(wire.receive(channel, 1)) == wire.NEXT:
            pixels = next(frames, None)
            _stop_time()
            if pixels is None:
                wire.send(channel, {"end": True}, b"")
                break
            wire.send(channel, {"shape": pixels.shape}, pixels.data.cast("B"))
        return True
    except (wire.ClosedError, OSError):
        return True  # the worker wants no more of it
    except DecodeError as error:
        header = {"refused": error.args}
    except MemoryError:
        header = {"refused": too_much_memory().args}
    except BaseException as error:
        header, sound = {"fault": _raised_in(error)}, False
    _stop_time()
    with suppress(OSError):
        wire.send(channel, header, b"")
    return sound


def _say_what_it_is(channel: socket.socket, about: Decoded, said: Survey) -> None:
    header = {
        **_reply(about),
        "times": said.times,
        "rate": said.frames_per_second,
        "samples": len(said.samples),
    }
    samples = np.stack(said.samples)
    header["shape"] = samples.shape[1:]
    wire.send(channel, header, samples.data.cast("B"))


class _Budget:
    """Processor time for a cine: an allowance for all pixels so far, whichever frame used it."""

    def __init__(self, allowance: wire.Allowance, pixels: int) -> None:
        self._allowance = allowance
        self._pixels = pixels
        self._begun = time.process_time()

    def over(
        self, frames: Callable[[], Iterator[tuple[NDArray[np.uint8], float | None]]]
    ) -> Callable[[], Iterator[tuple[NDArray[np.uint8], float | None]]]:
        """Yield the frames; each adds its own time before it is decoded."""

        def timed() -> Iterator[tuple[NDArray[np.uint8], float | None]]:
            inner = frames()
            count = 0
            while True:
                count += 1
                spent = time.process_time() - self._begun
                seconds = self._allowance.seconds(count * self._pixels) - spent
                _set_timers(max(seconds, 0.01), self._allowance.clock_factor)
                one = next(inner, None)
                if one is None:
                    return
                yield one

        return timed


def _reply(found: Decoded) -> dict[str, Any]:
    frame = found.frame
    about = {f.name: getattr(found, f.name) for f in fields(Decoded) if f.name != "frame"}
    picture = {f.name: getattr(frame, f.name) for f in fields(Frame) if f.name != "pixels"}
    return {"decoded": about, "frame": picture}


def _decoded(
    data: bytes, limits: DecodeLimits, content_type: str | None
) -> tuple[dict[str, Any], memoryview]:
    found = decode(data, limits, content_type)
    del data
    pixels = found.frame.pixels
    return {**_reply(found), "shape": pixels.shape}, pixels.data.cast("B")


def _label(data: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], memoryview]:
    legend = {(red, green, blue): name for red, green, blue, name in asked["legend"]}
    numbers = decode_label(
        data, asked["height"], asked["width"], PictureKind(asked["says"]), legend
    )
    return {"shape": numbers.shape}, np.ascontiguousarray(numbers).data.cast("B")


def _raised_in(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{kind} at {Path(last.filename).name}:{last.lineno}"


def _allow_time(allowance: wire.Allowance, pixels: int) -> None:
    _set_timers(allowance.seconds(pixels), allowance.clock_factor)


def _set_timers(seconds: float, clock_factor: float) -> None:
    # Both timers end the process by their default action, even in native code.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * clock_factor)


def _stop_time() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


class _Timed(DecodeLimits):
    """Limits that grant an image time according to its size, once the header states it."""

    _allowance: wire.Allowance
    _most: int

    def __init__(self, allowance: wire.Allowance, limits: dict[str, int]) -> None:
        super().__init__(**limits)
        object.__setattr__(self, "_allowance", allowance)
        object.__setattr__(self, "_most", 0)

    def check_size(self, height: int, width: int) -> None:
        super().check_size(height, width)
        pixels = height * width
        if pixels > self._most:
            object.__setattr__(self, "_most", pixels)
            _allow_time(self._allowance, pixels)
