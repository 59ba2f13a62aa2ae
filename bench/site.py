"""A whole site for measuring: `sonoloop serve` in a separate folder, with a token."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SONOLOOP = [sys.executable, "-m", "app"]


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: its address, a token with all scopes, its process and its folder."""

    url: str
    token: str
    pid: int
    data: Path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def site(**settings: str) -> Iterator[Site]:
    """Start a site, wait until it is ready, yield it, stop it.

    Args:
        settings: additional ``SONOLOOP_…`` variables, in lower case without the prefix.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="sonoloop-bench-") as folder:
        environment = {
            **os.environ,
            "SONOLOOP_DATA_DIR": folder,
            "SONOLOOP_PORT": str(port),
            "SONOLOOP_ADMIN_EMAIL": "bench@example.org",
            "SONOLOOP_ADMIN_PASSWORD": secrets.token_urlsafe(),
            **{f"SONOLOOP_{name.upper()}": value for name, value in settings.items()},
        }
        process = subprocess.Popen([*SONOLOOP, "serve"], env=environment, stdout=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_ready(url, process)
            token = subprocess.run(
                [
                    *(*SONOLOOP, "token", "create", "--name", "bench", "--scope", "segment"),
                    *("--scope", "read", "--scope", "write"),
                ],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            yield Site(url, token, process.pid, Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def wait_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 300) -> None:
    """Wait for `/readyz`; raises RuntimeError if the site ends or is too slow."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"sonoloop serve ended with {process.returncode}")
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("sonoloop serve was not ready in time")
