"""The page of `sonoloop live`, and its communication with the outlining thread.

One WebSocket carries everything. The browser reports when it has shown a frame, and only then gets
the next, which is the newest: a slow network shows fewer frames but never old ones. The link's
token is the first message, so that it appears in no address, log or referrer.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.core.hosts import host_name
from worker.live.engine import Engine
from worker.live.grabber import Grabber, State
from worker.live.keeping import Keeper, KeepError
from worker.live.outliner import Outlined, Outliner
from worker.live.recent import Recent

DIST = Path(__file__).parents[2] / "frontend" / "dist"
MOST_VIEWERS = 4
TOKEN_SECONDS = 10.0
ACK_SECONDS = 30.0
"""A browser that has not shown a frame for this long is gone."""
_NONCE = "__CSP_NONCE__"
_WRONG_TOKEN, _TOO_MANY = 4401, 4429
_HEAD = struct.Struct("<I")


def policy(nonce: str) -> str:
    """The Content-Security-Policy of the page: its own scripts, styles, pictures and socket."""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


@dataclass(eq=False)
class Viewer:
    """An open page.

    Attributes:
        newest: the frame to send next; a newer one replaces it.
        shown: whether another frame may be sent to the page.
        sent: the frames that the page may still freeze.
        frozen: the frozen frame, with the seconds before it; empty while the picture runs.
    """

    newest: Outlined | None = None
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[Outlined] = field(default_factory=list)
    frozen: tuple[Outlined, ...] = ()

    def offer(self, frame: Outlined) -> None:
        """Replace an older frame that was not sent yet."""
        if not self.frozen:
            self.newest = frame
            self.waiting.set()

    def freeze(self, number: int, before: tuple[Outlined, ...]) -> bool:
        """Hold a frame that the page shows; return False if it is gone."""
        found = [frame for frame in self.sent if frame.number == number]
        if not found:
            return False
        self.frozen = (*(frame for frame in before if frame.number < number), found[-1])
        self.newest = None
        self.waiting.clear()
        return True


class Live:
    """A source, its outlines, and the pages that show it."""

    def __init__(
        self, grabber: Grabber, outliner: Outliner, keeper: Keeper, seconds: float, about: str
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self._viewers: set[Viewer] = set()
        self._sockets: set[WebSocket] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper = keeper
        self._about = {"source": about, "seconds": seconds, "worklist": keeper.where}
        self._engine = Engine(
            grabber, outliner, Recent(seconds), self._publish, self._publish_state
        )

    def app(self, hosts: frozenset[str], dist: Path = DIST) -> ASGIApp:
        """Return the app, which responds only under these host names."""

        @asynccontextmanager
        async def life(_app: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._engine.start()
            yield
            await asyncio.to_thread(self._engine.stop)

        def page(_request: Request) -> Response:
            try:
                text = (dist / "live.html").read_text("utf-8")
            except FileNotFoundError:
                return HTMLResponse(
                    "<!doctype html><title>Sonoloop</title><p>The pages are not built yet. "
                    "Run <code>make frontend</code> and reload.",
                    status_code=503,
                )
            nonce = secrets.token_urlsafe(16)
            headers = {
                "Content-Security-Policy": policy(nonce),
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
            }
            return HTMLResponse(text.replace(_NONCE, nonce), headers=headers)

        routes: list[BaseRoute] = [
            Route("/", page),
            WebSocketRoute("/stream", self._stream),
        ]
        if (dist / "assets").is_dir():
            routes.append(Mount("/assets", StaticFiles(directory=dist / "assets")))
        return Named(Starlette(routes=routes, lifespan=life), hosts)

    async def _stream(self, socket: WebSocket) -> None:
        await socket.accept()
        if not await self._knows_token(socket):
            await socket.close(_WRONG_TOKEN)
            return
        if len(self._viewers) >= MOST_VIEWERS:
            await socket.close(_TOO_MANY)
            return
        viewer = Viewer()
        viewer.shown.set()
        self._viewers.add(viewer)
        self._sockets.add(socket)
        self._watch_engine()
        sending = asyncio.create_task(self._send(socket, viewer))
        try:
            await socket.send_json({"about": self._about})
            await socket.send_json(_state_message(self._engine.state))
            while True:
                await self._do(socket, viewer, await socket.receive_json())
        except (WebSocketDisconnect, ValueError, KeyError, TypeError, RuntimeError):
            pass  # gone, or not a valid message
        finally:
            sending.cancel()
            self._viewers.discard(viewer)
            self._sockets.discard(socket)
            self._watch_engine()
            with suppress(RuntimeError):
                await socket.close()

    async def _knows_token(self, socket: WebSocket) -> bool:
        if not _same_origin(socket):
            return False
        try:
            async with asyncio.timeout(TOKEN_SECONDS):
                message = await socket.receive_json()
        except (TimeoutError, WebSocketDisconnect, ValueError, KeyError, RuntimeError):
            return False
        given = message.get("token") if isinstance(message, dict) else None
        return isinstance(given, str) and secrets.compare_digest(
            given.encode(), self.token.encode()
        )

    async def _send(self, socket: WebSocket, viewer: Viewer) -> None:
        """Send frames, each after the previous one was shown."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await viewer.waiting.wait()
                async with asyncio.timeout(ACK_SECONDS):
                    await viewer.shown.wait()
                frame, viewer.newest = viewer.newest, None
                viewer.waiting.clear()
                if frame is None:
                    continue
                viewer.shown.clear()
                viewer.sent = [*viewer.sent[-1:], frame]
                age = round((time.monotonic() - frame.at) * 1000, 1)
                head = json.dumps({**frame.said, "age_ms": age}, separators=(",", ":")).encode()
                await socket.send_bytes(_HEAD.pack(len(head)) + head + frame.jpeg)

    async def _do(self, socket: WebSocket, viewer: Viewer, asked: dict[str, Any]) -> None:
        match asked["do"]:
            case "shown":
                viewer.shown.set()
            case "freeze":
                number = int(asked["number"])
                before = await asyncio.to_thread(self._engine.up_to, number)
                await socket.send_json({"frozen": viewer.freeze(number, before)})
                self._watch_engine()
            case "resume":
                viewer.frozen = ()
                viewer.shown.set()
                self._watch_engine()
            case "restart":
                self._engine.restart()
            case "keep":
                await self._keep(socket, viewer, asked)
            case "again":
                await self._send_kept(socket, str(asked["id"]))

    async def _keep(self, socket: WebSocket, viewer: Viewer, asked: dict[str, Any]) -> None:
        if not viewer.frozen:
            return
        frames = viewer.frozen if asked["what"] == "cine" else viewer.frozen[-1:]
        try:
            kept = await asyncio.to_thread(
                self._keeper.keep, frames, asked.get("subject"), asked.get("mm_per_px")
            )
        except KeepError as error:
            await socket.send_json({"problem": error.code})
            return
        await self._send_kept(socket, kept)

    async def _send_kept(self, socket: WebSocket, kept: str) -> None:
        """Send kept frames and report their state to the page, which continues meanwhile."""
        await socket.send_json({"kept": self._keeper.as_json(kept)})

        async def sent() -> None:
            await asyncio.to_thread(self._keeper.send, kept)
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_json({"kept": self._keeper.as_json(kept)})

        task = asyncio.create_task(sent())
        _UNDER_WAY.add(task)
        task.add_done_callback(_UNDER_WAY.discard)

    def _watch_engine(self) -> None:
        self._engine.watch(any(not viewer.frozen for viewer in self._viewers))

    def _publish(self, frame: Outlined) -> None:
        def offer() -> None:
            for viewer in self._viewers:
                viewer.offer(frame)

        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(offer)

    def _publish_state(self, state: State) -> None:
        async def send() -> None:
            for socket in list(self._sockets):
                with suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_json(_state_message(state))

        if self._loop is not None:
            with suppress(RuntimeError):
                asyncio.run_coroutine_threadsafe(send(), self._loop)


_UNDER_WAY: set[asyncio.Task[None]] = set()


def _state_message(state: State) -> dict[str, Any]:
    wait = None if state.again_at is None else max(0.0, state.again_at - time.monotonic())
    return {"state": state.name, "why": state.why, "again_in": wait and round(wait, 1)}


def _same_origin(socket: WebSocket) -> bool:
    """Whether our own page opened the socket; programs send no origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


class Named:
    """Responds only to its own host names: another site's name may be made to point here."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            sent = [value for name, value in scope["headers"] if name == b"host"]
            if len(sent) != 1 or host_name(sent[0].decode("latin-1")) not in self._hosts:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": _WRONG_TOKEN})
                    return
                await Response("Not known by this name.", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)
