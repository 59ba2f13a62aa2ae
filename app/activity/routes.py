"""``/jobs`` and ``/events``."""

import itertools
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from app.accounts.access import AnywhereReader, Principal, ProjectSegmenter, Segmenter
from app.accounts.authentication import authenticate
from app.core.caching import blob_response
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, not_found, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite, State
from app.images.tables import Image
from app.jobs import service
from app.jobs.schemas import JobSummary
from app.jobs.service import Pictures
from app.jobs.tables import Job, JobState, job_event
from app.segment import results
from app.segment.schemas import JobDetails

router = APIRouter(tags=["jobs"])

TICK_SECONDS = 1.0
HEARTBEAT_TICKS = 15
RECHECK_SECONDS = 3.0
"""A stream ends at most this long after its session, token, account or role does."""


@router.get("/jobs", responses=GUARDED)
def list_jobs(
    principal: ProjectSegmenter,
    session: DatabaseRead,
    state: Annotated[JobState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[JobSummary]:
    """List the caller's jobs, newest first."""
    before = id_in_cursor(cursor)
    jobs = service.recent(session, principal, state, before, limit + 1)
    ids = {job.image_id for job in jobs if job.image_id}
    # Kept while the jobs are read, so that the session has loaded all images with one query.
    images = session.scalars(select(Image).where(Image.id.in_(ids))).all() if ids else []
    page = page_of(jobs, limit, lambda rows: service.summaries(session, principal, rows))
    del images
    return page


@router.get("/jobs/{job_id}", responses={**GUARDED, **responses(404)})
def get_job(
    job_id: UUID, principal: Segmenter, session: DatabaseRead, state: AppState
) -> JobDetails:
    """Return a job: state, progress, position in the queue, and its result once it is done."""
    job = service.visible(session, principal, job_id)
    return results.details(session, state.blobs, principal, job)


@router.delete("/jobs/{job_id}", status_code=204, responses={**GUARDED, **responses(404, 409)})
def cancel_job(job_id: UUID, principal: Segmenter, session: DatabaseWrite, state: AppState) -> None:
    """Cancel a waiting job."""
    service.cancel(session, state, principal, job_id)


@router.post("/jobs/{job_id}/retry", status_code=202, responses={**GUARDED, **responses(404, 409)})
def retry_job(
    job_id: UUID, principal: Segmenter, session: DatabaseWrite, state: AppState
) -> JobSummary:
    """Queue a job again after a failure on our side."""
    job = service.retry(session, state, principal, job_id)
    return service.summary(session, principal, job)


PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}}},
    304: {"description": "Not modified"},
}


@router.get(
    "/jobs/{job_id}/mask",
    response_class=Response,
    responses={**PNG, **GUARDED, **responses(404)},
)
def get_job_mask(
    job_id: UUID, request: Request, principal: Segmenter, session: DatabaseRead, state: AppState
) -> Response:
    """Return the job's mask as a 1-bit PNG."""
    job = service.visible(session, principal, job_id)
    key = _pictures(session, principal, job).mask
    return blob_response(request, state.blobs, key, "image/png")


def _pictures(session: DatabaseRead, principal: Principal, job: Job) -> Pictures:
    found = None
    if not service.withheld(session, principal, job):
        found = service.pictures(session, job)
    if found is None:
        raise not_found("result")
    return found


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **GUARDED,
    },
)
async def events(request: Request, principal: AnywhereReader, state: AppState) -> StreamingResponse:
    """Server-sent events of the signed-in user: `job`, `image` and `presence`.

    Each has a `project_id`, one that the session or the token may see. `image` is about an image
    that the user owns, reads or has open: `id`, `change` (created, changed, deleted, mask,
    measured, draft, review), `at`, `by` (a person, or null) and `revision`. `presence` lists the
    others who have an open image open: `image_id` and `people`. Events are hints and may be lost
    with a connection; on reconnect read the lists again. The number of streams per person is
    limited (16 by default); one more ends the oldest.
    """
    return StreamingResponse(
        _stream(request, state, principal),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(request: Request, state: State, principal: Principal) -> AsyncIterator[bytes]:
    user_id, checked = principal.user.id, time.monotonic()
    projects = {str(one) for one in principal.projects}
    most = state.settings.event_streams_per_person
    async with state.events.subscribe(f"user:{user_id}", most=most) as subscription:
        yield b"retry: 1000\n: connected\n\n"
        positions: dict[str, int] = {}
        waiting = True
        for tick in itertools.count(1):
            if state.events.closing.is_set() or subscription.ended or subscription.missed:
                return
            message = await subscription.next(TICK_SECONDS)
            if message is not None and message["data"]["project_id"] in projects:
                waiting = True
                yield _event(message["event"], message["data"])
            if waiting:
                # The queue also moves because of other people's jobs, whose events this stream does
                # not get.
                changed, positions = await run_in_threadpool(_moved, state, user_id, positions)
                waiting = bool(positions)
                for data in changed:
                    if data["project_id"] in projects:
                        yield _event("job", data)
            if message is None and tick % HEARTBEAT_TICKS == 0:
                yield b": alive\n\n"
            if time.monotonic() - checked > RECHECK_SECONDS:
                checked = time.monotonic()
                now = await run_in_threadpool(authenticate, request, state)
                if now is None or now.projects != principal.projects:
                    return


def _moved(
    state: State, user_id: UUID, known: dict[str, int]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the queued jobs whose position has changed, and all positions."""
    with state.database.read() as session:
        waiting = service.positions(session, user_id)
    positions = {str(job.id): place for job, place in waiting}
    changed = [
        {**job_event(job), "position": place}
        for job, place in waiting
        if known.get(str(job.id)) != place
    ]
    return changed, positions


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + to_json(data) + b"\n\n"
