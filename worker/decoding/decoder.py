"""The worker's side of decoding: sends a file to a decoding process and reads the result.

The processes of a worker share one fork server, and with it the memory of its imports.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from select import select
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from worker.decoding import wire
from worker.decoding.answers import Playing, read_label, read_picture
from worker.decoding.wire import Allowance, ClosedError
from worker.formats.pictures import Legend, PictureKind
from worker.formats.source import LabelError
from worker.ingest import Decoded, DecodeError, DecodeLimits
from worker.ingest.errors import damaged, too_much_memory

log = logging.getLogger(__name__)

T = TypeVar("T")

START_SECONDS = 60.0
"""Time to import the decoders on a busy machine."""
STARTS = 2
"""Attempts: a process that died before it had read anything was not killed by the file."""
_BUFFER_BYTES = 4 * 1024 * 1024
_GRACE_SECONDS = 2.0
_TIMERS = (signal.SIGALRM, signal.SIGPROF, signal.SIGXCPU)
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
}
"""The whole environment of a decoding process: no address, password or key of the site."""


class DecoderGoneError(Exception):
    """No decoding process could be started, or the processes are being killed."""


@dataclass
class Ended:
    """How a file's process ended."""

    pid: int
    status: int
    most_bytes: int
    """Largest resident size."""

    @property
    def by_signal(self) -> int | None:
        """The signal that ended it, if any."""
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else None


class ForkServer:
    """A process that has imported the decoders and forks them.

    It serves this process and those forked from it later, and ends when all of them are gone.
    """

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-m", "worker.decoding_process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=_ROOT,
                env=_ENVIRONMENT,
                start_new_session=True,
            )

    def fork(self, control: socket.socket) -> None:
        """Have a keeper of decoding processes forked, which uses this socket.

        Raises:
            OSError: the server is gone.
        """
        socket.send_fds(self._requests, [b"w"], [control.fileno()])

    def close(self) -> None:
        """End the server; the keepers stay."""
        self._requests.close()
        self.process.kill()
        self.process.wait()


