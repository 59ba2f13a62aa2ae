"""``/images/{id}/redactions`` and ``/suspected-text``: black boxes, and what is no text."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, Writer
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED_BODY, responses
from app.core.state import AppState, DatabaseWrite
from app.jobs.schemas import JobSummary
from app.jobs.service import summary
from app.redaction import service
from app.redaction.schemas import NewJudgement, NewRedaction, SuspectedArea

router = APIRouter(prefix="/images/{image_id}", tags=["redaction"], route_class=GuardedRoute)

ONE = {**GUARDED_BODY, **responses(404)}


@router.post("/redactions", status_code=202, responses={**ONE, **responses(429)})
def black_out(
    image_id: UUID,
    body: NewRedaction,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> JobSummary:
    """Black out areas of the picture **for good**: frame, thumbnail, overlays.

    A worker does it; its job is in the answer. Masks and drafts stay. Exports that hold the
    picture as it was cannot be fetched any more once it is done.
    """
    job = service.order(session, state, principal, image_id, body, idempotency_key)
    return summary(session, principal, job)


@router.put("/suspected-text/{area_id}", responses={**ONE, **responses(409)})
def judge_text(
    image_id: UUID,
    area_id: UUID,
    body: NewJudgement,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
) -> SuspectedArea:
    """Say that an area that looks like text is none, or identifies nobody; null takes it back."""
    return service.judge(session, state, principal, image_id, area_id, body)
