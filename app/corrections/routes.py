"""``/images/{id}``: one image with everything that its page shows, and its pictures."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts.access import GuardedRoute, Reader, Writer
from app.core.caching import blob_response
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.corrections import details, removal
from app.corrections.detail_schemas import ImageDetails
from app.images.framed import FrameIndex, framed
from app.images.tables import file_stem, frame_key, mask_key, thumbnail_key
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


@framed(router, "GET", "", responses=ONE)
def get_image(
    image_id: UUID,
    frame_index: FrameIndex,
    principal: Reader,
    session: DatabaseRead,
    state: AppState,
) -> ImageDetails:
    """Return one image with one of its frames and what the caller may see of the work on it."""
    return details.details(session, state, principal, image_id, frame_index)


@router.delete("/images/{image_id}", status_code=204, responses=ONE)
def delete_image(
    image_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> None:
    """Delete an image, its masks and its files.

    Allowed for admins, and for its owner while nobody else has saved a revision on it.
    """
    removal.remove(session, state, principal, image_id)


@framed(
    router,
    "GET",
    "/pixels",
    short="/frame",
    response_class=Response,
    responses=_picture("image/png"),
)
def get_frame(
    image_id: UUID,
    frame_index: FrameIndex,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    state: AppState,
    v: Version = None,
    download: Download = False,
) -> Response:
    """Return the de-identified picture, lossless."""
    image, frame = visible_frame(session, principal, image_id, frame_index)
    name = f"{file_stem(image, frame)}.png" if download else None
    key = frame_key(image.id, frame.picture_id)
    return blob_response(request, state.blobs, key, "image/png", name)


@framed(router, "GET", "/thumbnail", response_class=Response, responses=_picture("image/jpeg"))
def get_thumbnail(
    image_id: UUID,
    frame_index: FrameIndex,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    state: AppState,
    v: Version = None,
) -> Response:
    """Return the picture, at most 256 px wide and high."""
    image, frame = visible_frame(session, principal, image_id, frame_index)
    key = thumbnail_key(image.id, frame.picture_id)
    return blob_response(request, state.blobs, key, "image/jpeg")


@framed(router, "GET", "/mask", response_class=Response, responses=_picture("image/png"))
def get_mask(
    image_id: UUID,
    frame_index: FrameIndex,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    state: AppState,
    revision: Revision = None,
    download: Download = False,
) -> Response:
    """Return a mask as a 1-bit PNG of the frame's size; white is lesion."""
    image, frame = visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, frame.id, revision)
    name = f"{file_stem(image, frame)}_mask_{mask.revision}.png" if download else None
    return blob_response(request, state.blobs, mask_key(image.id, mask.id), "image/png", name)
