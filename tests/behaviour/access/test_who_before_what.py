"""The sender is checked before the body is read, so the response follows the headers."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from app.accounts.access import Guard, guards, public, routes
from app.core.http import PUBLIC_BODY
from app.core.ids import new_id
from app.core.settings import Settings
from app.main import create_app
from tests.running_site import Site

SOON = 20.0
"""Seconds; shorter than the server waits for a missing body (`Settings.body_seconds`)."""
UNSAFE = {"POST", "PUT", "PATCH"}
APP = create_app(Settings(_env_file=None))
WRITING = sorted(
    (method, str(route.path), public in guards(route))
    for route in routes(APP)
    for method in (route.methods or set()) & UNSAFE
)
GUARDED = [(method, path) for method, path, open_to_all in WRITING if not open_to_all]
OPEN = [(method, path) for method, path, open_to_all in WRITING if open_to_all]
TYPES = ("application/json", "multipart/form-data; boundary=x", "image/png")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]


def answer_to_head(site: Site, method: str, path: str, *lines: str, length: int = 999) -> Answer:
    """Return the response to a request whose body never arrives."""
    address = urlsplit(site.url)
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + str(new_id()) + path[end + 1 :]
    head = [f"{method} {path} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {length}"]
    with socket.create_connection((address.hostname, address.port), SOON) as connection:
        connection.sendall("\r\n".join([*head, *lines, "", ""]).encode())
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    head_received, _, _ = received.partition(b"\r\n\r\n")
    status, *fields = head_received.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in fields)
    return Answer(int(status.split()[1]), headers)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nobody_is_refused_at_the_head(
    shared_site: Site, method: str, path: str, kind: str
) -> None:
    answer = answer_to_head(shared_site, method, path, f"Content-Type: {kind}")
    assert answer.status == 401
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_role_or_scope_too_small_is_refused_at_the_head(
    shared_site: Site, method: str, path: str
) -> None:
    (guard,) = (
        found
        for route in routes(APP)
        if route.path == path and method in (route.methods or ())
        for found in guards(route)
        if isinstance(found, Guard)
    )
    scope = "read" if guard.scope == "segment" else "segment"
    _, secret = shared_site.token("annotator", scope)
    answer = answer_to_head(
        shared_site,
        method,
        path,
        "Content-Type: application/json",
        f"Authorization: Bearer {secret}",
    )
    assert answer.status == 403
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_anybody_may_send_is_small(shared_site: Site, method: str, path: str) -> None:
    kind = "Content-Type: application/json"
    answer = answer_to_head(shared_site, method, path, kind, length=PUBLIC_BODY + 1)
    assert answer.status == 413
    assert answer.headers["connection"] == "close"


def test_there_are_routes_of_both_kinds() -> None:
    assert len(GUARDED) > 20
    assert len(OPEN) >= 3
