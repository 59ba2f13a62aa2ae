"""Servers that are stopped after their tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.serve.prepare import prepare
from tests.behaviour.serve.server import Server

Start = Callable[..., Server]


@contextmanager
def starting(default: Path) -> Iterator[Start]:
    """Yield a function that starts servers, and stop them all after the block."""
    started: list[Server] = []

    def start(
        folder: Path | None = None,
        command: list[str] | None = None,
        *,
        in_background: bool = False,
        **environment: str,
    ) -> Server:
        server = Server(folder or default, command, in_background=in_background, **environment)
        started.append(server)
        return server

    try:
        yield start
    finally:
        for server in started:
            server.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts servers: `start()` on one folder, `start(folder=…)` on another."""
    with starting(tmp_path / "data") as start:
        yield start


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A ready server with two API processes, for all tests of the module.

    A test that breaks a part waits until it has recovered.
    """
    with starting(tmp_path_factory.mktemp("site") / "data") as start:
        yield start(SONOLOOP_API_PROCESSES="2").wait_ready()


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A data folder from an earlier start: migrated, with keys and a set-up link."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    prepare(Settings(_env_file=None, data_dir=folder))
    return folder
