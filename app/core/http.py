"""Middleware for every request: an id, security headers, a body limit, a log line."""

import logging
import time
from collections.abc import Callable
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import MEDIA_TYPE, Problem, internal_error

log = logging.getLogger("sonoloop.access")
SMALL_BODY = 1024 * 1024
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
PUBLIC_BODY = 16 * 1024
"""Largest body that anybody may send without signing in: sign-in, set-up, invitations."""
GONE = 499
"""The status in the log if the client disconnected before the response."""
ABORT = "sonoloop.abort"
"""Key in a scope of the function that ends the connection in the middle of an answer."""


class CutOffError(Exception):
    """An answer under way must not continue; its connection is closed without the rest."""


SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # Only the front end serves pages, and it sets its own policy.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}


class HttpMiddleware:
    """Pure ASGI, so that streams (uploads, server-sent events) pass through unbuffered.

    Args:
        secure: whether the site is reached by https; its answers then require https of browsers.
        body_limit: returns the largest body in bytes for a path; the upload route's is larger.
    """

    def __init__(self, app: ASGIApp, secure: bool, body_limit: Callable[[str], int]) -> None:
        self.app = app
        self.secure = secure
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/") and not path.endswith("//"):
            # Treated as the same address: a client that does not follow redirects would lose its
            # body.
            scope = {**scope, "path": path[:-1], "raw_path": scope["raw_path"].removesuffix(b"/")}
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        limit = self.body_limit(scope["path"])
        received = 0
        responded = exceeded = refusing = False
        declared = dict(scope["headers"])
        unread = b"transfer-encoding" in declared or declared.get(b"content-length", b"0") != b"0"

        async def limited() -> Message:
            nonlocal received, exceeded, unread
            message = await receive()
            if message["type"] == "http.request":
                unread = bool(message.get("more_body"))
                received += len(message.get("body", b""))
                if received > limit:
                    exceeded = True
                    raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal status, responded
            if message["type"] == "http.response.start":
                if exceeded and not refusing:
                    raise _TooLarge  # FastAPI treated the exception as a broken body
                status, responded = message["status"], True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if unread:
                    headers["Connection"] = "close"  # nobody will read the rest of the body
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if self.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        try:
            length = declared.get(b"content-length", b"0")
            if length.isdigit() and int(length) > limit:
                raise _TooLarge
            await self.app(scope, limited, sending)
        except _TooLarge:
            if responded:
                raise
            refusing = True
            await _answer(too_large(limit), request_id)(scope, receive, sending)
        except ClientDisconnect:
            status = GONE
        except CutOffError as error:
            if ABORT not in scope:  # a server other than ours closes it on the exception
                raise
            log.info("cut off for %s %s", error, request_id)
            scope[ABORT]()
        except Exception:
            if responded:
                raise
            log.exception("unexpected error %s", request_id)
            await _answer(internal_error(), request_id)(scope, receive, sending)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            log.info(
                "%s %s %s %.1fms %s",
                scope["method"] if scope["method"] in METHODS else "?",
                _route(scope),
                status,
                milliseconds,
                request_id,
            )


def _route(scope: Scope) -> str:
    """Return the route as it is declared, so that no text of a sender reaches the log."""
    if scope["path"].startswith("/assets/"):
        return "/assets"
    return str(getattr(scope.get("route"), "path", "-"))


def _answer(problem: Problem, request_id: str) -> JSONResponse:
    return JSONResponse(
        problem.document(request_id),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


class _TooLarge(Exception):  # noqa: N818
    pass


def too_large(limit: int) -> Problem:
    """Return a 413 that names the limit in bytes."""
    return Problem(
        413,
        "too-large",
        f"The body is larger than this site's limit of {limit:,} bytes; send a smaller file.",
        limit_bytes=limit,
    )
