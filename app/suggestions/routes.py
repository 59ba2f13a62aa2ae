"""``/images/{id}/suggestions``: outlines of corrected frames on the frames around them."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, Reader, Writer
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.images.framed import FrameIndex, framed
from app.jobs.schemas import JobSummary
from app.jobs.service import summary
from app.suggestions import service
from app.suggestions.schemas import Decided, Decision, FrameSpan, SuggestionDetails, Undo

router = APIRouter(route_class=GuardedRoute, tags=["suggestions"])
PATH = "/images/{image_id}/suggestions"


@router.post(PATH, status_code=202, responses=GUARDED_BODY | responses(404, 409, 429))
def suggest(
    image_id: UUID,
    body: FrameSpan,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> JobSummary:
    """Suggest the lesions of corrected frames on the frames around them and between them.

    This is a job with progress; if it is cancelled, its suggestions so far stay. Frames that
    somebody drew on get none.
    """
    job = service.ask(session, state, principal, image_id, body, idempotency_key)
    return summary(session, principal, job)


@framed(router, "GET", "/suggestion", responses=GUARDED | responses(404))
def get_suggestion(
    image_id: UUID, frame_index: FrameIndex, principal: Reader, session: DatabaseRead
) -> SuggestionDetails | None:
    """The caller's open suggestion on a frame; null if there is none."""
    return service.details(session, principal, image_id, frame_index)


@router.post(f"{PATH}/accept", responses=GUARDED_BODY | responses(404, 409, 507))
def accept_suggestions(
    image_id: UUID, body: Decision, principal: Writer, state: AppState
) -> Decided:
    """Store the suggestions on some frames as revisions."""
    return service.accept(state, principal, image_id, body.first, body.last, body.seconds)


@router.post(f"{PATH}/reject", responses=GUARDED_BODY | responses(404))
def reject_suggestions(
    image_id: UUID, body: Decision, principal: Writer, session: DatabaseWrite, state: AppState
) -> Decided:
    """Reject the suggestions on some frames."""
    return service.reject(session, state, principal, image_id, body.first, body.last)


@router.post(f"{PATH}/undo", responses=GUARDED_BODY | responses(404))
def undo_suggestions(
    image_id: UUID, body: Undo, principal: Writer, session: DatabaseWrite, state: AppState
) -> Decided:
    """Reopen what was accepted or rejected, unless something was built upon it."""
    return service.undo(session, state, principal, image_id, body.decision)