@dataclass
class Decoder:
    """Decodes one file at a time in separate processes; safe to use from several threads.

    Attributes:
        allowance: limits on one file.
        ended: how the last process known to have ended did so.
        fault: the error that the last file caused in our code, by type and place, if any.
        server: forks the processes; one of its own is started if this is None or gone.
    """

    allowance: Allowance = field(default_factory=Allowance)
    ended: Ended | None = None
    fault: str | None = None
    server: ForkServer | None = None
    _own: ForkServer | None = None
    _keeper: int | None = None
    """Process id of the keeper, once it has said so."""
    _control: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def decode(self, data: bytes, limits: DecodeLimits, content_type: str | None = None) -> Decoded:
        """Run `worker.ingest.decode` in a process that the file may kill.

        Raises:
            DecodeError: as in `worker.ingest.decode`; also if the file needs too much time or
                memory, or stops the process.
            DecoderGoneError: the processes cannot be started or are killed.
        """
        limits.check_bytes(len(data))
        asked = {
            "kind": "picture",
            "limits": {f.name: getattr(limits, f.name) for f in fields(DecodeLimits)},
            "content_type": content_type,
        }
        return self._ask(asked, data, limits.max_pixels, partial(read_picture, limits=limits))

    def play(self, data: bytes, limits: DecodeLimits, work: Callable[[Playing], T]) -> T:
        """Return the result of `work` on a file of several frames, passed one by one.

        Raises:
            DecodeError: as in `worker.ingest.cine`; also if the file needs too much time or memory,
                or stops the process.
            DecoderGoneError: the processes cannot be started or are killed.
        """
        limits.check_bytes(len(data))
        asked = {
            "kind": "cine",
            "limits": {f.name: getattr(limits, f.name) for f in fields(DecodeLimits)},
        }

        def take(channel: socket.socket, header: dict[str, Any]) -> Callable[[], T]:
            playing = Playing.begun(channel, header, limits)
            try:
                made = work(playing)
            except BaseException as error:
                if playing.cut:
                    raise
                return partial(_raise, error)  # not one of the process's
            return lambda: made

        return self._ask(asked, data, limits.max_cine_pixels, take)()

    def decode_label(
        self, data: bytes, height: int, width: int, says: PictureKind, legend: Legend | None = None
    ) -> NDArray[np.uint8]:
        """Run `worker.formats.pictures.decode_label` in a process that the file may kill.

        Raises:
            LabelError: as in `decode_label`; also if the file needs too much time or memory, or
                stops the process.
            DecoderGoneError: the processes cannot be started or are killed.
        """
        asked = {
            "kind": "label",
            "height": height,
            "width": width,
            "says": says,
            "legend": [(*colour, name) for colour, name in (legend or {}).items()],
        }
        try:
            return self._ask(
                asked, data, height * width, partial(read_label, shape=(height, width))
            )
        except DecodeError as error:
            raise LabelError(error.code, error.detail) from None

    def _ask(
        self,
        asked: dict[str, Any],
        data: bytes,
        most_pixels: int,
        answer: Callable[[socket.socket, dict[str, Any]], T],
    ) -> T:
        """Send a file with at most this many pixels to the process, and return its answer."""
        asked |= {"bytes": len(data), "allowance": asdict(self.allowance)}
        with self._lock:
            for _ in range(STARTS):
                try:
                    return self._exchange(asked, data, most_pixels, answer)
                except _NotReadyError:
                    self._close()
                except (DecodeError, LabelError):
                    raise
                except BaseException:  # e.g. the job's time limit: the file is being decoded
                    self._close()
                    raise
        raise DecoderGoneError("No process that decodes can be started; see the worker's log.")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._close()
            if self._own is not None:
                self._own.close()
            self._own = None

    def _start(self) -> socket.socket:
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._fork(theirs)
        self._control = ours
        return ours

    def _fork(self, control: socket.socket) -> None:
        for server in (self._own, self.server):
            if server is not None:
                with suppress(OSError):
                    server.fork(control)
                    return
        if self._own is not None:
            self._own.close()
        self._own = ForkServer()
        self._own.fork(control)

    def _close(self) -> None:
        if self._control is not None:
            # Only a keeper that still holds its end has that process id for certain.
            if self._keeper is not None and not _is_closed(self._control):
                with suppress(ProcessLookupError):
                    os.killpg(self._keeper, signal.SIGKILL)
            self._control.close()
        self._control = self._keeper = None

    def _exchange(
        self,
        asked: dict[str, Any],
        data: bytes,
        most_pixels: int,
        answer: Callable[[socket.socket, dict[str, Any]], T],
    ) -> T:
        self.fault = None
        control = self._start()
        try:
            if self._keeper is None:
                control.settimeout(START_SECONDS)
                (self._keeper,) = wire.READY.unpack(wire.receive(control, wire.READY.size))
            self._read_retired(control)
            ours, theirs = socket.socketpair()
            for end in (ours, theirs):  # a file at once, without waking each other for pieces
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            with theirs:
                control.settimeout(START_SECONDS)
                socket.send_fds(control, [b"f"], [theirs.fileno()])
        except (ClosedError, OSError) as error:
            raise _NotReadyError from error
        with ours:
            ours.settimeout(START_SECONDS)
            try:
                (pid,) = wire.READY.unpack(wire.receive(ours, wire.READY.size))
            except (ClosedError, TimeoutError) as error:
                raise _NotReadyError from error
            most = self.allowance.seconds(most_pixels) * self.allowance.clock_factor
            ours.settimeout(most + _GRACE_SECONDS)
            try:
                wire.send(ours, asked, data)
                return self._answer(ours, answer)
            except TimeoutError:
                self._close()
                raise too_slow() from None
            except (ClosedError, OSError):
                raise self._death(control, pid) from None

    def _answer(
        self, channel: socket.socket, answer: Callable[[socket.socket, dict[str, Any]], T]
    ) -> T:
        header = wire.receive_header(channel)
        if "refused" in header:
            said = header["refused"]
            raise LabelError(*said) if len(said) == 2 else DecodeError(*said)
        if "fault" in header:
            self.fault = str(header["fault"])
            log.error("a file was refused for an error of the decoder: %s", self.fault)
            raise damaged()
        return answer(channel, header)

    def _read_retired(self, control: socket.socket) -> None:
        """Read the exit records of processes that have retired since."""
        while select([control], [], [], 0)[0]:
            self._read_end(control)

    def _read_end(self, control: socket.socket) -> Ended:
        control.settimeout(START_SECONDS)
        pid, status, most = wire.STATUS.unpack(wire.receive(control, wire.STATUS.size))
        self.ended = Ended(pid, status, most)
        return self.ended

    def _death(self, control: socket.socket, pid: int) -> DecodeError:
        """Return why the process ended in the middle of a file."""
        try:
            ended = self._read_end(control)
            while ended.pid != pid:  # an earlier one that had answered
                ended = self._read_end(control)
        except (ClosedError, OSError) as error:
            raise _NotReadyError from error
        found = ended.by_signal
        name = signal.Signals(found).name if found else f"exit code {ended.status >> 8}"
        log.error("a file ended the process that decoded it: %s", name)
        if found in _TIMERS:
            return too_slow()
        if found == signal.SIGKILL:
            return too_much_memory()
        return DecodeError(
            "decoder-stopped",
            "Cannot be decoded",
            "The file stops the decoder, so it is damaged or very unusual; export it again from "
            "its source, uncompressed if that is possible.",
            422,
        )


def _raise(error: BaseException) -> NoReturn:
    raise error


def _is_closed(control: socket.socket) -> bool:
    """Whether the other end is closed; what it sent before is discarded."""
    control.settimeout(0)
    try:
        while control.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


class _NotReadyError(Exception):
    """The process died or does not exist, for a reason other than the file."""


def too_slow() -> DecodeError:
    """Decoding took longer than allowed for an image of that size."""
    return DecodeError(
        "decoding-too-slow",
        "Decoding takes too long",
        "Decoding the file takes longer than an image of its size may, so it is damaged or very "
        "unusual; export it again from its source, uncompressed if that is possible.",
        422,
    )


_server: ForkServer | None = None
_decoder: Decoder | None = None
_owner = 0


def _of_this_process() -> Decoder:
    global _decoder, _owner
    if _decoder is None or _owner != os.getpid():  # after a fork, never the parent's
        _decoder, _owner = Decoder(server=_server), os.getpid()
        atexit.register(_decoder.close)
    return _decoder


def decode(data: bytes, limits: DecodeLimits, content_type: str | None = None) -> Decoded:
    """`Decoder.decode` with this process's only decoder."""
    return _of_this_process().decode(data, limits, content_type)


def play(data: bytes, limits: DecodeLimits, work: Callable[[Playing], T]) -> T:
    """`Decoder.play` with this process's only decoder."""
    return _of_this_process().play(data, limits, work)


def decode_label(
    data: bytes, height: int, width: int, says: PictureKind, legend: Legend | None = None
) -> NDArray[np.uint8]:
    """`Decoder.decode_label` with this process's only decoder."""
    return _of_this_process().decode_label(data, height, width, says, legend)


def share_server() -> None:
    """Start the fork server of this process and of those that will be forked from it."""
    global _server
    _server = ForkServer()
