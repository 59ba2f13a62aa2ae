"""``/images/{id}/masks``, ``/draft`` and ``/presence``: drawing, saving, being there."""

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
    """Keep a drawing as a new revision; one's draft is gone with it.

    Where another revision came first the answer is 409 `stale-revision` with it as `newest`, and
    nothing is written.
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
    """Keep an old revision's pixels as a new revision."""
    return service.restore(state, principal, image_id, frame_index, revision, body, idempotency_key)


@framed(router, "GET", "/masks/{revision}", responses=ONE, tags=["masks"])
def get_mask(
    image_id: UUID,
    frame_index: FrameIndex,
    revision: Revision,
    principal: Reader,
    session: DatabaseRead,
) -> MaskDetails:
    """One revision with the outlines of its lesions, which the image's own details leave out."""
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

    404 `no-labels` where lesions are the connected parts of the mask, as those of a model are.
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
    """One's own unsaved drawing; null where there is none."""
    return drafts.read(session, principal, image_id, frame_index)


@framed(router, "PUT", "/draft", responses=WRITE, tags=["drafts"])
def put_draft(
    image_id: UUID, frame_index: FrameIndex, body: NewDraft, principal: Writer, state: AppState
) -> DraftSaved:
    """Keep an unsaved drawing.

    Where another tab wrote in between the answer is 409 `draft-changed` with it as `draft` (null
    where it was saved or thrown away), unless `force` is set.
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
    """Throw an unsaved drawing away."""
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
    """Say that one has the image open; to be repeated every 10 s, forgotten after 30 s."""
    visible_frame(session, principal, image_id, frame_index)
    people = presence.renew(
        session, state.broker, image_id, frame_index, principal.user, editing=body.editing
    )
    return PresentPeople(people=people)


@router.delete("/images/{image_id}/presence", status_code=204, responses=ONE, tags=["presence"])
def delete_presence(
    image_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> None:
    """Say that one has closed the image."""
    visible(session, principal, image_id)
    presence.leave(session, state.broker, image_id, principal.user)
