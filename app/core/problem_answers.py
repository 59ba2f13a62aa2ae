"""Problems as responses, for exceptions that leave a route and for code below the routes."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import UnstorableError
from app.core.disk import is_full
from app.core.methods import allowed_methods
from app.core.problems import MEDIA_TYPE, Problem, disk_full, not_found, unavailable

log = logging.getLogger(__name__)


def answer(request: Request, problem: Problem) -> JSONResponse:
    """Return the response that carries a problem."""
    request_id = getattr(request.state, "request_id", None)
    return JSONResponse(
        problem.document(request_id),
        status_code=problem.status,
        headers={**problem.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def plain_answer(problem: Problem, scope: Scope) -> JSONResponse:
    """Return the response that carries a problem, for code below the routes."""
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
        # The input is not echoed: it may be a password or a patient's name.
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

    # Other database errors (a broken constraint, a value that does not fit) are bugs of ours.
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
