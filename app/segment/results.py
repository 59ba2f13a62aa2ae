"""What a finished job gives: its mask, what they say."""

from base64 import b64encode
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import IdempotencyRecord
from app.core.blobs import BlobNotFoundError, BlobStore
from app.core.state import State
from app.images.tables import mask_key
from app.jobs.service import summary, withheld
from app.jobs.tables import Job, JobState, source_key, transient_mask_key, transient_overlay_key
from app.segment.schemas import JobDetails, ResultLinks, SegmentResult


def mask_blob(job: Job) -> str | None:
    """Key of the job's mask, if there is one."""
    if job.state != JobState.DONE:
        return None
    if not job.store:
        return transient_mask_key(job.id)
    if job.image_id is None or job.mask_id is None:  # deleted since
        return None
    return mask_key(job.image_id, job.mask_id)


def details(session: Session, blobs: BlobStore, principal: Principal, job: Job) -> JobDetails:
    """A job of the caller as JSON, with its result and the mask's bytes once it is done."""
    fields = dict(summary(session, principal, job))
    return JobDetails(**fields, result=result(session, blobs, principal, job))


def result(
    session: Session, blobs: BlobStore, principal: Principal, job: Job
) -> SegmentResult | None:
    """What a done job says.

    None before, and where the caller may not see its image any more, be it deleted or not.
    """
    if job.state != JobState.DONE or job.result is None or withheld(session, principal, job):
        return None
    key = mask_blob(job)
    try:
        mask_png = blobs.get(key) if key else None
    except BlobNotFoundError:
        mask_png = None
    address = f"/jobs/{job.id}"
    return SegmentResult(
        **job.result,
        job_id=job.id,
        image_id=job.image_id,
        frame_id=job.frame_id,
        mask_id=job.mask_id,
        mask_png_base64=b64encode(mask_png).decode() if mask_png else None,
        links=ResultLinks(
            image=f"/images/{job.image_id}" if job.image_id else None,
            mask=f"{address}/mask" if mask_png else None,
            overlay=f"{address}/overlay" if mask_png and job.has_overlay else None,
        ),
    )


def forget(state: State, job_id: UUID) -> None:
    """Remove a ``store=false`` job and all that it left, once its answer is delivered."""
    for key in (source_key(job_id), transient_mask_key(job_id), transient_overlay_key(job_id)):
        state.blobs.delete(key)
    with state.database.write() as session:
        job = session.get(Job, job_id)
        if job is not None and not job.store:
            session.execute(
                delete(IdempotencyRecord).where(
                    IdempotencyRecord.object_type == "job", IdempotencyRecord.object_id == job.id
                )
            )
            session.delete(job)
