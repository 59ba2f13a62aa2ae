"""``/jobs`` and ``/events``."""

import itertools
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Reader, Segmenter, authenticate
from app.core.pagination import Cursor, Limit, Page, decode_cursor, encode_cursor
from app.core.problems import GUARDED, not_found, responses
from app.core.state import AppState, Reading, State, Writing
from app.jobs import service
from app.jobs.schemas import JobDetails, JobSummary
from app.jobs.tables import JobState, job_event

router = APIRouter(tags=["jobs"])

TICK_SECONDS = 1.0
HEARTBEAT_TICKS = 15
RECHECK_TICKS = 60


@router.get("/jobs", responses=GUARDED)
def list_jobs(
    principal: Segmenter,
    session: Reading,
    state: Annotated[JobState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[JobSummary]:
    """The caller's jobs, newest first."""
    before = parse_id(decode_cursor(cursor, 1)[0]) if cursor else None
    jobs = service.recent(session, principal, state, before, limit + 1)
    items = [service.summary(session, job) for job in jobs[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(jobs) > limit else None)


@router.get("/jobs/{job_id}", responses={**GUARDED, **responses(404)})
def get_job(job_id: UUID, principal: Segmenter, session: Reading, state: AppState) -> JobDetails:
    """A job: state, progress, position in the queue, and its result once it is done."""
    return service.details(session, state.blobs, service.visible(session, principal, job_id))


@router.delete("/jobs/{job_id}", status_code=204, responses={**GUARDED, **responses(404, 409)})
def cancel_job(job_id: UUID, principal: Segmenter, session: Writing, state: AppState) -> None:
    """Cancel a job that waits."""
    service.cancel(session, state, principal, job_id)


@router.post("/jobs/{job_id}/retry", status_code=202, responses={**GUARDED, **responses(404, 409)})
def retry_job(job_id: UUID, principal: Segmenter, session: Writing, state: AppState) -> JobSummary:
    """Queue a job again that failed for a reason of ours."""
    return service.summary(session, service.retry(session, state, principal, job_id))


PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}


@router.get(
    "/jobs/{job_id}/mask",
    response_class=Response,
    responses={**PNG, **GUARDED, **responses(404)},
)
def get_job_mask(job_id: UUID, principal: Segmenter, session: Reading, state: AppState) -> Response:
    """The job's mask as 1-bit PNG."""
    return _png(state, service.mask_blob(service.visible(session, principal, job_id)))


@router.get(
    "/jobs/{job_id}/overlay",
    response_class=Response,
    responses={**PNG, **GUARDED, **responses(404)},
)
def get_job_overlay(
    job_id: UUID, principal: Segmenter, session: Reading, state: AppState
) -> Response:
    """The frame with the job's mask drawn on it."""
    return _png(state, service.overlay_blob(service.visible(session, principal, job_id)))


def _png(state: State, key: str | None) -> Response:
    if key is None:
        raise not_found("result")
    return Response(state.blobs.get(key), media_type="image/png")


def parse_id(value: object) -> UUID:
    """A UUID out of a cursor; one that is none sorts before everything."""
    try:
        return UUID(str(value))
    except ValueError:
        return UUID(int=0)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **responses(401, 403, 422, 503),
    },
)
async def events(request: Request, principal: Reader, state: AppState) -> StreamingResponse:
    """Server-sent events of the signed-in user: `job`, `image` and `presence`.

    `image` tells of images that the user owns, reads or has open: `id`, `change` (created,
    changed, deleted, mask, measured, draft, review), `at`, `by` (a person, or null) and
    `revision`. `presence` tells who else has an open image open: `image_id` and `people`.
    Events are hints and may be lost with a connection; on reconnect read the lists again.
    """
    return StreamingResponse(
        _stream(request, state, principal.user.id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(request: Request, state: State, user_id: UUID) -> AsyncIterator[bytes]:
    async with state.events.subscribe(f"user:{user_id}") as subscription:
        yield b"retry: 1000\n: connected\n\n"
        positions: dict[str, int] = {}
        waiting = True
        for tick in itertools.count(1):
            if state.events.closing.is_set():
                return
            message = await subscription.next(TICK_SECONDS)
            if message is not None:
                waiting = True
                yield _event(message["event"], message["data"])
            if waiting:
                # The queue moves by other people's jobs too, of which this stream hears nothing.
                changed, positions = await run_in_threadpool(_moved, state, user_id, positions)
                waiting = bool(positions)
                for data in changed:
                    yield _event("job", data)
            if message is None and tick % HEARTBEAT_TICKS == 0:
                yield b": alive\n\n"
            if (
                tick % RECHECK_TICKS == RECHECK_TICKS - 1
                and await run_in_threadpool(authenticate, request, state) is None
            ):
                return


def _moved(
    state: State, user_id: UUID, known: dict[str, int]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Queued jobs whose position is another than the one known, and all positions."""
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
