"""Serves the built front end: one page with a nonce of its own, and files that never change."""

import secrets
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.accounts.access import Page

DIST = Path(__file__).parents[1] / "frontend" / "dist"
NONCE = "__CSP_NONCE__"


def page_policy(nonce: str) -> str:
    """The Content-Security-Policy of the page: own scripts, own styles, no one else's anything."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


class _Immutable(StaticFiles):
    """File names carry a hash of the content, so browsers may keep them for good."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Add the page's routes; without a build they say how to make one."""
    router = APIRouter(include_in_schema=False, dependencies=[Page])

    @router.get("/")
    def root() -> RedirectResponse:
        return RedirectResponse("/ui/worklist")

    @router.get("/ui")
    @router.get("/ui/{path:path}")
    def page(path: str = "") -> HTMLResponse:
        try:
            # Read anew each time: a page that was built again names other files.
            template = (dist / "index.html").read_text("utf-8")
        except FileNotFoundError:
            return HTMLResponse(
                "<!doctype html><title>Sonoloop</title><p>The pages are not built yet. "
                "Run <code>make frontend</code> and reload.",
                status_code=503,
            )
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(
            template.replace(NONCE, nonce),
            headers={"Content-Security-Policy": page_policy(nonce)},
        )

    app.include_router(router)
    if (dist / "assets").is_dir():
        app.mount("/assets", _Immutable(directory=dist / "assets"), name="assets")
