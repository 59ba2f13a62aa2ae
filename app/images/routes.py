"""``/images``: the worklist, one image, its pictures."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts.access import GuardedRoute, Reader, Segmenter, Writer
from app.accounts.idempotency import IdempotencyKey
from app.core.caching import blob_response
from app.core.pagination import Cursor, Limit
from app.core.problems import GUARDED, responses
from app.core.state import AppState, Reading, Writing
from app.core.times import Time
from app.images import details, service, worklist
from app.images.detail_schemas import ImageDetails
from app.images.schemas import (
    Again,
    ImagePage,
    LesionFilter,
    OwnerFilter,
    Sort,
    TextFilter,
)
from app.images.tables import ImageState, frame_key, mask_key, overlay_key, thumbnail_key
from app.jobs.schemas import JobSummary
from app.jobs.service import summary
from app.masks.revisions import revision_of
from app.masks.visibility import view_of
from app.reviews.queues import Queue
from app.segment.service import again

router = APIRouter(tags=["images"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


def _picture(kind: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "Not modified"},
        **ONE,
    }


Download = Annotated[bool, Query(description="Ask the browser to save the file.")]
Version = Annotated[
    str | None,
    Query(
        max_length=40,
        description="As in the address that the image's JSON gives; another one once pixels were "
        "blacked out, so that a page that is open shows the new ones.",
    ),
]
Revision = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Default: the newest.")]


@router.get("/images", responses=GUARDED)
def list_images(
    principal: Reader,
    session: Reading,
    state: AppState,
    q: Annotated[
        str | None, Query(max_length=40, description="Beginning of a subject code or image id.")
    ] = None,
    image_state: Annotated[ImageState | None, Query(alias="state")] = None,
    model: Annotated[str | None, Query(max_length=80)] = None,
    lesions: LesionFilter | None = None,
    text: Annotated[
        TextFilter | None, Query(description="What is known of text in the picture.")
    ] = None,
    owner: OwnerFilter = OwnerFilter.ALL,
    created_from: Time | None = None,
    created_to: Time | None = None,
    queue: Annotated[
        Queue | None, Query(description="What waits for the caller, by what is to be done.")
    ] = None,
    reader: Annotated[
        UUID | None, Query(description="Read by that person; annotators name themselves.")
    ] = None,
    sort: Sort = Sort.PRIORITY,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ImagePage:
    """The worklist: images that the caller may see, filtered and sorted."""
    filters = worklist.Filters(
        q=q,
        state=image_state,
        model=model,
        lesions=lesions,
        text=text,
        owner=owner,
        created_from=created_from,
        created_to=created_to,
        queue=queue,
        reader=reader,
    )
    own_too = state.settings.allow_self_approval
    return worklist.worklist(session, principal, filters, sort, cursor, limit, own_too=own_too)


@router.get("/images/{image_id}", responses=ONE)
def get_image(image_id: UUID, principal: Reader, session: Reading, state: AppState) -> ImageDetails:
    """One image with its frame and what the caller may see of the work on it."""
    return details.details(session, state, principal, image_id)


@router.delete("/images/{image_id}", status_code=204, responses=ONE)
def delete_image(image_id: UUID, principal: Writer, session: Writing, state: AppState) -> None:
    """Delete an image, its masks and its files.

    An admin may; its owner too, while nobody else has saved a revision on it.
    """
    service.remove(session, state, principal, image_id)


@router.post("/images/{image_id}/segment", status_code=202, responses=ONE)
def segment_again(
    image_id: UUID,
    body: Again,
    principal: Segmenter,
    session: Writing,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> JobSummary:
    """Segment a stored image again, with another model perhaps."""
    image = service.visible(session, principal, image_id)
    job = again(session, state, principal, image, body.model, idempotency_key)
    return summary(session, principal, job)


@router.get("/images/{image_id}/frame", response_class=Response, responses=_picture("image/png"))
def get_frame(
    image_id: UUID,
    request: Request,
    principal: Reader,
    session: Reading,
    state: AppState,
    v: Version = None,
    download: Download = False,
) -> Response:
    """The de-identified picture, lossless."""
    image = service.visible(session, principal, image_id)
    name = f"{image.id}.png" if download else None
    key = frame_key(image.id, image.picture_id)
    return blob_response(request, state.blobs, key, "image/png", name)


@router.get(
    "/images/{image_id}/thumbnail", response_class=Response, responses=_picture("image/jpeg")
)
def get_thumbnail(
    image_id: UUID,
    request: Request,
    principal: Reader,
    session: Reading,
    state: AppState,
    v: Version = None,
) -> Response:
    """The picture at most 256 px wide and high."""
    image = service.visible(session, principal, image_id)
    key = thumbnail_key(image.id, image.picture_id)
    return blob_response(request, state.blobs, key, "image/jpeg")


@router.get("/images/{image_id}/mask", response_class=Response, responses=_picture("image/png"))
def get_mask(
    image_id: UUID,
    request: Request,
    principal: Reader,
    session: Reading,
    state: AppState,
    revision: Revision = None,
    download: Download = False,
) -> Response:
    """A mask as 1-bit PNG, white is lesion, as large as the frame."""
    image = service.visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, revision)
    name = f"{image.id}_mask_{mask.revision}.png" if download else None
    return blob_response(request, state.blobs, mask_key(image.id, mask.id), "image/png", name)


@router.get("/images/{image_id}/overlay", response_class=Response, responses=_picture("image/png"))
def get_overlay(
    image_id: UUID,
    request: Request,
    principal: Reader,
    session: Reading,
    state: AppState,
    revision: Revision = None,
    download: Download = False,
) -> Response:
    """The picture with a mask drawn on it; a person's revision has one once it is measured."""
    image = service.visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, revision)
    name = f"{image.id}_overlay_{mask.revision}.png" if download else None
    key = overlay_key(image.id, image.picture_id, mask.id)
    return blob_response(request, state.blobs, key, "image/png", name)
