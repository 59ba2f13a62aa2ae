"""One command starts everything; however it ends, no process is left and nothing is lost."""

import os
import shutil
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.behaviour.serve.conftest import Start
from tests.behaviour.serve.server import Server
from tests.processes import wait_until

ROOT = Path(__file__).parents[3]
ADMIN = {
    "SONOLOOP_ADMIN_EMAIL": "admin@example.org",
    "SONOLOOP_ADMIN_PASSWORD": "correct horse battery staple",
}

CREDENTIALS = {
    "email": ADMIN["SONOLOOP_ADMIN_EMAIL"],
    "password": ADMIN["SONOLOOP_ADMIN_PASSWORD"],
}


def sign_in(server: Server, email: str, password: str) -> int:
    """Sign in and return the status."""
    return httpx.post(
        f"{server.url}/session", json={"email": email, "password": password}, timeout=60
    ).status_code


def make_run() -> list[str]:
    """Return the command `make run` without installing and building: only signals are tested."""
    make = shutil.which("make")
    assert make, "make is needed for this test: apt install make"
    fresh = ["-o", ".venv/.installed-run", "-o", "frontend/dist/index.html"]
    return [make, "-s", "-C", str(ROOT), *fresh, "run"]


def test_in_the_background_ctrl_c_is_not_for_it_and_make_passes_sigterm_on(start: Start) -> None:
    """A shell without job control makes a process started with `&` ignore Ctrl-C."""
    server = start(command=make_run(), in_background=True).wait_ready()
    assert len(server.processes()) >= 6  # make, supervisor, broker, api, worker and its child
    os.killpg(server.process.pid, signal.SIGINT)
    server.wait_all_ok()
    server.stop(signal.SIGTERM)
    server.assert_all_gone()
    assert "Stopping at once" not in server.said  # printed after a second signal
    assert "killed" not in server.said
    assert "Stopped." in server.said


def test_ctrl_c_on_make_in_the_foreground_stops_every_process(start: Start) -> None:
    server = start(command=make_run()).wait_ready()
    server.processes()
    os.killpg(server.process.pid, signal.SIGINT)  # as a terminal does, to the whole group
    server.process.wait(60)
    server.assert_all_gone()
    assert "Stopped." in server.said


def test_a_killed_supervisor_leaves_no_process_and_its_set_up_link_is_not_printed_again(
    start: Start,
) -> None:
    server = start().wait_ready()
    (token,) = server.setup_links
    assert f"{server.url}/ui/set-up#token={token}" in server.said, "the port that is listened on"
    assert "starting it again" not in server.said, "api and worker wait for the database"
    ada = {"name": "Ada", "email": "ada@example.org", "password": "a quiet harbour at dawn"}
    answer = httpx.post(f"{server.url}/setup", json={"token": token, **ada}, timeout=60)
    assert answer.status_code == 201, answer.text
    logs = "".join(path.read_text("utf-8", "replace") for path in server.folder.glob("logs/*.log"))
    assert token not in logs
    server.send(signal.SIGKILL)
    server.process.wait(60)
    server.assert_all_gone()

    again = start().wait_ready()
    assert again.setup_links == []
    assert sign_in(again, ada["email"], ada["password"]) == 201
    assert again.stop(signal.SIGHUP) == 0


def test_the_first_admin_can_be_set_up_unattended(start: Start) -> None:
    server = start(**ADMIN).wait_ready()
    assert server.setup_links == []
    assert sign_in(server, **CREDENTIALS) == 201
    for process in server.processes():
        if process.pid != server.process.pid:
            assert ADMIN["SONOLOOP_ADMIN_PASSWORD"] not in process.environ().values()
    _an_open_event_stream_does_not_delay_the_stop(server)


def _an_open_event_stream_does_not_delay_the_stop(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.post("/session", json=CREDENTIALS).raise_for_status()
        with client.stream("GET", "/events") as stream:
            assert stream.status_code == 200
            server.send(signal.SIGTERM)
            _wait(server, 9)
    assert server.process.returncode == 0


def test_a_taken_port_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start(SONOLOOP_PORT=str(port))
        assert server.process.wait(60) == 1
    assert f"127.0.0.1 port {port}" in server.said
    assert "Traceback" not in server.said


def test_a_setting_that_cannot_be_used_is_named_without_its_value(start: Start) -> None:
    server = start(SONOLOOP_SITE_KEY="x" * 40, SONOLOOP_JOB_LEASE_SECONDS="never")
    assert server.process.wait(60) == 1
    assert "SONOLOOP_JOB_LEASE_SECONDS" in server.said
    assert "never" not in server.said
    assert "Traceback" not in server.said


def test_a_wrong_site_key_is_refused_before_anything_is_served(
    start: Start, prepared: Path
) -> None:
    wrong = start(prepared, SONOLOOP_SITE_KEY="b" * 40)
    assert wrong.process.wait(60) == 1
    assert "site key is not the one" in wrong.said
    assert "Open" not in wrong.said
    wrong.assert_all_gone()


def test_a_lost_site_key_is_refused_and_not_replaced(start: Start, prepared: Path) -> None:
    (prepared / "site.key").unlink()
    again = start(prepared)
    assert again.process.wait(60) == 1
    assert "site.key is missing" in again.said
    assert not (prepared / "site.key").exists()


def test_a_second_signal_does_not_wait_for_open_requests(start: Start) -> None:
    server = start(**ADMIN).wait_ready()
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stalled:
        head = f"POST /session HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.url}\r\n"
        stalled.sendall(
            head.encode() + b"Content-Type: application/json\r\nContent-Length: 500\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        # The request is open when the server asks for its body.
        assert stalled.recv(100).startswith(b"HTTP/1.1 100")
        server.send(signal.SIGINT)
        with pytest.raises(TimeoutError):
            _wait(server, 2)
        server.send(signal.SIGINT)
        _wait(server, 6)  # less than the ten seconds that open requests get
    server.assert_all_gone()


def _wait(server: Server, seconds: float) -> None:
    try:
        wait_until(lambda: server.process.poll() is not None, seconds)
    except AssertionError as error:
        raise TimeoutError from error
