"""``POST /segment``: stores the bytes, waits for the worker, answers in the requested form."""

import asyncio
import tempfile
import time
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from app.accounts.access import AnywhereSegmenter, Principal
from app.accounts.authentication import require_still
from app.accounts.idempotency import IdempotencyKey
from app.core.events import Subscription
from app.core.http import too_large
from app.core.ids import new_id
from app.core.problems import Problem, not_found, responses
from app.core.slots import Slot
from app.core.state import AppState, State
from app.core.uploads import Upload, announced, is_form, receive_form
from app.images.tables import Image
from app.jobs import service as jobs
from app.jobs.schemas import JobSummary
from app.jobs.tables import Job, JobKind, JobState
from app.overlays.service import of_job, png
from app.projects.records import case_rule_of
from app.reviews.access import keeps_model_from
from app.segment import results
from app.segment.dicom_answer import dicom_answer
from app.segment.options import BODY, MAX_WAIT_SECONDS, OBJECTS, Options, Output, negotiate
from app.segment.quotas import require_room
from app.segment.schemas import SegmentResult
from app.segment.service import Order, accept, make_durable
from app.uploads import service as uploads

router = APIRouter(tags=["segment"])

SPOOL_BYTES = 4 * 1024 * 1024
POLL_SECONDS = 1.0
TRUSTED_SECONDS = 3.0
"""After waiting longer than this, the caller's access is checked again."""


@router.post(
    "/segment",
    response_model=SegmentResult,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/png", "application/dicom", "multipart/related")
            }
        },
        202: {
            "model": JobSummary,
            "description": "Not done within `wait`; poll the job at `Location`.",
        },
        **responses(400, 401, 403, 404, 406, 409, 410, 413, 415, 422, 429, 500, 503, 507),
    },
    openapi_extra={"requestBody": BODY},
)
async def segment(
    request: Request,
    principal: AnywhereSegmenter,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
    model: Annotated[
        str | None, Query(max_length=80, description="A model's name; see `GET /models`.")
    ] = None,
    subject: Annotated[
        str | None,
        Query(max_length=200, description="Any patient identifier; kept only as a pseudonym."),
    ] = None,
    wait: Annotated[
        float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for the result.")
    ] = 30.0,
    store: Annotated[
        bool, Query(description="False: nothing is kept once the answer is delivered.")
    ] = True,
    output: Annotated[Output | None, Query(description="Overrides `Accept`.")] = None,
    project: Annotated[
        UUID | None,
        Query(description="Where the image goes; default: the token's project, or the only one."),
    ] = None,
) -> Response:
    """Segment one ultrasound image.

    The image is the form's `file` or the whole body. The answer is JSON, the mask as PNG
    (`Accept: image/png`), or the overlay (`Accept: image/png; profile=overlay`). For a DICOM file,
    it may be a DICOM Segmentation (`Accept: application/dicom`; with `profile=probability` and
    `store=false` a fractional one), or segmentation, measurement report and overlay
    (`Accept: multipart/related; type="application/dicom"`): in the study of the file, under the
    patient's name and with references to its instance. 422 `no-dicom-source` if the file is not
    DICOM or does not identify its instance. 409 `model-hidden`, with `image_id` and `job_id`, if
    the image is stored and its project hides the model's outline until readers submit.
    """
    options = Options(
        model=model, subject=subject, wait=wait, store=store, output=output, project=project
    )
    if project is not None or not is_form(request):
        principal.entering(project)  # refused before the upload is read
    person = principal.user.id
    with state.slots.hold(Slot.UPLOAD, person, state.settings.uploads_per_person):
        await run_in_threadpool(require_room, state, principal, idempotency_key, announced(request))
        return await _segment(request, principal, state, options, idempotency_key)


