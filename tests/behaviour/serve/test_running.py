"""A running server keeps secrets and its data folder private, and the doctor finds no problem."""

import time
from pathlib import Path
from typing import Any

import httpx
import redis

from app.core.broker import INTERACTIVE_QUEUE, BrokerClient
from app.core.ids import new_id
from app.core.settings import Settings
from app.status.monitor import MAX_AGE_SECONDS
from tests.behaviour.serve.conftest import Start
from tests.behaviour.serve.server import Server, doctor
from tests.processes import wait_until


def test_a_second_start_on_the_same_folder_says_so_and_changes_nothing(
    server: Server, start: Start
) -> None:
    second = start(server.folder)
    assert second.process.wait(60) == 1
    assert f"process {server.process.pid}" in second.said
    assert server.url in second.said
    assert "Traceback" not in second.said
    server.wait_all_ok()


def test_no_list_of_processes_shows_the_brokers_password(server: Server) -> None:
    redis_url = server.part("app.serve.api").environ()["SONOLOOP_REDIS_URL"]
    password = redis_url.partition("redis://:")[2].partition("@")[0]
    assert len(password) > 30
    for process in server.processes():
        assert password not in " ".join(process.cmdline())


def test_the_data_folder_is_its_owners_alone(server: Server) -> None:
    assert server.folder.stat().st_mode & 0o077 == 0
    assert (server.folder / "site.key").stat().st_mode & 0o077 == 0


def test_pages_come_before_masks_and_drawing_is_not_slowed(server: Server) -> None:
    parts = ("app.serve.api", "--queue segment", "--queue interactive")

    def niceness() -> dict[str, int]:
        return {
            part: process.nice()
            for process in server.processes()
            for part in parts
            if part in " ".join(process.cmdline())
        }

    # The interactive worker starts when somebody is about to draw.
    assert "--queue interactive" not in niceness()
    url = server.part("app.serve.api").environ()["SONOLOOP_REDIS_URL"]
    broker = BrokerClient(Settings(_env_file=None, redis_url=url))
    question = {"kind": "prepare", "image_id": str(new_id()), "model": None}
    assert broker.ask(new_id(), question, seconds=60, most=1)
    wait_until(lambda: len(niceness()) == len(parts), 60, what="for every part")
    wait_until(lambda: broker.queue_length(INTERACTIVE_QUEUE) == 0, 60)
    broker.close()
    found = niceness()
    assert found["--queue segment"] == found["app.serve.api"] + 5
    assert found["--queue interactive"] == found["app.serve.api"]


def test_asking_often_leaves_nothing_in_the_broker(server: Server) -> None:
    url = server.part("app.serve.api").environ()["SONOLOOP_REDIS_URL"]
    with redis.Redis.from_url(url) as broker:
        # Each worker has a mailbox for control messages; the last worker starts after the pages.
        wait_until(lambda: broker.scard("_kombu.binding.celery.pidbox") == 2, what="for workers")
        for _ in range(12):  # so that both API processes have been queried
            httpx.get(f"{server.url}/readyz", timeout=60)
        sizes = []
        for _ in range(4):
            httpx.get(f"{server.url}/readyz", timeout=60)
            sizes.append(_entries(broker))
            time.sleep(MAX_AGE_SECONDS + 0.1)  # so that the checks really run every time
        assert sizes[-1] <= sizes[0]


def _entries(broker: Any) -> int:
    """Return the number of keys and of the members of their sets and lists."""
    sizes = {b"set": broker.scard, b"list": broker.llen, b"zset": broker.zcard}
    keys = broker.keys("*")
    return len(keys) + sum(
        int(sizes[kind](key)) for key in keys if (kind := broker.type(key)) in sizes
    )


def test_doctor_finds_a_running_server_well(server: Server) -> None:
    server.wait_all_ok()
    done = doctor(server.folder)
    failed = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    pages_built = (Path(__file__).parents[3] / "frontend" / "dist" / "index.html").exists()
    assert failed == [] or not pages_built, done.stdout
    assert done.returncode == (0 if pages_built else 1)
    for name in ("python", "libraries", "device", "database", "site key", "worker", "model"):
        assert f"✓  {name}" in done.stdout, done.stdout
