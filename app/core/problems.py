"""Errors as RFC 9457 problem details: one sentence that says what to do, never a traceback."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import UnstorableError
from app.core.disk import is_full
from app.core.methods import allowed_methods

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """RFC 9457 members, and ``code``: a stable word for programs to switch on."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None


class Problem(Exception):  # noqa: N818  (the name that RFC 9457 gives it)
    """An answer that is an error.

    Args:
        status: HTTP status.
        code: stable kebab-case word; becomes the problem's ``type`` as well.
        detail: one sentence for the person: what was wrong and what to do.
        headers: added to the response.
        members: extension members of the problem document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def document(self, request_id: str | None = None) -> dict[str, Any]:
        """The problem details as JSON."""
        body: dict[str, Any] = {
            "type": f"urn:sonoloop:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }
        if request_id:
            body["request_id"] = request_id
        return body


def not_found(what: str) -> Problem:
    """404; also the answer for an object that belongs to somebody else."""
    return Problem(404, "not-found", f"There is no such {what}, or it is not yours to see.")


def unavailable(what: str, seconds: int = 2) -> Problem:
    """503 with ``Retry-After``."""
    return Problem(
        503,
        "unavailable",
        f"The {what} cannot be reached right now. Nothing was lost; try again in a moment.",
        headers={"Retry-After": str(seconds)},
    )


def disk_full() -> Problem:
    """507: what could not be written is not there by halves."""
    return Problem(
        507,
        "storage-full",
        "There is no room left on a disk of this site, so this is not kept. Send it again when "
        "room was made.",
    )


def internal_error() -> Problem:
    """500, which tells nothing of the reason; the log has it under the same request id."""
    return Problem(
        500,
        "internal-error",
        "Something went wrong on our side. Give the request id to your administrator.",
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for problem answers with these statuses."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


EVERYWHERE = responses(421)
"""Problems of every address, documented or not: see `app.core.hosts`."""
WITH_BODY = responses(400, 413)
"""Problems of every route with a body: it is unreadable or too large."""
KEYED = responses(410)
"""Problems of every route with an ``Idempotency-Key``: the object made with the key is gone."""
GUARDED = responses(401, 403, 422, 429, 503)
"""Problems of every guarded route."""
GUARDED_BODY = GUARDED | responses(400, 413)
"""Problems of every guarded route with a JSON body."""


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The response that carries a problem."""
    request_id = getattr(request.state, "request_id", None)
    return JSONResponse(
        problem.document(request_id),
        status_code=problem.status,
        headers={**problem.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def plain_answer(problem: Problem, scope: Scope) -> JSONResponse:
    """The response that carries a problem, for code below the routes."""
    return JSONResponse(
        problem.document(scope.get("state", {}).get("request_id")),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Turn the exceptions that leave a route into problems.

    Unexpected ones go on to :class:`app.core.http.HttpMiddleware`: a handler for them would run
    outside of it and answer without its headers.
    """

    @app.exception_handler(Problem)
    def _problem(request: Request, error: Problem) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        # The input itself is not echoed: it may be a password or a patient's name.
        errors = [
            {"where": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
            for item in error.errors()
        ]
        first = errors[0] if errors else {"where": "request", "message": "not valid"}
        detail = f"{first['where']}: {first['message']}. Correct the request and send it again."
        return answer(request, Problem(422, "invalid-request", detail, errors=errors))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        detail = {
            404: "There is nothing at this address.",
            405: "This address does not answer that method.",
        }.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = allowed_methods(app, request.url.path)
        return answer(request, Problem(error.status_code, code, detail, headers=headers))

    @app.exception_handler(BlobStoreFullError)
    def _full(request: Request, error: BlobStoreFullError) -> JSONResponse:
        log.error("blob store full")
        return answer(request, Problem(507, "storage-full", str(error)))

    @app.exception_handler(OSError)
    def _disk(request: Request, error: OSError) -> JSONResponse:
        if not is_full(error):
            raise error
        log.error("a disk is full")
        return answer(request, disk_full())

    @app.exception_handler(BlobNotFoundError)
    def _gone(request: Request, error: BlobNotFoundError) -> JSONResponse:
        return answer(request, not_found("file"))

    @app.exception_handler(UnstorableError)
    @app.exception_handler(DataError)
    def _unstorable(request: Request, error: Exception) -> JSONResponse:
        why = str(error) if isinstance(error, UnstorableError) else "a value is out of range"
        detail = f"This cannot be stored: {why}. Correct the request and send it again."
        return answer(request, Problem(422, "unstorable", detail))

    # Other database errors (a broken constraint, a value that does not fit) are our own mistakes.
    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(PoolTimeoutError)
    def _database(request: Request, error: Exception) -> JSONResponse:
        log.error("database error", exc_info=error)
        if is_full(error):
            return answer(request, disk_full())
        return answer(request, unavailable("database"))

    @app.exception_handler(RedisError)
    def _broker(request: Request, error: RedisError) -> JSONResponse:
        log.exception("broker error")
        return answer(request, unavailable("broker"))
