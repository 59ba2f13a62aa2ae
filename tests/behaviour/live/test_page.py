"""The page of `sonoloop live`: who may see it, what they see, and nothing is stored."""

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.films import lesion_film


@dataclass(frozen=True)
class Running:
    """The command, its address and token, and the only folder that it may write to."""

    url: str
    token: str
    folder: Path

    def socket(self, **more: Any) -> ClientConnection:
        return connect(f"{self.url.replace('http', 'ws')}/stream", max_size=None, **more)

    @contextmanager
    def watching(self) -> Iterator[ClientConnection]:
        with self.socket() as socket:
            socket.send(json.dumps({"token": self.token}))
            yield socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    film = lesion_film(tmp_path_factory.mktemp("film") / "monitor.mp4", count=1200, rate=10)
    folder = tmp_path_factory.mktemp("here")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SONOLOOP")},
        "SONOLOOP_DATA_DIR": str(folder / "data"),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    command = [sys.executable, "-m", "app", "live", str(film), "--port", "0", "--threads", "1"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline().split()[-1]
        url, _, token = link.partition("/#")
        yield Running(url, token, folder)
    finally:
        process.terminate()
        assert process.wait(60) in (0, -signal.SIGTERM)


def heard(socket: ClientConnection, name: str) -> dict[str, Any]:
    """Return the next message with content."""
    while True:
        message = socket.recv(timeout=60)
        if isinstance(message, str) and name in (said := json.loads(message)):
            assert isinstance(said, dict)
            return said


def frame(socket: ClientConnection) -> tuple[dict[str, Any], bytes]:
    """Return the next frame: its data and its file."""
    while True:
        message = socket.recv(timeout=60)
        if isinstance(message, bytes):
            (length,) = struct.unpack("<I", message[:4])
            return json.loads(message[4 : 4 + length]), message[4 + length :]


def test_the_page_runs_its_own_scripts_alone_and_holds_no_token(running: Running) -> None:
    answer = httpx.get(running.url)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert running.token not in answer.text
    assert httpx.get(f"{running.url}/assets/../live.html").status_code == 404


def test_another_name_for_this_machine_is_not_answered(running: Running) -> None:
    assert httpx.get(running.url, headers={"Host": "evil.example.org"}).status_code == 421


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ({"token": "guessed"}, None),
        ({"token": None}, None),
        ([], None),
        ({"token": "TRUE"}, "http://evil.example.org"),
    ],
)
def test_who_has_not_the_link_sees_nothing(running: Running, said: Any, origin: str | None) -> None:
    if origin:
        said = {"token": running.token}
    with running.socket(origin=origin) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.send(json.dumps(said))
        socket.recv(timeout=60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_frames_come_outlined_one_at_a_time_and_the_newest_is_next(running: Running) -> None:
    with running.watching() as socket:
        said, file = frame(socket)
        assert file[:2] == b"\xff\xd8"
        assert (said["width"], said["height"]) == (640, 480)
        lesion = said["lesions"][0]
        assert lesion["area_px"] > 500
        assert lesion["long_axis_px"] >= lesion["short_axis_px"] > 0
        assert len(lesion["contour"]) > 10
        # The film is dark at its top and bottom: the depth marks are where the echoes are.
        assert 10 < said["depth"]["top"] < 60
        assert 420 < said["depth"]["foot"] < 470
        with pytest.raises(TimeoutError):  # no further frame before this one is shown
            while isinstance(socket.recv(timeout=1.5), str):
                pass
        socket.send(json.dumps({"do": "shown"}))
        newer, _ = frame(socket)
        assert newer["number"] - said["number"] >= 5


def test_nothing_is_kept_without_a_site_and_nothing_is_on_the_disk(running: Running) -> None:
    with running.watching() as socket:
        said, _ = frame(socket)
        socket.send(json.dumps({"do": "keep", "what": "frame"}))  # not frozen: nothing happens
        socket.send(json.dumps({"do": "freeze", "number": said["number"] + 10**6}))
        assert heard(socket, "frozen") == {"frozen": False}
        socket.send(json.dumps({"do": "freeze", "number": said["number"]}))
        assert heard(socket, "frozen") == {"frozen": True}
        socket.send(json.dumps({"do": "keep", "what": "cine"}))
        assert heard(socket, "problem") == {"problem": "no-worklist"}
    assert [path for path in running.folder.rglob("*") if path.is_file()] == []


def test_what_is_no_message_ends_that_page_alone(running: Running) -> None:
    for nonsense in ('{"do"', "[]", '{"do": "freeze"}', '{"do": "freeze", "number": "x"}'):
        with running.watching() as socket:
            heard(socket, "about")
            socket.send(nonsense)
            with pytest.raises(ConnectionClosed):
                while True:
                    socket.recv(timeout=60)
    with running.watching() as socket:
        frame(socket)
