"""Errors as RFC 9457 problem details: one sentence that says what to do, never a traceback.

Workers make them as well, without FastAPI; :mod:`app.core.problem_answers` turns them into
responses.
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict

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
        """Return the problem details as JSON."""
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
    """Return a 404, which also answers for an object that belongs to somebody else."""
    return Problem(404, "not-found", f"There is no such {what}, or it is not yours to see.")


def unavailable(what: str, seconds: int = 2) -> Problem:
    """Return a 503 with ``Retry-After``."""
    return Problem(
        503,
        "unavailable",
        f"The {what} cannot be reached right now. Nothing was lost; try again in a moment.",
        headers={"Retry-After": str(seconds)},
    )


def disk_full() -> Problem:
    """Return a 507; what could not be written is not half stored."""
    return Problem(
        507,
        "storage-full",
        "A disk of this site is full, so this was not stored. Send it again once there is space.",
    )


def internal_error() -> Problem:
    """Return a 500 that does not reveal the reason; the log has it under the same request id."""
    return Problem(
        500,
        "internal-error",
        "Something went wrong on our side. Give the request id to your administrator.",
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI entries for problem answers with these statuses."""
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
