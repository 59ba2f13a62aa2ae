"""Starts the broker, the api and the workers, keeps them running, and stops them in order."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

from app.core.queues import QUEUES
from app.core.settings import VERSION, Settings
from app.serve.broker import Broker, choose_broker, wait_for_broker
from app.serve.child import Child, Program
from app.serve.console import Console
from app.serve.demand import message_in
from app.serve.limits import (
    API_STOP_SECONDS,
    BROKER_START_SECONDS,
    DEATHS_BEFORE_READY,
    IDLE_SECONDS,
    READY_SECONDS,
    WORKER_NICE,
    WORKER_STOP_SECONDS,
)
from app.serve.logs import ChildLog
from app.serve.preparing import prepare
from app.site.readiness import fetch_readiness, local_url

PYTHON = (sys.executable, "-P", "-m")
"""This interpreter, without the current folder on its path, which may hold another `app`."""


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


class Gate:
    """A pipe whose closing tells children that they may begin; it stays open for later children."""

    def __init__(self) -> None:
        self.handle, self._writing = os.pipe()
        self._is_open = False

    def open(self) -> None:
        """Let the children begin."""
        if not self._is_open:
            self._is_open = True
            os.close(self._writing)

    def close(self) -> None:
        """Close the file descriptors, once there are no children."""
        self.open()
        os.close(self.handle)


class Supervisor:
    """Everything that `sonoloop serve` runs.

    Args:
        settings: with the actual port.
        listener: listening socket, shared by all api processes.
        console: the terminal output.
    """

    def __init__(self, settings: Settings, listener: socket.socket, console: Console) -> None:
        self._settings = settings
        self._listener = listener
        self._console = console
        self._children: list[Child] = []
        self._tasks: dict[Child, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._ready = False
        self._failure: StartError | None = None
        self._gate = Gate()

    async def run(self) -> None:
        """Run until a stop signal.

        Raises:
            StartError: a part does not start.
            PrepareError: the data cannot be served.
        """
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(name) != signal.SIG_IGN:  # nohup ignores SIGHUP
                loop.add_signal_handler(name, self._on_signal)
        try:
            self._console.say(f"Sonoloop {VERSION} is starting …")
            # The broker starts, and the others import their modules, while the database is
            # migrated: the imports take longer than everything else at startup.
            broker = None if self._settings.redis_url else self._start_broker()
            env = self._environment(broker)
            self._start(self._gated(self._worker(env, "segment")))
            for number in range(self._settings.api_processes):
                self._start(self._gated(self._api(env, number)))
            setup_link = await prepare(self._settings)
            if broker is not None:
                await self._wait_for_broker(broker)
            self._announce(setup_link)
            if not self._stop.is_set():
                self._gate.open()
                await self._wait_until_ready(started)
            if not self._stop.is_set():
                self._start(self._on_demand(env, "interactive"))
                self._start(self._on_demand(env, "background"))
                if _trains():
                    self._start(self._on_demand(env, "train"))
                if self._settings.dicom_port:
                    self._start(self._dicom(env))
            await self._stop.wait()
            if self._failure is not None:
                raise self._failure
        finally:
            await self._end()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._console.note("Stopping at once.")
            for child in self._children:
                child.kill()
        self._stop.set()

    # -- starting ------------------------------------------------------------------------------

    def _start_broker(self) -> Broker:
        broker = choose_broker()
        self._start(broker.program())
        return broker

    async def _wait_for_broker(self, broker: Broker) -> None:
        if not await wait_for_broker(broker, BROKER_START_SECONDS):
            raise StartError(
                "The broker does not start. Set SONOLOOP_REDIS_URL to a Redis or Valkey of your "
                f"own, or see why.{last_words(self._children[0])}"
            )

    def _environment(self, broker: Broker | None) -> dict[str, str]:
        settings = self._settings
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name.upper() != "SONOLOOP_ADMIN_PASSWORD"  # only this process needs it
        }
        return inherited | {
            "SONOLOOP_DATA_DIR": str(settings.data_dir.absolute()),
            "SONOLOOP_HOST": settings.host,
            "SONOLOOP_PORT": str(settings.port),
            "SONOLOOP_REDIS_URL": broker.url if broker else settings.redis_url,
            "SONOLOOP_TRAINS_ON_DEMAND": str(_trains()),
            "PYTHONUNBUFFERED": "1",
            # With one memory arena per thread, a thread keeps memory that others could use.
            "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
        }

    def _api(self, env: dict[str, str], number: int) -> Program:
        listening = self._listener.fileno()
        name = "api" if self._settings.api_processes == 1 else f"api-{number + 1}"
        argv = [*PYTHON, "app.serve.api", "--fd", str(listening)]
        return Program(name, argv, env, API_STOP_SECONDS, pass_fds=(listening,))

    def _worker(self, env: dict[str, str], queue: str) -> Program:
        name = "worker" if queue == "segment" else f"worker-{queue}"
        argv = [*PYTHON, "app", "worker", "--queue", queue]
        if queue != "segment":
            argv += ["--concurrency", "1"]
        nice = 0 if queue == "interactive" else WORKER_NICE
        return Program(name, argv, env, WORKER_STOP_SECONDS, nice=nice)

    def _gated(self, program: Program) -> Program:
        """Return the program, changed to touch no data of the site before the gate opens."""
        handle = self._gate.handle
        argv = [*program.argv, "--after", str(handle)]
        return replace(program, argv=argv, pass_fds=(*program.pass_fds, handle))

    def _on_demand(self, env: dict[str, str], queue: str) -> Program:
        """Return a worker that uses memory only while there is work for it."""
        program = self._worker(env, queue)
        argv = [*program.argv, "--end-when-idle", str(IDLE_SECONDS)]
        wanted = partial(message_in, env["SONOLOOP_REDIS_URL"], QUEUES[queue])
        return replace(program, argv=argv, wanted=wanted)

    def _dicom(self, env: dict[str, str]) -> Program:
        return Program("dicom", [*PYTHON, "app", "dicom", "listen"], env, API_STOP_SECONDS)

    def _start(self, program: Program) -> None:
        folder = self._settings.data_dir / "logs"

        def notable(line: str) -> None:
            if not program.quiet:
                self._console.relay(program.name, line, folder / f"{program.name}.log")

        log = ChildLog(folder, program.name, notable)
        child = Child(program, log, self._console, self._died)
        self._children.append(child)
        self._tasks[child] = asyncio.create_task(child.run(), name=program.name)
        self._tasks[child].add_done_callback(self._gave_up)

    def _gave_up(self, task: asyncio.Task[None]) -> None:
        """Handle the end of a child's task; it has an error if its program could not be run."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(StartError(f"{task.get_name()} cannot be run: {error}"))

    def _died(self, child: Child) -> None:
        if self._ready or child.deaths < DEATHS_BEFORE_READY:
            return
        self._fail(StartError(f"{child.program.name} does not come up.{last_words(child)}"))

    def _fail(self, error: StartError) -> None:
        self._failure = self._failure or error
        self._stop.set()

    # -- telling people ------------------------------------------------------------------------

    def _announce(self, setup_link: str | None) -> None:
        settings = self._settings
        self._console.pair("Open", settings.url)
        if setup_link:
            self._console.pair("First sign-in", setup_link, "works once, for 24 hours")
        self._console.pair("Data", str(settings.data_dir.absolute()))
        self._console.pair("Logs", str((settings.data_dir / "logs").absolute()))

    async def _wait_until_ready(self, started: float) -> None:
        report: dict[str, Any] | None = None
        while not self._stop.is_set() and time.monotonic() - started < READY_SECONDS:
            report = await asyncio.to_thread(fetch_readiness, local_url(self._settings))
            if report and report["status"] in ("ready", "degraded"):
                self._ready = True
                model = next(c["detail"] for c in report["checks"] if c["name"] == "model")
                seconds = time.monotonic() - started
                self._console.say(f"Ready in {seconds:.1f} s. {model} Ctrl-C stops it.")
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 0.1)
        if self._stop.is_set():
            return
        self._ready = True  # from here on, dead parts are restarted without limit
        self._console.problem(f"Not ready after {READY_SECONDS:.0f} s:")
        for check in report["checks"] if report else ():
            if not check["ok"]:
                self._console.problem(f"  {check['name']}: {check['detail']} {check['fix']}")
        self._console.say("It keeps running and will serve what it can. Ctrl-C stops it.")

    # -- stopping ------------------------------------------------------------------------------

    async def _end(self) -> None:
        """Stop api and workers first and the broker last: they report through it to the end."""
        self._listener.close()
        if len(self._children) > 1:
            self._console.say("Stopping …")
        broker = [child for child in self._children if child.program.name == "broker"]
        others = [child for child in self._children if child not in broker]
        for group in (others, broker):
            await asyncio.gather(*(child.stop() for child in group))
            await asyncio.gather(*(self._tasks[child] for child in group), return_exceptions=True)
        for child in self._children:
            child.log.close()
        self._gate.close()
        self._console.say("Stopped.")


def _trains() -> bool:
    """Whether the extra `train` is installed."""
    return find_spec("torch") is not None


def last_words(child: Child) -> str:
    """Return the end of a child's log with its last error, and the log's path."""
    lines = "".join(f"\n  {line}" for line in child.log.last_words)
    return f" The end of its log {child.log.path}:{lines}"
