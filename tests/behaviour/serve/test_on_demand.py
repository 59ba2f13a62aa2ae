"""Rarely needed workers use memory only while they have work."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from app.core.broker import BACKGROUND_QUEUE, BrokerClient
from app.serve.child import Child, Program
from app.serve.console import Console
from app.serve.demand import message_in
from app.serve.logs import ChildLog
from tests.processes import Processes, children, wait_until

WORK = """
import pathlib, redis, sys
redis.Redis.from_url(sys.argv[1]).delete(sys.argv[2])
with pathlib.Path("began").open("a") as file:
    file.write("x")
"""


def test_a_part_begins_when_a_message_waits_and_again_with_the_next(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start_broker()
    broker = BrokerClient(processes.settings)
    url = processes.settings.redis_url
    program = Program(
        "part",
        [
            "sh",
            "-c",
            f"cd {tmp_path} && exec {sys.executable} -c '{WORK}' {url} {BACKGROUND_QUEUE}",
        ],
        dict(os.environ),
        stop_seconds=5,
        wanted=partial(message_in, url, BACKGROUND_QUEUE),
    )
    log = ChildLog(tmp_path / "logs", "part", lambda line: None)
    child = Child(program, log, Console(), lambda dead: None)

    def began() -> int:
        file = tmp_path / "began"
        return len(file.read_text()) if file.exists() else 0

    async def watch() -> None:
        running = asyncio.create_task(child.run())
        for times in (0, 1, 2):
            await asyncio.sleep(0.5)
            assert began() == times
            assert broker.notify(BACKGROUND_QUEUE)
            while began() == times or child.pid is not None:
                await asyncio.sleep(0.02)
        await child.stop()
        await asyncio.wait_for(running, 5)

    try:
        asyncio.run(asyncio.wait_for(watch(), 60))
        assert child.deaths == 0
    finally:
        broker.close()
        log.close()
        processes.close()


def test_a_worker_ends_once_nothing_has_come_for_a_while(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    try:
        processes.migrate()
        processes.start_broker()
        worker = processes.start_worker("background", options=("--end-when-idle", "1"))
        wait_until(lambda: children(worker.pid))
        assert worker.wait(60) == 0
    finally:
        processes.close()
