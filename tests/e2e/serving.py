"""Start the product with `sonoloop serve`, on its own folder and port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.processes import children, free_port

START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Served:
    """The address of a served product, its data folder, and what it printed on starting."""

    url: str
    data: Path
    printed: str
    environment: dict[str, str]
    pid: int

    def run(self, *arguments: str) -> str:
        """Run a `sonoloop` command on this product's data and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def process(self, module: str) -> psutil.Process:
        """Return the running process of a Python module, such as `app.serve.api`."""
        return next(child for child in children(self.pid) if module in child.cmdline())


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """Start on a new folder, wait until ready, yield, stop.

    Args:
        settings: further ``SONOLOOP_…`` variables, in lower case without the prefix.

    Raises:
        AssertionError: it does not start; the message is what it printed.
    """
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SONOLOOP_DATA_DIR": str(folder / "data"),
        "SONOLOOP_PORT": str(port),
        "SONOLOOP_INTERACTIVE_SECONDS": "60",  # so no answer is late on a busy machine
        "PYTHONUNBUFFERED": "1",
        **{f"SONOLOOP_{name.upper()}": value for name, value in settings.items()},
    }
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"], env=environment, stdout=file, stderr=file
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _ready(url):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        yield Served(url, folder / "data", output.read_text(), environment, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=60).status_code == 200
    except httpx.HTTPError:
        return False
