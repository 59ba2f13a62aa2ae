"""Headers of every response, and the page's content security policy."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app import pages
from app.core import problem_answers
from app.core.http import SECURITY_HEADERS, SMALL_BODY, HttpMiddleware
from app.core.settings import Settings
from app.core.state import State
from tests.databases import migrate
from tests.running_site import Site

PAGE = (
    '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__">'
    '<meta name="sonoloop-site" content="__SITE__"><title>x</title>'
)


def carries_all(answer: httpx.Response) -> None:
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value, name
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-Id"])
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/setup", 200),
        ("GET", "/session", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/ui/../../etc/passwd", 404),
        ("PUT", "/users", 405),
        ("POST", "/session", 422),
    ],
)
def test_every_answer_carries_the_headers(
    shared_site: Site, method: str, path: str, status: int
) -> None:
    answer = shared_site.anonymous().request(method, path)
    assert answer.status_code == status
    carries_all(answer)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(shared_site: Site) -> None:
    answer = shared_site.anonymous().post("/session", content=b" " * (SMALL_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    carries_all(answer)

    def chunks() -> Iterator[bytes]:
        for _ in range(SMALL_BODY // 65536 + 2):
            yield b" " * 65536

    answer = shared_site.anonymous().post("/session", content=chunks())
    assert answer.status_code == 413


def test_a_password_that_is_not_valid_is_not_echoed(shared_site: Site) -> None:
    body = {"email": "a@example.org", "password": "x" * 5000}
    answer = shared_site.anonymous().post("/session", json=body)
    assert answer.status_code == 422
    assert "xxxx" not in answer.text


def application(dist: Path) -> httpx.AsyncClient:
    """A small app with the product's middleware, pages and problems, and a failing route."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(HttpMiddleware, secure=False, body_limit=lambda path: SMALL_BODY)
    problem_answers.install(app)
    pages.install(app, dist)
    settings = Settings(_env_file=None, data_dir=dist, redis_url="redis://127.0.0.1:9")
    migrate(settings)
    app.state.sonoloop = State.open(
        settings.model_copy(update={"site_name": '"><script>', "sign_in_notice": "Ask the desk."})
    )

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the secret reason")

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site")


@pytest.mark.anyio
async def test_an_unexpected_error_tells_nothing_and_carries_the_headers(tmp_path: Path) -> None:
    async with application(tmp_path) as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in answer.text
    carries_all(answer)


@pytest.mark.anyio
async def test_each_page_has_a_nonce_of_its_own_and_allows_no_foreign_code(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    async with application(tmp_path) as client:
        answers = [await client.get("/ui/worklist") for _ in range(2)]
    nonces = set()
    for answer in answers:
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        [nonce] = re.findall(r'name="csp-nonce" content="([^"]+)"', answer.text)
        [site] = re.findall(r'name="sonoloop-site" content="([^"]+)"', answer.text)
        assert json.loads(html.unescape(site))["name"] == '"><script>'
        assert "<script" not in answer.text
        nonces.add(nonce)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["style-src"] == f"'self' 'nonce-{nonce}'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "*" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert len(nonces) == 2
    assert "__CSP_NONCE__" not in nonces


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that uvicorn uses."""
    return "asyncio"
