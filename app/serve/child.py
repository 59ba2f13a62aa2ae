"""One child process: started, supervised, restarted when it dies, stopped cleanly."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.core.process import die_with_parent, lower_priority
from app.serve.console import Console
from app.serve.logs import ChildLog

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 15.0
HEALTHY_SECONDS = 30.0
"""A child that dies after living this long restarts with the shortest pause again."""
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run as a child process.

    ``stdin`` is written to the child and closed: its content appears in no list of processes.
    ``stop_seconds`` is how long the child may take to end after SIGTERM. ``quiet`` keeps its
    warnings in its log. ``nice`` is added to its niceness. ``wanted`` returns once the program is
    needed; the program then ends by itself when it is not needed any more.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    stop_seconds: float
    stdin: bytes | None = None
    pass_fds: tuple[int, ...] = ()
    quiet: bool = False
    nice: int = 0
    wanted: Callable[[], Awaitable[None]] | None = None


def _begin(parent: int, nice: int) -> None:
    die_with_parent(parent)
    if nice:
        lower_priority(nice)


class Child:
    """Keeps a program running until it is stopped.

    Every child leads its own process group: Ctrl-C reaches only the supervisor, and processes that
    a dead child leaves behind are killed. The kernel kills the child if the supervisor dies
    unexpectedly.
    """

    def __init__(
        self, program: Program, log: ChildLog, console: Console, died: Callable[["Child"], None]
    ) -> None:
        self.program = program
        self.log = log
        self.deaths = 0
        self.pid: int | None = None
        self._console = console
        self._died = died
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Run until :meth:`stop` is called."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            if not await self._is_wanted():
                return
            started = time.monotonic()
            code = await self._once()
            if self._stopping.is_set():
                return
            if self.program.wanted is not None and code == 0:
                continue  # it ended because it was idle
            lived = time.monotonic() - started
            self.deaths += 1
            if lived > HEALTHY_SECONDS:
                pause = FIRST_PAUSE
            self._console.note(
                f"{self.program.name} ended ({_describe(code)}) after {lived:.0f} s; "
                f"starting it again. Its log: {self.log.path}"
            )
            self._died(self)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 3, LONGEST_PAUSE)

    async def stop(self) -> None:
        """Ask the child to end, wait up to its limit, then kill it with everything it started."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), self.program.stop_seconds)
        except TimeoutError:
            self._console.note(f"{self.program.name} did not stop in time and was killed.")
            self.kill()

    def kill(self) -> None:
        """End the child and everything in its process group at once."""
        if self.pid is not None:
            _kill_group(self.pid)

    async def _is_wanted(self) -> bool:
        """Wait until the program is needed; return False if it is stopped before that."""
        if self.program.wanted is None:
            return True
        stop = asyncio.ensure_future(self._stopping.wait())
        wanted = asyncio.ensure_future(self.program.wanted())
        try:
            await asyncio.wait((stop, wanted), return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                return False
            wanted.result()  # raises the error of the check, if any
            return True
        finally:
            stop.cancel()
            wanted.cancel()

    async def _once(self) -> int:
        reading, writing = os.pipe()
        stdin = _filled_pipe(self.program.stdin) if self.program.stdin is not None else None
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.argv,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
                stdout=writing,
                stderr=writing,
                env=dict(self.program.env),
                pass_fds=self.program.pass_fds,
                start_new_session=True,
                preexec_fn=partial(_begin, os.getpid(), self.program.nice),
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
            if stdin is not None:
                os.close(stdin)
        self.pid = self._process.pid
        if self._stopping.is_set():  # asked to stop while it was being started
            self.kill()
        pump = asyncio.create_task(self._pump(reading))
        try:
            return await self._process.wait()
        finally:
            _kill_group(self.pid)  # processes that the child left behind
            self.pid = None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pump, 1)

    async def _pump(self, handle: int) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=CHUNK)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(handle, "rb", buffering=0)
        )
        try:
            while data := await reader.read(CHUNK):
                self.log.write(data)
        finally:
            transport.close()


def _filled_pipe(data: bytes) -> int:
    """Return the reading end of a pipe with ``data``, which must fit its buffer (64 KiB)."""
    reading, writing = os.pipe()
    try:
        os.write(writing, data)
    finally:
        os.close(writing)
    return reading


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
