"""Reading, cancelling and retrying jobs; what a finished one gives."""

from base64 import b64encode
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import IdempotencyRecord
from app.core import audit
from app.core.blobs import BlobNotFoundError, BlobStore
from app.core.broker import BACKGROUND_QUEUE
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.state import State
from app.images.service import sees
from app.images.tables import Image, mask_key, overlay_key
from app.jobs.schemas import JobDetails, JobLinks, JobSummary
from app.jobs.tables import (
    Job,
    JobKind,
    JobState,
    announce,
    kinds_in,
    queue_of,
    source_key,
    transient_mask_key,
    transient_overlay_key,
)
from app.jobs.turns import next_turn
from app.masks.tables import Mask
from app.masks.visibility import view_of
from app.segment.schemas import ResultLinks, SegmentResult


def visible(session: Session, principal: Principal, job_id: UUID) -> Job:
    """The caller's job; jobs are their owner's alone, whatever the role.

    Raises:
        Problem: 404.
    """
    job = session.get(Job, job_id)
    if job is None or job.owner_id != principal.user.id:
        raise not_found("job")
    return job


def withheld(session: Session, principal: Principal, job: Job) -> bool:
    """Whether the caller may not see the job's image, or its mask, now.

    Somebody who could see an image when they had it segmented may be its reader no more.
    """
    if job.image_id is None:  # not there yet, never to be kept, or deleted
        return job.kind == JobKind.SEGMENT and job.store and job.state == JobState.DONE
    image = session.get(Image, job.image_id)
    if image is None or not sees(session, principal, image):
        return True
    if job.mask_id is None or job.kind == JobKind.SEGMENT:  # a model's masks are for all
        return False
    view = view_of(session, image.id, principal.user.id)
    return session.scalar(select(Mask.id).where(Mask.id == job.mask_id, view.masks)) is None


def position(session: Session, job: Job) -> int | None:
    """How many jobs are before this one in its queue; None where it does not wait."""
    if job.state != JobState.QUEUED:
        return None
    query = select(func.count()).where(
        Job.state == JobState.QUEUED,
        Job.kind.in_(kinds_in(queue_of(job.kind))),
        tuple_(Job.turn, Job.id) < (job.turn, job.id),
    )
    return session.scalar(query) or 0


def positions(session: Session, owner_id: UUID, limit: int = 200) -> list[tuple[Job, int]]:
    """A person's queued jobs, the next first, each with the number of jobs before it."""
    long = Job.kind.in_(kinds_in(BACKGROUND_QUEUE))
    number = func.row_number().over(partition_by=long, order_by=(Job.turn, Job.id))
    place = (number - 1).label("place")
    queue = select(Job.id, place).where(Job.state == JobState.QUEUED).subquery()
    query = (
        select(Job, queue.c.place)
        .join(queue, queue.c.id == Job.id)
        .where(Job.owner_id == owner_id)
        .order_by(queue.c.place)
        .limit(limit)
    )
    return [(job, int(place)) for job, place in session.execute(query)]


def recent(
    session: Session, principal: Principal, state: JobState | None, before: UUID | None, limit: int
) -> Sequence[Job]:
    """The caller's jobs, newest first."""
    query = select(Job).where(Job.owner_id == principal.user.id)
    if state:
        query = query.where(Job.state == state)
    if before:
        query = query.where(Job.id < before)
    return session.scalars(query.order_by(Job.id.desc()).limit(limit)).all()


def summaries(session: Session, principal: Principal, jobs: Sequence[Job]) -> list[JobSummary]:
    """Jobs of the caller as JSON, without their results."""
    ids = {job.image_id for job in jobs if job.image_id}
    # Held while they are looked at, so that the session knows them all from one query.
    images = session.scalars(select(Image).where(Image.id.in_(ids))).all() if ids else []
    found = [summary(session, principal, job) for job in jobs]
    del images
    return found


def mask_blob(job: Job) -> str | None:
    """Key of the job's mask, if there is one."""
    return _blob(job, overlay=False)


def overlay_blob(job: Job) -> str | None:
    """Key of the job's overlay, if there is one."""
    return _blob(job, overlay=True)


def _blob(job: Job, *, overlay: bool) -> str | None:
    if job.state != JobState.DONE:
        return None
    if not job.store:
        return (transient_overlay_key if overlay else transient_mask_key)(job.id)
    if job.image_id is None or job.mask_id is None:  # deleted since
        return None
    if overlay:
        return overlay_key(job.image_id, job.picture_id, job.mask_id)
    return mask_key(job.image_id, job.mask_id)


def summary(session: Session, principal: Principal, job: Job) -> JobSummary:
    """A job of the caller as JSON, without its result."""
    address = f"/jobs/{job.id}"
    hidden = withheld(session, principal, job)
    image_id = None if hidden else job.image_id
    done = job.state == JobState.DONE and not hidden
    return JobSummary(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        position=position(session, job),
        attempts=job.attempts,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        model_name=job.model_name,
        image_id=image_id,
        duplicate=job.duplicate,
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
        links=JobLinks(
            self=address,
            image=f"/images/{image_id}" if image_id else None,
            mask=f"{address}/mask" if done else None,
            overlay=f"{address}/overlay" if done else None,
            retry=f"{address}/retry" if job.retryable and not hidden else None,
        ),
    )


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
            overlay=f"{address}/overlay" if mask_png else None,
        ),
    )


def cancel(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> None:
    """Cancel a job that waits.

    Raises:
        Problem: 404; 409 where it runs or has ended.
    """
    job = visible(session, principal, job_id)
    cancelled = session.scalar(
        update(Job)
        .where(Job.id == job.id, Job.state == JobState.QUEUED)
        .values(state=JobState.CANCELLED, finished_at=now())
        .returning(Job.id)
    )
    if cancelled is None:
        raise Problem(409, "not-queued", "Only a job that still waits can be cancelled.")
    session.refresh(job)
    audit.record(session, state.site_key, principal.actor, "job.cancelled", "job", job.id)
    after_commit(session, lambda: announce(state.bell, job))


def retry(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> Job:
    """Queue a failed job again; what it needs is still there.

    Raises:
        Problem: 404; 409 where it cannot be tried again.
    """
    job = visible(session, principal, job_id)
    if withheld(session, principal, job):
        raise not_found("image")
    retried = session.scalar(
        update(Job)
        .where(
            Job.id == job.id,
            Job.state == JobState.FAILED,
            Job.retryable.is_(True),
        )
        .values(
            state=JobState.QUEUED,
            attempts=0,
            problem=None,
            retryable=False,
            finished_at=None,
            progress=0.0,
            stage=None,
            rung_at=now(),
            turn=next_turn(job),
        )
        .returning(Job.id)
    )
    if retried is None:
        raise Problem(
            409, "not-retryable", "This job cannot be tried again; send the image once more."
        )
    session.refresh(job)
    audit.record(session, state.site_key, principal.actor, "job.retried", "job", job.id)
    after_commit(session, lambda: ring(state, job))
    return job


def enqueue(session: WriteSession, state: State, job: Job) -> None:
    """Insert a job of what somebody just did, and ring for it once all is committed."""
    job.awaited = True
    job.turn = next_turn(job)
    session.add(job)
    session.flush()
    after_commit(session, lambda: ring(state, job))


def ring(state: State, job: Job) -> None:
    """Tell a worker and the owner's browsers of a queued job."""
    state.bell.ring(queue_of(job.kind))
    announce(state.bell, job)


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
