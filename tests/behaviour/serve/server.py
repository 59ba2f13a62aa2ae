"""`sonoloop serve` as a person starts it, with all its processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from tests.processes import wait_until

START_SECONDS = 240  # enough on a busy machine
GONE_SECONDS = 30  # enough on a busy machine


class Server:
    """One `sonoloop serve` on a data folder, on a free port.

    Args:
        folder: its data folder.
        command: what to run instead of `sonoloop serve`.
        in_background: start it as a shell starts `sonoloop serve &`, which ignores Ctrl-C; else
            as in the foreground, however the tests themselves were started.
        environment: further variables.
    """

    def __init__(
        self,
        folder: Path,
        command: list[str] | None = None,
        *,
        in_background: bool = False,
        **environment: str,
    ) -> None:
        self.folder = folder
        self.output = folder.with_name(f"{folder.name}.{time.monotonic_ns()}.out")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SONOLOOP_")}
        on_ctrl_c = signal.SIG_IGN if in_background else signal.SIG_DFL

        def signals() -> None:
            signal.signal(signal.SIGINT, on_ctrl_c)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # even if `nohup` ignores it

        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command or [sys.executable, "-P", "-m", "app", "serve"],
                env={
                    **inherited,
                    "SONOLOOP_DATA_DIR": str(folder),
                    "SONOLOOP_PORT": "0",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=signals,
            )
        self._seen: dict[int, psutil.Process] = {}

    @property
    def said(self) -> str:
        """The terminal output so far."""
        return self.output.read_text("utf-8", "replace")

    @property
    def url(self) -> str:
        """The server's address, from its lock file."""
        return str(json.loads((self.folder / "serve.lock").read_text())["url"])

    @property
    def setup_links(self) -> list[str]:
        """The tokens of the printed set-up links."""
        return re.findall(r"/ui/set-up#token=(\S+)", self.said)

    def wait_ready(self, seconds: float = START_SECONDS) -> "Server":
        """Wait until it prints that it is ready, or is ready after printing that it is slow."""

        def ready() -> bool:
            self.processes()
            assert self.process.poll() is None, self.said
            if "Not ready after" in self.said:  # it prints nothing after this
                found = self.readiness()
                return bool(found) and all(found.values())
            return "Ready in" in self.said

        wait_until(ready, seconds, f"for the server to be ready:\n{self.said}")
        return self

    def readiness(self) -> dict[str, bool]:
        """Return the state of each part from `/readyz`, or nothing if it does not respond."""
        try:
            report = httpx.get(f"{self.url}/readyz", timeout=60).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return {check["name"]: check["ok"] for check in report["checks"]}

    def wait_all_ok(self, seconds: float = START_SECONDS) -> None:
        """Wait until every check passes."""

        def passes() -> bool:
            found = self.readiness()
            return bool(found) and all(found.values())

        wait_until(passes, seconds, "for every check to pass")

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, seen now or earlier, that are still running."""
        found: list[psutil.Process] = []
        try:
            itself = psutil.Process(self.process.pid)
            found = [itself, *itself.children(recursive=True)]
        except psutil.NoSuchProcess:
            pass
        self._seen |= {process.pid: process for process in found}
        return [process for process in self._seen.values() if _runs(process)]

    def part(self, word: str) -> psutil.Process:
        """Return the first direct child with this word in its command line."""
        for child in psutil.Process(self.process.pid).children():
            if word in " ".join(child.cmdline()):
                return child
        raise AssertionError(f"no child with {word!r} in its command line")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor alone."""
        self.processes()
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 120) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        self.send(number)
        return self.process.wait(seconds)

    def assert_all_gone(self) -> None:
        """Check that none of its processes is still running."""
        wait_until(lambda: not self.processes(), GONE_SECONDS, f"for the end of {self.processes()}")

    def close(self) -> None:
        """Kill all remaining processes, whatever the test did."""
        left = self.processes()
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait(60)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def doctor(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `sonoloop doctor` on a folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SONOLOOP_")}
    return subprocess.run(
        [sys.executable, "-m", "app", "doctor"],
        env={
            **inherited,
            "SONOLOOP_DATA_DIR": str(folder),
            "SONOLOOP_PORT": "0",
            "COLUMNS": "200",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
