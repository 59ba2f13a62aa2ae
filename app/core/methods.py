"""Responses of every address beyond its own methods: HEAD if it has GET, OPTIONS, and 405."""

import re
from collections.abc import Iterable
from functools import lru_cache

import anyio
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import Mount, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = "sonoloop_head"


class MethodsMiddleware:
    """Answers HEAD as GET without the body, and OPTIONS with the methods of the address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            allowed = allowed_methods(scope["app"], scope["path"])
            if allowed:
                await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
                return
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})[_HEAD] = True
        # A copy, so that the server still sees HEAD and expects no body of the stated length.
        asked = {**scope, "method": "GET"}
        with anyio.CancelScope() as answered:
            await self.app(asked, receive, _bodiless(send, answered))
        scope["route"] = asked.get("route")  # for the log


def _bodiless(send: Send, answered: anyio.CancelScope) -> Send:
    ended = False

    async def sending(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            await send(message)
        elif not ended:
            ended = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body"):
                answered.cancel()  # a stream may be endless

    return sending


def is_head(request: Request) -> bool:
    """Return whether a request that reaches a route as GET is a HEAD."""
    return bool(getattr(request.state, _HEAD, False))


def allowed_methods(app: FastAPI, path: str) -> str:
    """Return the ``Allow`` header of an address (RFC 9110, 10.2.1); empty if nothing is there."""
    found = {
        method for pattern, methods in _table(app) if pattern.match(path) for method in methods
    }
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted({*found, "OPTIONS"})) if found else ""


@lru_cache(maxsize=8)
def _table(app: FastAPI) -> list[tuple[re.Pattern[str], Iterable[str]]]:
    """Return patterns of addresses with their methods; routes do not change once the app serves."""
    table: list[tuple[re.Pattern[str], Iterable[str]]] = []
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount):
            table.append((re.compile(re.escape(context.original_route.path) + "/"), ["GET"]))
        else:
            table.append((compile_path(str(context.path))[0], context.methods or ()))
    return table
