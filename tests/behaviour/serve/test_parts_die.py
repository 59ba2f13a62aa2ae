"""A part that dies is restarted, and people notice little."""

import signal

import httpx
import psutil

from tests.behaviour.serve.conftest import Start
from tests.behaviour.serve.server import Server
from tests.processes import wait_until


def replaced(server: Server, word: str, old: psutil.Process) -> psutil.Process:
    """Wait for the process that replaces ``old`` and return it."""

    def newer() -> psutil.Process | None:
        try:
            found = server.part(word)
        except (AssertionError, psutil.NoSuchProcess):
            return None
        return found if found.pid != old.pid else None

    return wait_until(newer, what=f"for a new {word}")


def addresses(process: psutil.Process) -> list[tuple[str, int]]:
    """Return the addresses that a process listens on.

    It tries repeatedly: the kernel's socket table is read piece by piece, and a socket that another
    program closes meanwhile hides its neighbour.
    """
    return wait_until(
        lambda: [one.laddr for one in process.net_connections("tcp") if one.status == "LISTEN"],
        what=f"for {process} to listen",
    )


def test_the_broker_comes_back_at_the_same_address(server: Server) -> None:
    broker = server.part("valkey-server")
    before = addresses(broker)
    broker.kill()
    new = replaced(server, "valkey-server", broker)
    server.wait_all_ok()
    assert addresses(new) == before
    assert "broker ended (SIGKILL)" in server.said


def test_the_worker_comes_back_without_leaving_its_children(server: Server) -> None:
    worker = server.part("app worker")
    children = worker.children(recursive=True)
    assert children
    worker.kill()
    replaced(server, "app worker", worker)
    wait_until(lambda: not any(child.is_running() for child in children))
    server.wait_all_ok()


def test_a_worker_that_lives_and_takes_no_message_is_replaced(start: Start) -> None:
    server = start(SONOLOOP_WORKER_SILENCE_SECONDS="10", SONOLOOP_JOB_TIME_LIMIT_SECONDS="1")
    server.wait_ready()
    worker = server.part("app worker")
    children = worker.children(recursive=True)
    worker.suspend()
    replaced(server, "app worker", worker)
    wait_until(lambda: not any(child.is_running() for child in children))
    logs = [log.read_text() for log in (server.folder / "logs").glob("worker*.log")]
    assert any("this worker took no message" in log for log in logs)


def test_no_request_is_refused_while_an_api_process_is_started_again(server: Server) -> None:
    first = server.part("app.serve.api")
    first.kill()
    for _ in range(50):
        assert httpx.get(f"{server.url}/healthz", timeout=60).status_code == 200
    replaced(server, "app.serve.api", first)
    server.wait_all_ok()


def test_a_part_that_cannot_come_up_is_reported_with_its_last_words(start: Start) -> None:
    server = start(SONOLOOP_REDIS_URL="http://nonsense")  # only API and worker use it
    assert server.process.wait(120) == 1
    # Depends on what fails first: a part, or the check for messages that would start a worker.
    assert "does not come up" in server.said or "cannot be run" in server.said
    assert "rediss://" in server.said or "transport: http" in server.said
    server.assert_all_gone()


def test_it_stops_also_while_parts_are_being_started_again(start: Start) -> None:
    server = start().wait_ready()
    server.part("app worker").kill()
    server.part("valkey-server").kill()
    assert server.stop(signal.SIGTERM) == 0
    server.assert_all_gone()
