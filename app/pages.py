"""Serves the built front end: one page with a new nonce each time, and files that never change."""

import html
import json
import mimetypes
import os
import re
import secrets
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from app.accounts.access import Page
from app.core.settings import Settings
from app.core.state import AppState
from app.mail.sending import is_set_up

DIST = Path(__file__).parents[1] / "frontend" / "dist"
NONCE = "__CSP_NONCE__"
SITE = "__SITE__"
PICTURE_AHEAD, PICTURE = "<!-- first picture ahead -->", "<!-- first picture -->"
_FIRST_STYLE = (
    "[data-first-picture]{position:fixed;z-index:1;pointer-events:none;object-fit:contain;"
    "background:#050607;left:170px;top:94px;width:calc(100vw - 506px);height:calc(100vh - 172px)}"
    "@media(max-width:1180px){[data-first-picture]{left:211px;width:calc(100vw - 211px)}}"
)
"""The image's place on most screens; `firstPicture.ts` remembers the last one."""
_IMAGE = re.compile(r"images/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def page_policy(nonce: str) -> str:
    """Return the page's Content-Security-Policy: own scripts and styles, nothing from others."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


CODINGS = {"br": ".br", "gzip": ".gz"}
"""Suffixes of the compressed copies that the build writes beside a file, by content coding."""


class _Immutable(StaticFiles):
    """File names contain a hash of the content, so browsers may cache them for good."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        path, coding = _as_accepted(Path(full_path), Headers(scope=scope))
        response = super().file_response(path, path.stat(), scope, status_code)
        if coding:
            response.headers["Content-Encoding"] = coding
            if isinstance(response, FileResponse):
                kind, _ = mimetypes.guess_type(full_path)
                response.headers["Content-Type"] = kind or "application/octet-stream"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _as_accepted(path: Path, headers: Headers) -> tuple[Path, str | None]:
    """Return the smallest form of a file that a request accepts, and the name of its coding."""
    accepted = set()
    for one in headers.get("accept-encoding", "").split(","):
        name, _, weight = one.partition(";")
        if not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight):
            accepted.add(name.strip().lower())
    for coding, suffix in CODINGS.items():
        smaller = path.with_name(path.name + suffix)
        if coding in accepted and smaller.is_file():
            return smaller, coding
    return path, None


def site_of(settings: Settings) -> str:
    """Return the settings that the page needs before sign-in, as JSON for an attribute."""
    known = {
        "name": settings.site_name,
        "notice": settings.sign_in_notice,
        "language": settings.default_language,
        "mail": is_set_up(settings),
    }
    return html.escape(json.dumps(known))


def first_picture(path: str, nonce: str) -> tuple[str, str]:
    """Return markup for the image in a page's path, at its place on the page, so that a browser
    shows it before any script has loaded.

    Returns:
        The part for the head, which requests it before the scripts, and the part for the body.
    """
    found = _IMAGE.fullmatch(path)
    if not found:
        return "", ""
    address = f"/images/{found[1]}/poster"
    return (
        f'<link rel="preload" as="image" fetchpriority="high" href="{address}">'
        f'<style nonce="{nonce}">{_FIRST_STYLE}</style>',
        f'<img data-first-picture alt="" src="{address}">',
    )


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Add the page's routes; without a build they explain how to make one."""
    router = APIRouter(include_in_schema=False, dependencies=[Page])

    @router.get("/")
    def root() -> RedirectResponse:
        return RedirectResponse("/ui/worklist")

    @router.get("/ui")
    @router.get("/ui/{path:path}")
    def page(state: AppState, path: str = "") -> HTMLResponse:
        try:
            # Read each time: a rebuilt page refers to other files.
            template = (dist / "index.html").read_text("utf-8")
        except FileNotFoundError:
            return HTMLResponse(
                "<!doctype html><title>Sonoloop</title><p>The pages are not built yet. "
                "Run <code>make frontend</code> and reload.",
                status_code=503,
            )
        nonce = secrets.token_urlsafe(16)
        ahead, picture = first_picture(path, nonce)
        return HTMLResponse(
            template.replace(NONCE, nonce)
            .replace(SITE, site_of(state.settings))
            .replace(PICTURE_AHEAD, ahead)
            .replace(PICTURE, picture),
            headers={"Content-Security-Policy": page_policy(nonce)},
        )

    app.include_router(router)
    if (dist / "assets").is_dir():
        app.mount("/assets", _Immutable(directory=dist / "assets"), name="assets")
