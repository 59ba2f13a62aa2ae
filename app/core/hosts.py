"""The host names that this site answers to.

Another site can point its own name at this machine (DNS rebinding); the browser then treats our
answers as that site's own. So a request must name this site in its ``Host``.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.problem_answers import plain_answer
from app.core.problems import Problem
from app.core.settings import Settings

PROBES = {"/healthz", "/readyz"}
"""Machines request these by whatever address they know; they reveal nothing about the site."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^\[\]:@/?#\s\x00-\x20]+)(:[0-9]{1,5})?")


class HostMiddleware:
    """Answers 421 to requests whose ``Host`` is not one of this site's names."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = names(settings)
        # An address cannot be pointed elsewhere, so if the server listens on all addresses of a
        # machine and no name is set, each of them is accepted.
        self._any_address = settings.host in EVERYWHERE and not settings.public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES or self._ours(scope):
            await self.app(scope, receive, send)
            return
        problem = Problem(
            421,
            "unknown-host",
            "This site is not known by that name. Use its address as your administrator gave it; "
            "an administrator allows further names with SONOLOOP_ALLOWED_HOSTS.",
        )
        await plain_answer(problem, scope)(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        sent = {value for name, value in scope["headers"] if name == b"host"}
        if len(sent) != 1:
            return False
        name = host_name(sent.pop().decode("latin-1"))
        if name is None:
            return False
        return name in self._names or (self._any_address and _is_address(name))


def host_name(header: str) -> str | None:
    """Return the name in a ``Host`` header, in lower case, without port; None if invalid."""
    found = _HOST.fullmatch(header.strip())
    return found["name"].strip("[]").lower().rstrip(".") if found else None


def names(settings: Settings) -> frozenset[str]:
    """Return the names and addresses of this site according to its settings."""
    found = {*LOOPBACK, *settings.allowed_hosts, settings.host}
    if settings.public_url:
        found.add(urlsplit(settings.public_url).hostname or "")
    return frozenset(name.strip("[]").lower() for name in found if name not in EVERYWHERE)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
