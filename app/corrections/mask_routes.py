"""``/images/{id}/masks``, ``/draft`` and ``/presence``: drawing, saving, presence."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from app.accounts.access import GuardedRoute, Reader, Writer
from app.accounts.idempotency import IdempotencyKey
from app.core.caching import REVALIDATE, entity_tag, unchanged
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.corrections import drafts, presence, service
from app.corrections.revisions import labels_of, seen_details
from app.images.framed import FrameIndex, framed
from app.masks.schemas import (
    DraftDetails,
    DraftSaved,
    Labels,
    MaskDetails,
    NewDraft,
    NewMask,
    PresenceUpdate,
    PresentPeople,
    Restored,
)
from app.reviews.access import visible, visible_frame
from app.reviews.visibility import revision_of, view_of

router = APIRouter(route_class=GuardedRoute)

ONE = GUARDED | responses(404)
WRITE: dict[int | str, dict[str, Any]] = GUARDED_BODY | responses(404, 409)
SAVE: dict[int | str, dict[str, Any]] = WRITE | responses(507)
Revision = Annotated[int, Path(ge=1, le=2**31 - 1)]


@framed(router, "POST", "/masks", status_code=201, responses=SAVE, tags=["masks"])
def save_mask(
    image_id: UUID,
    frame_index: FrameIndex,
    body: NewMask,
    principal: Writer,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> MaskDetails:
    """Save a drawing as a new revision; this deletes your draft.

    If another revision came first, the answer is 409 `stale-revision` with that one as `newest`,
    and nothing is written.
    """
    return service.save(state, principal, image_id, frame_index, body, idempotency_key)


@framed(
    router, "POST", "/masks/{revision}/restore", status_code=201, responses=SAVE, tags=["masks"]
)
def restore_mask(
    image_id: UUID,
    frame_index: FrameIndex,
    revision: Revision,
    body: Restored,
    principal: Writer,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> MaskDetails:
    """Save an old revision's pixels as a new revision."""
    return service.restore(state, principal, image_id, frame_index, revision, body, idempotency_key)


@framed(router, "GET", "/masks/{revision}", responses=ONE, tags=["masks"])
def get_mask(
    image_id: UUID,
    frame_index: FrameIndex,
    revision: Revision,
    principal: Reader,
    session: DatabaseRead,
) -> MaskDetails:
    """Return one revision with the outlines of its lesions, which the details of the image omit."""
    image, frame = visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    return seen_details(session, view, revision_of(session, view, frame.id, revision).id)


@framed(
    router,
    "GET",
    "/masks/{revision}/labels",
    response_model=Labels,
    responses=ONE | {304: {"description": "Not modified"}},
    tags=["masks"],
)
def get_labels(
    image_id: UUID,
    frame_index: FrameIndex,
    revision: Revision,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    response: Response,
) -> Labels | Response:
    """Return the lesion that each pixel belongs to.

    404 `no-labels` if lesions are the connected parts of the mask, as in a model's masks.
    """
    image, frame = visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, frame.id, revision)
    headers = {"ETag": entity_tag(f"labels/{mask.id}"), "Cache-Control": REVALIDATE}
    if mask.labels is not None and unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return labels_of(session, mask)


@framed(router, "GET", "/draft", responses=ONE, tags=["drafts"])
def get_draft(
    image_id: UUID, frame_index: FrameIndex, principal: Reader, session: DatabaseRead
) -> DraftDetails | None:
    """Return your own unsaved drawing, or null."""
    return drafts.read(session, principal, image_id, frame_index)


@framed(router, "PUT", "/draft", responses=WRITE, tags=["drafts"])
def put_draft(
    image_id: UUID, frame_index: FrameIndex, body: NewDraft, principal: Writer, state: AppState
) -> DraftSaved:
    """Store an unsaved drawing.

    If another tab wrote in the meantime, the answer is 409 `draft-changed` with its drawing as
    `draft` (null if that was saved or discarded), unless `force` is set.
    """
    return drafts.write(state, principal, image_id, frame_index, body)


@framed(router, "DELETE", "/draft", status_code=204, responses=ONE, tags=["drafts"])
def delete_draft(
    image_id: UUID,
    frame_index: FrameIndex,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Discard an unsaved drawing."""
    drafts.discard(session, state, principal, image_id, frame_index)


@framed(router, "PUT", "/presence", responses=GUARDED_BODY | responses(404), tags=["presence"])
def put_presence(
    image_id: UUID,
    frame_index: FrameIndex,
    body: PresenceUpdate,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
) -> PresentPeople:
    """Report that you have the image open; repeat it every 10 s, because it expires after 30 s."""
    visible_frame(session, principal, image_id, frame_index)
    people = presence.renew(
        session, state.broker, image_id, frame_index, principal.user, editing=body.editing
    )
    return PresentPeople(people=people)


@router.delete("/images/{image_id}/presence", status_code=204, responses=ONE, tags=["presence"])
def delete_presence(
    image_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> None:
    """Report that you have closed the image."""
    visible(session, principal, image_id)
    presence.leave(session, state.broker, image_id, principal.user)
