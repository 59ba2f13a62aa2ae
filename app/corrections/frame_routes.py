"""``/images/{id}/frames``, ``/clip`` and ``/poster``: the frames of a cine, and their pictures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts.access import GuardedRoute, Reader
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseRead
from app.corrections import frames
from app.images.tables import MOST_FRAMES

router = APIRouter(prefix="/images/{image_id}", tags=["images"], route_class=GuardedRoute)

ONE = GUARDED | responses(404)


@router.get("/frames", responses=ONE)
def get_frames(image_id: UUID, principal: Reader, session: DatabaseRead) -> frames.FrameList:
    """Return all frames of an image, each with its lesions, their size and who corrected it."""
    return frames.frame_list(session, principal, image_id)


@router.get(
    "/clip",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        },
        304: {"description": "Not modified"},
        **ONE,
    },
)
def get_clip(
    image_id: UUID,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    state: AppState,
    first: Annotated[int, Query(ge=0, lt=MOST_FRAMES, description="Index of a frame.")] = 0,
    count: Annotated[int, Query(ge=1, le=frames.MOST_IN_CLIP)] = 16,
) -> Response:
    """Return pictures of consecutive frames for playing, near lossless.

    Each is four bytes of length (little-endian) followed by a JPEG of the frame's size; for a still
    it is a PNG.
    """
    return frames.clip(request, session, state.blobs, principal, image_id, first, count)


@router.get(
    "/poster",
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png")
            }
        },
        304: {"description": "Not modified"},
        **ONE,
    },
)
def get_poster(
    image_id: UUID, request: Request, principal: Reader, session: DatabaseRead, state: AppState
) -> Response:
    """Return the first frame for viewing: for a cine a near-lossless JPEG, for a still its PNG."""
    return frames.poster(request, session, state.blobs, principal, image_id)
