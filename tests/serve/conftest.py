"""Servers that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.serve.server import Server

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers; `start()` on one and the same folder, `start(folder=…)` on another."""
    started: list[Server] = []

    def _start(
        folder: Path | None = None, command: list[str] | None = None, **environment: str
    ) -> Server:
        server = Server(folder or tmp_path / "data", command, **environment)
        started.append(server)
        return server

    yield _start
    for server in started:
        server.close()
