"""``/images/{id}``: one image with all that its page shows, and its pictures."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts.access import GuardedRoute, Reader, Writer
from app.core.caching import blob_response
from app.core.problems import GUARDED, responses
from app.core.state import AppState, Reading, Writing
from app.corrections import details, removal
from app.corrections.detail_schemas import ImageDetails
from app.images.tables import frame_key, mask_key, thumbnail_key
from app.reviews.access import visible_frame
from app.reviews.visibility import revision_of, view_of

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


@router.get("/images/{image_id}", responses=ONE)
def get_image(image_id: UUID, principal: Reader, session: Reading, state: AppState) -> ImageDetails:
    """One image with its frame and what the caller may see of the work on it."""
    return details.details(session, state, principal, image_id)


@router.delete("/images/{image_id}", status_code=204, responses=ONE)
def delete_image(image_id: UUID, principal: Writer, session: Writing, state: AppState) -> None:
    """Delete an image, its masks and its files.

    An admin may; its owner too, while nobody else has saved a revision on it.
    """
    removal.remove(session, state, principal, image_id)


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
    image, frame = visible_frame(session, principal, image_id)
    name = f"{image.id}.png" if download else None
    key = frame_key(image.id, frame.picture_id)
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
    image, frame = visible_frame(session, principal, image_id, 0)
    key = thumbnail_key(image.id, frame.picture_id)
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
    image, frame = visible_frame(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, frame.id, revision)
    name = f"{image.id}_mask_{mask.revision}.png" if download else None
    return blob_response(request, state.blobs, mask_key(image.id, mask.id), "image/png", name)
