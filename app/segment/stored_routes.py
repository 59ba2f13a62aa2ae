"""``POST /images/{id}/segment``: segment a stored image again."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, Segmenter
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseWrite
from app.jobs.schemas import JobSummary
from app.jobs.service import summary
from app.reviews.access import visible
from app.segment.schemas import NewPrediction
from app.segment.service import rerun

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.post(
    "/images/{image_id}/segment", status_code=202, responses={**GUARDED, **responses(404, 429)}
)
def segment_again(
    image_id: UUID,
    body: NewPrediction,
    principal: Segmenter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> JobSummary:
    """Segment a stored image again, possibly with another model; for a cine, some of its frames.

    Several frames are one job with progress. If it is cancelled, finished frames stay.
    """
    image = visible(session, principal, image_id)
    job = rerun(session, state, principal, image, body, idempotency_key)
    return summary(session, principal, job)
