"""Takes the newest frame of a source from its decoding process, and restarts that process."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worker.decoding import Allowance, wire
from worker.ingest.errors import DecodeError, DecodeLimits
from worker.live.source import WHY, Source

log = logging.getLogger(__name__)

Name = Literal["connecting", "live", "lost", "ended", "refused"]

SILENT_SECONDS = 12.0
"""After this long without a picture, a source is lost, and its process is ended."""
START_SECONDS = 60.0
"""Time to import the decoders on a busy machine."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 10.0
"""Time until a lost source is tried again; doubled each time."""
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""The whole environment of the process: no token, password or key."""


@dataclass(frozen=True, slots=True)
class State:
    """State of a source.

    Attributes:
        why: a key of `worker.live.source.WHY`; None if all is well.
        again_at: when it is tried again, in monotonic seconds; None if never.
    """

    name: Name
    why: str | None = None
    again_at: float | None = None


@dataclass(frozen=True, slots=True)
class GrabbedFrame:
    """A frame as received.

    Attributes:
        pixels: uint8 [H,W,3] RGB.
        at: when it was due, in monotonic seconds.
        number: count of frames from the source up to this one.
    """

    pixels: NDArray[np.uint8]
    at: float
    number: int


class Grabber:
    """One source. For use from one thread."""

    def __init__(self, source: Source, memory_bytes: int = Allowance().memory_bytes) -> None:
        self.source = source
        self.state = State("connecting")
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._wait = FIRST_WAIT
        self._last = 0.0
        """When the last picture came, or when waiting for it started, in monotonic seconds."""

    @property
    def is_unopened_file(self) -> bool:
        """Whether it is a file of which nothing has been read yet."""
        return self.source.kind == "file" and self._channel is None

    def newest(self) -> GrabbedFrame | None:
        """Return the newest frame that was not returned before.

        Returns None if none comes within half a second; `state` has the reason.
        """
        again = self.state.again_at
        over = self.state.name in ("ended", "refused")
        if over or (again is not None and time.monotonic() < again):
            time.sleep(0.1)
            return None
        if self._channel is None:
            self._start()
        try:
            return self._ask()
        except (wire.ClosedError, OSError):
            self._lose(self._death())
        except DecodeError:
            self._end("refused", "too-large")
        return None

    def restart(self) -> None:
        """Restart at once, whatever the state; a file starts from its beginning."""
        self.close()
        self.state, self._wait = State("connecting"), FIRST_WAIT

    def close(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._channel = self._process = None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-m", "worker.live.child"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=_ROOT,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        ours.settimeout(START_SECONDS)
        self._channel, self._last = ours, time.monotonic()
        asked = {
            "source": self.source.to_json(),
            "parent": os.getpid(),
            "memory_bytes": self._memory_bytes,
        }
        with suppress(OSError):
            wire.send(ours, asked, b"")

    def _ask(self) -> GrabbedFrame | None:
        channel = self._channel
        if channel is None:
            return None
        channel.sendall(wire.NEXT)
        header = wire.receive_header(channel)
        channel.settimeout(SILENT_SECONDS)
        if "shape" in header:
            return self._frame(channel, header)
        if "state" in header:
            self._say(header)
        elif time.monotonic() - self._last > SILENT_SECONDS:
            self._lose("silent")
        return None

    def _frame(self, channel: socket.socket, header: dict[str, Any]) -> GrabbedFrame:
        height, width, channels = map(int, header["shape"])
        if channels != 3:
            raise wire.ClosedError("pixels of another shape")
        DecodeLimits().check_size(height, width)
        pixels = np.empty((height, width, 3), np.uint8)
        wire.receive_into(channel, pixels.data.cast("B"))
        self._last, self._wait = time.monotonic(), FIRST_WAIT
        if self.state.name != "live":
            log.info("pictures come from %s, %d × %d px", self.source.label, width, height)
            self.state = State("live")
        return GrabbedFrame(pixels, float(header["at"]), int(header["number"]))

    def _say(self, header: dict[str, Any]) -> None:
        name, why = header["state"], header.get("why")
        if why is not None and why not in WHY:
            raise wire.ClosedError("a reason that is none")
        if name == "lost":
            self._lose(why, dead=False)
        elif name == "ended":
            self._end("ended", None)
        else:
            self._end("refused", why)

    def _end(self, name: Name, why: str | None) -> None:
        self.close()
        self.state = State(name, why)
        log.info("%s: %s. %s", self.source.label, name, WHY[why] if why else "")

    def _lose(self, why: str | None, *, dead: bool = True) -> None:
        """Schedule another attempt, with the same process unless it is dead.

        A file is not tried again, because it would fail the same way.
        """
        if self.source.kind == "file":
            self._end("refused", why)
            return
        if dead:
            self.close()
        self._last = time.monotonic() + self._wait
        if self.state.why != why or self.state.name != "lost":
            log.warning("lost %s. %s", self.source.label, WHY[why] if why else "")
        self.state = State("lost", why, time.monotonic() + self._wait)
        self._wait = min(2 * self._wait, LONGEST_WAIT)

    def _death(self) -> str:
        """Return why the process does not answer."""
        if self._process is None:
            return "decoder-stopped"
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            return "silent"
        return "decoder-stopped"