async def _segment(
    request: Request, principal: Principal, state: State, options: Options, key: str | None
) -> Response:
    file, options = await _receive(request, options, state.settings.max_upload_bytes)
    known: UUID | None = None
    try:
        principal = principal.entering(options.project)
        wanted = options.output or negotiate(request.headers.get("Accept", "*/*"))
        if wanted == "probability" and options.store:
            raise Problem(
                422,
                "probability-not-kept",
                "Probabilities are not kept; send `store=false` to have them.",
            )
        if options.upload is not None:
            found = await run_in_threadpool(uploads.whole, state, principal, options.upload)
            file, known = (None, found) if isinstance(found, UUID) else (found, None)
    except Problem:
        if file is not None:
            file.close()
        raise
    new = new_id()
    # Subscribe before there is a job, so that its end is not missed.
    async with state.events.subscribe(f"job:{new}") as events:
        job_id = known
        if job_id is None:
            job_id = await run_in_threadpool(
                _take_in, state, principal, file, options, wanted, key, new
            )
        if job_id == new:
            ended = _ended(state, events, job_id, options.wait)
        else:
            ended = wait_for(state, job_id, options.wait)
        # Runs beside the job: the answer must not be sent before the upload is durable.
        began = time.monotonic()
        await asyncio.gather(ended, run_in_threadpool(make_durable, state, job_id))
    if time.monotonic() - began > TRUSTED_SECONDS:
        await run_in_threadpool(require_still, request, state)
    answer = await run_in_threadpool(_answer, state, principal, job_id, wanted)
    if isinstance(answer, Response):
        return answer
    if wanted in OBJECTS:
        body, media_type = await dicom_answer(state, principal, answer, OBJECTS[wanted])
        return _delivered(state, answer, body, media_type)
    return _delivered(state, answer, await png(state, principal, of_job(principal, job_id)))


def _take_in(
    state: State,
    principal: Principal,
    file: IO[bytes] | None,
    options: Options,
    wanted: Output,
    key: str | None,
    job_id: UUID,
) -> UUID:
    """Return the id of this upload's job: the one given, or an older one under the same key."""
    if file is None:
        raise AssertionError("there is neither a file nor a job that it became")
    with file:
        upload = Upload.of(file)
        if upload.size > state.settings.max_upload_bytes:
            raise too_large(state.settings.max_upload_bytes)
        if options.store and options.leaves_case_open and not upload.is_dicom():
            with state.database.read() as session:
                rule = case_rule_of(session, principal.project)
            options = options.model_copy(update={"case_rule": rule})
        label = options.label
        order = Order(
            options.model or None,
            options.subject or (label.case if label else None),
            options.store,
            label=label,
            waits=options.wait > 0,
            overlay=wanted == "overlay",
            objects=OBJECTS.get(wanted, ()),
        )
        taken = accept(state, principal, upload, order, key, job_id)
    if options.upload is not None:
        uploads.became(state, options.upload, taken)
    return taken


async def _receive(
    request: Request, options: Options, limit: int
) -> tuple[IO[bytes] | None, Options]:
    """Return the upload as a file, and the options with the form's fields applied; no file if the
    form names one that was uploaded in parts.

    Raises:
        Problem: 400 broken form, 413 too large, 422 no file or a bad field.
    """
    if is_form(request):
        return await _receive_form(request, options)
    file = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  (closed by the caller)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            if size > SPOOL_BYTES:
                await run_in_threadpool(file.write, chunk)
            else:
                file.write(chunk)
    except BaseException:
        file.close()
        raise
    return file, options


async def _receive_form(request: Request, options: Options) -> tuple[IO[bytes] | None, Options]:
    names = list(Options.model_fields)
    file, fields = await receive_form(request, "the image", names, instead="upload")
    if file is not None and "upload" in fields:
        raise Problem(422, "invalid-request", "Send either `file` or `upload`, and not both.")
    try:
        merged = Options.model_validate({**options.model_dump(), **fields})
    except ValidationError as error:
        item = error.errors()[0]
        where = ".".join(str(part) for part in item["loc"])
        raise Problem(
            422, "invalid-request", f"{where}: {item['msg']}. Correct it and send it again."
        ) from error
    return file, merged


