"""Answers to the caller of a job: its details and, once it is done, the result and the mask."""

from base64 import b64encode
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import IdempotencyRecord
from app.core.blobs import BlobNotFoundError, BlobStore
from app.core.state import State
from app.dicom_results.records import object_keys
from app.jobs.service import (
    Pictures,
    Presentation,
    has_overlay,
    pictures,
    present,
    summary,
    withheld,
)
from app.jobs.tables import Job, JobKind, JobState, source_key
from app.reviews.access import hides_result, pictures_of
from app.segment.jobs import (
    INGEST,
    PREDICT,
    PREDICT_FRAMES,
    SEGMENT,
    transient_mask_key,
    transient_overlay_key,
)
from app.segment.schemas import JobDetails, ResultLinks, SegmentResult


def _transient(job: Job) -> Pictures:
    return Pictures(transient_mask_key(job.id), transient_overlay_key(job.id))


def _mask(job: Job) -> UUID | None:
    return UUID(job.result["mask_id"]) if job.result else None


present(Presentation(INGEST, hides_result, model=lambda job: INGEST.read(job).model))
present(
    Presentation(
        PREDICT,
        hides_result,
        pictures=lambda session, job: pictures_of(session, job, _mask(job)),
        has_pictures=True,
        model=lambda job: PREDICT.read(job).model,
    )
)
present(
    Presentation(
        PREDICT_FRAMES,
        hides_result,
        pictures=lambda session, job: pictures_of(session, job, _mask(job)),
        has_pictures=True,
        model=lambda job: PREDICT_FRAMES.read(job).model,
    )
)
present(
    Presentation(
        SEGMENT,
        hidden=lambda session, principal, job: False,
        pictures=lambda session, job: _transient(job),
        has_pictures=True,
        has_overlay=lambda job: SEGMENT.read(job).overlay,
        model=lambda job: SEGMENT.read(job).model,
    )
)


def details(session: Session, blobs: BlobStore, principal: Principal, job: Job) -> JobDetails:
    """Return a job of the caller as JSON, with its result and the mask's bytes once it is done."""
    fields = dict(summary(session, principal, job))
    return JobDetails(**fields, result=result(session, blobs, principal, job))


def result(
    session: Session, blobs: BlobStore, principal: Principal, job: Job
) -> SegmentResult | None:
    """Return the result of a done job.

    None before it is done, and if the caller may no longer see its image, deleted or not.
    """
    if job.state != JobState.DONE or job.result is None or withheld(session, principal, job):
        return None
    if job.kind not in (JobKind.PREDICT, JobKind.PREDICT_FRAMES, JobKind.SEGMENT):
        return None
    made = pictures(session, job)
    try:
        mask_png = blobs.get(made.mask) if made else None
    except BlobNotFoundError:
        mask_png = None
    address = f"/jobs/{job.id}"
    return SegmentResult(
        **{"frame_id": None, "mask_id": None, **job.result},
        job_id=job.id,
        image_id=job.image_id,
        mask_png_base64=b64encode(mask_png).decode() if mask_png else None,
        links=ResultLinks(
            image=f"/images/{job.image_id}" if job.image_id else None,
            mask=f"{address}/mask" if mask_png else None,
            overlay=f"{address}/overlay" if mask_png and has_overlay(job) else None,
        ),
    )


def forget(state: State, job_id: UUID) -> None:
    """Remove a ``store=false`` job and everything it left, once its answer is delivered."""
    pictures = (transient_mask_key(job_id), transient_overlay_key(job_id))
    for key in (source_key(job_id), *pictures, *object_keys(job_id)):
        state.blobs.delete(key)
    with state.database.write() as session:
        if session.execute(_FORGET, {"job": job_id}).first() is not None:
            session.execute(_FORGET_KEY, {"job": job_id})


_job, _record = cast(Table, Job.__table__), cast(Table, IdempotencyRecord.__table__)
_FORGET = (
    delete(_job)
    .where(_job.c.id == bindparam("job"), _job.c.kind == JobKind.SEGMENT)
    .returning(_job.c.id)
)
_FORGET_KEY = delete(_record).where(
    _record.c.object_type == "job", _record.c.object_id == bindparam("job")
)
