"""``GET /images/{id}/overlay`` and ``/outline``, ``GET /jobs/{id}/overlay``."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal, Reader, Segmenter
from app.core.caching import REVALIDATE, entity_tag, unchanged
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseRead, State
from app.images.framed import FrameIndex, framed
from app.overlays import outlines
from app.overlays.service import Find, found, of_frame, of_job, png
from app.reviews.access import visible_frame
from app.reviews.visibility import revision_of, view_of

router = APIRouter()

Revision = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Default: the newest.")]

PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "Not modified"},
    **GUARDED,
    **responses(404, 429, 503),
}

DRAWING: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}},
    304: {"description": "Not modified"},
    **GUARDED,
    **responses(404),
}


@framed(router, "GET", "/outline", response_class=Response, responses=DRAWING, tags=["images"])
def get_outline(
    image_id: UUID,
    frame_index: FrameIndex,
    request: Request,
    principal: Reader,
    session: DatabaseRead,
    revision: Revision = None,
    v: Annotated[
        str | None,
        Query(max_length=80, description="Ignored; makes addresses of different pictures differ."),
    ] = None,
) -> Response:
    """The outlines of a mask that the caller may see, as an SVG of the frame's size.

    Empty if it shows no lesion, and until a person's drawing is measured.
    """
    image, frame = visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, frame.id, revision)
    tag = entity_tag(f"{mask.id}/outline/{mask.result is not None}")
    headers = {"ETag": tag, "Cache-Control": REVALIDATE}
    if unchanged(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(outlines.svg(session, frame, mask), media_type="image/svg+xml", headers=headers)


@framed(router, "GET", "/overlay", response_class=Response, responses=PICTURE, tags=["images"])
async def get_overlay(
    image_id: UUID,
    frame_index: FrameIndex,
    request: Request,
    principal: Reader,
    state: AppState,
    revision: Revision = None,
    download: Annotated[bool, Query(description="Ask the browser to save the file.")] = False,
) -> Response:
    """The picture with a mask drawn on it; drawn on first request, then stored."""
    find = of_frame(principal, image_id, frame_index, revision)
    return await _answer(request, state, principal, find, download=download)


@router.get("/jobs/{job_id}/overlay", response_class=Response, responses=PICTURE, tags=["jobs"])
async def get_job_overlay(
    job_id: UUID, request: Request, principal: Segmenter, state: AppState
) -> Response:
    """The frame with the job's mask drawn on it.

    A job that stores nothing (`store=false`) has one only if it was sent with `output=overlay`.
    """
    return await _answer(request, state, principal, of_job(principal, job_id))


async def _answer(
    request: Request, state: State, principal: Principal, find: Find, *, download: bool = False
) -> Response:
    overlay = await run_in_threadpool(found, state, find)
    headers = {"ETag": entity_tag(overlay.key), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data = await png(state, principal, find)
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{overlay.name}"'
    return Response(data, media_type="image/png", headers=headers)
