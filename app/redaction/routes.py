"""``/images/{id}/redactions`` and ``/suspected-text``: black boxes, and areas that are no text."""

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

    A worker does it; the answer has its job. Masks and drafts stay. Once it is done, exports that
    contain the old picture can no longer be fetched.
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
    """Mark an area that looks like text as no text, or as identifying nobody; null undoes that."""
    return service.judge(session, state, principal, image_id, area_id, body)