async def wait_for(state: State, job_id: UUID, seconds: float) -> None:
    """Return once the job has ended, or after ``seconds``."""
    async with state.events.subscribe(f"job:{job_id}") as events:
        if not (await run_in_threadpool(_read, state, job_id)).state.final:
            await _ended(state, events, job_id, seconds)


async def _ended(state: State, events: Subscription, job_id: UUID, seconds: float) -> None:
    """Return on the event of the job's end, or after ``seconds``.

    The row is also read once a second, in case the event is lost.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while (left := deadline - loop.time()) > 0 and not state.events.closing.is_set():
        poll = loop.time() + min(left, POLL_SECONDS)
        while (wait := poll - loop.time()) > 0:
            event = await events.next(wait)
            if event is not None and event["state"] not in ("queued", "running"):
                return
        if (await run_in_threadpool(_read, state, job_id)).state.final:
            return


def _read(state: State, job_id: UUID) -> Job:
    with state.database.read() as session:
        return _job(session, job_id)


def _job(session: Session, job_id: UUID) -> Job:
    return _job_and_image(session, job_id)[0]


_JOB_AND_IMAGE = (
    select(Job, Image).outerjoin(Image, Image.id == Job.image_id).where(Job.id == bindparam("job"))
)


def _job_and_image(session: Session, job_id: UUID) -> tuple[Job, Image | None]:
    row = session.execute(_JOB_AND_IMAGE, {"job": job_id}).one_or_none()
    if row is None:
        raise Problem(
            410, "gone", "This request was answered before and left nothing behind; send it anew."
        )
    return row[0], row[1]


def _answer(state: State, principal: Principal, job_id: UUID, wanted: Output) -> Response | Job:
    """Return the answer; or the done job, if its overlay or DICOM objects still have to be made."""
    with state.database.read() as session:
        job, _image = _job_and_image(session, job_id)  # held: access is checked next
        if not job.state.final:
            pending = jobs.summary(session, principal, job)
            return Response(
                pending.model_dump_json(),
                status_code=202,
                media_type="application/json",
                headers={"Location": f"/jobs/{job.id}", "Retry-After": "1"},
            )
        if job.problem is not None:
            return _with_cleanup(state, job, _failed(job.problem))
        if job.state == JobState.CANCELLED:
            raise Problem(409, "cancelled", "This job was cancelled; send the image again.")
        if keeps_model_from(session, principal, job):
            raise Problem(
                409,
                "model-hidden",
                "The image is stored, but its project shows readers no model's outline before they "
                "have submitted. Open the image, outline what you see and submit; then ask for "
                "the job's result.",
                headers={"Location": f"/jobs/{job.id}"},
                job_id=str(job.id),
                image_id=str(job.image_id),
            )
        if wanted == "overlay" or wanted in OBJECTS:
            return job
        if wanted == "json":
            result = results.result(session, state.blobs, principal, job)
            if result is None:
                raise not_found("result")
            body = result.model_dump_json().encode()
            return _delivered(state, job, body, media_type="application/json")
        made = None
        if not jobs.withheld(session, principal, job):
            made = jobs.pictures(session, job)
        if made is None:
            raise not_found("result")
        return _delivered(state, job, state.blobs.get(made.mask))


def _delivered(state: State, job: Job, body: bytes, media_type: str = "image/png") -> Response:
    headers = {"Location": f"/jobs/{job.id}"} if job.kind != JobKind.SEGMENT else {}
    return _with_cleanup(state, job, Response(body, media_type=media_type, headers=headers))


def _failed(problem: dict[str, Any]) -> Response:
    return JSONResponse(
        problem, status_code=int(problem["status"]), media_type="application/problem+json"
    )


def _with_cleanup(state: State, job: Job, response: Response) -> Response:
    """For ``store=false``, delete everything once the answer is sent."""
    if job.kind == JobKind.SEGMENT:
        response.background = BackgroundTask(results.forget, state, job.id)
    return response
