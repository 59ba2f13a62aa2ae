"""Limits on expensive connections: heads and bodies that never end, answers that nobody reads, and
too many connections at once.

Uvicorn only closes connections that are idle between requests. Here a head must be complete within
a time and a size, a body must keep arriving, an answer must be read, and connections are limited in
total and by address. A refused client gets the reason, as everywhere, and a moment to read it:
closing a socket with unread input in it would discard the answer.
"""

import asyncio
import json
import logging
import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from app.core.http import ABORT, SECURITY_HEADERS
from app.core.problems import MEDIA_TYPE, Problem
from app.core.settings import Settings
from app.serve.reading import ReadProgress, in_system_buffer

log = logging.getLogger(__name__)

MOST_HEAD_BYTES = 64 * 1024
LOOK_SECONDS = 1.0
LINGER_SECONDS = 2.0
MOST_LINGERING = 64
RETRY_SECONDS = 5
_AT_ONCE = struct.pack("ii", 1, 0)
"""Value of SO_LINGER with which a closed socket discards unsent data."""


class Phase(Enum):
    """What a connection expects from the client."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()
    """A whole request has arrived; another may follow."""
    END = auto()
    """The connection was refused; further input is discarded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a process; see the settings of the same names."""

    head_seconds: float
    body_seconds: float
    body_bytes_per_second: int
    answer_seconds: float
    unread_bytes: int
    connections: int
    connections_per_address: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(
            settings.head_seconds,
            settings.body_seconds,
            settings.body_bytes_per_second,
            settings.answer_seconds,
            settings.unread_bytes,
            settings.connections,
            settings.connections_per_address,
        )


class ConnectionRegistry:
    """The connections of one api process: counts them and checks once a second for late ones.

    Args:
        limits: of this process.
        proxies: addresses and networks, separated by commas, without a limit by address: everybody
            behind a proxy has its address. `*` is all.
    """

    def __init__(self, limits: Limits, proxies: str = "") -> None:
        self.limits = limits
        self._all_proxies = "*" in proxies
        names = [name.strip() for name in proxies.replace("*", "").split(",")]
        self._proxies = [ip_network(name, strict=False) for name in names if _is_network(name)]
        self._open: set[Connection] = set()
        self._by_address: Counter[str] = Counter()
        self._next_check: asyncio.TimerHandle | None = None

    @property
    def protocol(self) -> Callable[..., "Connection"]:
        """The protocol class that uvicorn makes connections with."""
        return partial(Connection, self)

    def enter(self, connection: "Connection") -> Problem | None:
        """Count a connection; return a problem if it is one too many."""
        self._open.add(connection)
        self._by_address[connection.address] += 1
        if self._next_check is None:
            self._next_check = connection.loop.call_later(
                LOOK_SECONDS, self._refuse_late, connection.loop
            )
        if len(self._open) > self.limits.connections:
            return Problem(
                503,
                "too-many-connections",
                "The server has as many connections as it can handle. Nothing was lost; try again "
                "in a moment.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        counted = self._by_address[connection.address]
        if counted > self.limits.connections_per_address and not self._is_proxy(connection):
            return Problem(
                429,
                "too-many-connections",
                "Your address has as many connections as one may have. Close some, or use one "
                "for several requests.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        return None

    def leave(self, connection: "Connection") -> None:
        """Forget a closed connection."""
        if connection in self._open:
            self._open.remove(connection)
            self._by_address[connection.address] -= 1
            if not self._by_address[connection.address]:
                del self._by_address[connection.address]

    def may_linger(self) -> bool:
        """Whether one more refused connection may stay open for a moment."""
        return sum(one.phase == Phase.END for one in self._open) < MOST_LINGERING

    def bound_unread(self, writing: "Connection") -> None:
        """Cut off the connections least recently read from while too many bytes wait to be read.

        Args:
            writing: has just been written to, and is spared.
        """
        others = [one for one in self._open if one is not writing and one.unread]
        left = sum(one.unread for one in others) + writing.unread - self.limits.unread_bytes
        for one in sorted(others, key=lambda one: one.read_at):
            if left <= 0:
                return
            left -= one.unread
            log.warning("cut off an answer that is not read: too many bytes wait")
            one.cut_off()

    def _is_proxy(self, connection: "Connection") -> bool:
        if self._all_proxies:
            return True
        try:
            address = ip_address(connection.address)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _refuse_late(self, loop: asyncio.AbstractEventLoop) -> None:
        for connection in list(self._open):
            connection.refuse_if_late(loop.time())
        self._next_check = None
        if self._open:
            self._next_check = loop.call_later(LOOK_SECONDS, self._refuse_late, loop)


def _is_network(name: str) -> bool:
    try:
        ip_network(name, strict=False)
    except ValueError:
        return False
    return True


class Connection(HttpToolsProtocol):
    """One connection, which ends when its client is too slow or sends what nobody will read."""

    def __init__(self, registry: ConnectionRegistry, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registry = registry
        self.phase = Phase.HEAD
        self.address = ""
        self._since = self._heard = self.loop.time()
        self._bytes = 0
        self._answer = ReadProgress(self.loop.time())
        self._next: asyncio.Task[None] | None = None
        self._under_way: RequestResponseCycle | None = None

    # -- what asyncio and the parser call --------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        refused = self.registry.enter(self)
        if refused is not None:
            self.refuse(refused)

    def connection_lost(self, exc: Exception | None) -> None:
        self.registry.leave(self)
        self._tell_gone()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.phase == Phase.END:
            return
        if self.phase == Phase.NOTHING:
            self._begin(Phase.HEAD)
        heads = self.phase == Phase.HEAD
        super().data_received(data)
        if heads and self.phase == Phase.HEAD:
            self._bytes += len(data)
            if self._bytes > MOST_HEAD_BYTES:
                detail = f"The head of a request may have {MOST_HEAD_BYTES:,} bytes; send less."
                self.refuse(Problem(431, "head-too-large", detail))

    def on_headers_complete(self) -> None:
        self._begin(Phase.BODY)
        super().on_headers_complete()
        self.cycle.transport = _Ending(self)  # type: ignore[assignment]
        cast(dict[str, Any], self.scope)[ABORT] = self.abort

    def on_body(self, body: bytes) -> None:
        self._bytes += len(body)
        self._heard = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begin(Phase.NOTHING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Hold back the next pipelined request until this answer is read."""
        if self.pipeline and self.flow.write_paused:
            self._next = self.loop.create_task(self._begin_next())
        else:
            super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._under_way = cycle  # `self.cycle` is the last of several pipelined requests
        super()._start_asgi_task(cycle, app)

    async def _begin_next(self) -> None:
        await self.flow.drain()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer input that is not HTTP with a problem, like any other error."""
        detail = "This is not a request as HTTP/1.1 says; send it again with another program."
        self.refuse(Problem(400, "not-http", detail))

    # -- limits ----------------------------------------------------------------------------------

    @property
    def unread(self) -> int:
        """Bytes of answers that wait in this process's buffer."""
        return self.transport.get_write_buffer_size()

    @property
    def read_at(self) -> float:
        """Loop time when part of the answer was last read, or when nothing was waiting."""
        return self._answer.read_at

    def answer(self, data: bytes) -> None:
        """Send a part of an answer."""
        self._look()
        self.transport.write(data)
        self._answer.written += len(data)
        if self.flow.write_paused:
            self.registry.bound_unread(self)

    def _look(self) -> None:
        self._answer.look(self.unread, in_system_buffer(self.transport), self.loop.time())

    def refuse_if_late(self, now: float) -> None:
        """Refuse a client that is late; called every `LOOK_SECONDS`."""
        limits = self.registry.limits
        self._look()
        if self._answer.is_late(now, limits.answer_seconds, limits.body_bytes_per_second):
            log.info("cut off an answer that is not read")
            self.cut_off()
        elif self.phase == Phase.END:
            if now - self._since > LINGER_SECONDS:
                self.transport.abort()
        elif self.phase == Phase.HEAD:
            if self._answering():
                self._since = now  # the next request's head may wait for this one's answer
            elif now - self._since > limits.head_seconds:
                detail = f"The head of the request did not come within {limits.head_seconds:g} s."
                self.refuse(Problem(408, "head-too-slow", detail))
        elif self.phase == Phase.BODY:
            if self.flow.read_paused:  # this side has paused reading
                self._since += LOOK_SECONDS
                self._heard = now
            granted = limits.body_seconds + self._bytes / limits.body_bytes_per_second
            if now - self._heard > limits.body_seconds or now - self._since > granted:
                detail = (
                    f"The body stopped for {limits.body_seconds:g} s or came slower than "
                    f"{limits.body_bytes_per_second:,} bytes a second; send it again."
                )
                self.refuse(Problem(408, "body-too-slow", detail))

    def refuse(self, problem: Problem) -> None:
        """Send the problem, unless an answer is under way, and end."""
        answering = self.cycle is not None and self.cycle.response_started
        if not answering or self.cycle.response_complete:
            self.transport.write(_bytes_of(problem))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.end()

    def end(self) -> None:
        """Close; if the other side still sends, leave it a moment to read first."""
        if self.phase == Phase.END or self.transport.is_closing():
            return
        self.pipeline.clear()
        sends = self.phase in (Phase.HEAD, Phase.BODY)
        if sends and self.transport.can_write_eof() and self.registry.may_linger():
            self._begin(Phase.END)
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self.transport.close()

    def abort(self) -> None:
        """End in the middle of an answer and discard what is not sent yet."""
        self._tell_gone()  # then uvicorn does not report a fault
        self.transport.abort()

    def cut_off(self) -> None:
        """End at once; the system discards the unsent data too."""
        known = self.transport.get_extra_info("socket")
        if known is not None:
            known.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.abort()

    def _tell_gone(self) -> None:
        """Tell the application that its client has disconnected."""
        for cycle in (self._under_way, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _begin(self, phase: Phase) -> None:
        self.phase, self._bytes = phase, 0
        self._since = self._heard = self.loop.time()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


class _Ending:
    """The transport that a request's answer writes to; its close is :meth:`Connection.end`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        if self._connection.phase != Phase.END:
            self._connection.answer(data)

    def is_closing(self) -> bool:
        connection = self._connection
        return connection.phase == Phase.END or connection.transport.is_closing()

    def close(self) -> None:
        self._connection.end()


def _bytes_of(problem: Problem) -> bytes:
    """Return a problem as a complete HTTP answer, outside any route."""
    body = json.dumps(problem.document()).encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        **SECURITY_HEADERS,
        **problem.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[problem.status] + lines.encode() + b"\r\n" + body
