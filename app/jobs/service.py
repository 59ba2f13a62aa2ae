"""Queueing, reading, cancelling and retrying jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id, now
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.state import State
from app.jobs.kinds import Kind, P
from app.jobs.schemas import JobLinks, JobSummary
from app.jobs.tables import (
    Job,
    JobKind,
    JobState,
    announce,
)
from app.jobs.turns import insert_in_turn, next_turn


def visible(session: Session, principal: Principal, job_id: UUID) -> Job:
    """Return the caller's job in the request's project; only its owner sees a job.

    Raises:
        Problem: 404.
    """
    job = session.get(Job, job_id)
    if job is None or job.owner_id != principal.user.id:
        raise not_found("job")
    if job.project_id != principal.project:
        raise not_found("job")
    return job


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures that a finished job made.

    Attributes:
        mask: key of its blob.
        overlay: key of its blob, which may have to be drawn first.
        image_id: the image that it is drawn from, with ``mask_id``; None if it cannot be redrawn.
    """

    mask: str
    overlay: str
    image_id: UUID | None = None
    mask_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Presentation:
    """How jobs of one kind are shown to a caller, defined by the kind's capability.

    Attributes:
        hidden: whether the caller may not see the subject or the result of their job now.
        pictures: of a done job; None if they no longer exist.
        model: the model that was requested by name.
    """

    kind: Kind[Any, Any]
    hidden: Callable[[Session, Principal, Job], bool]
    pictures: Callable[[Session, Job], Pictures | None] = lambda session, job: None
    has_pictures: bool = False
    has_overlay: Callable[[Job], bool] = lambda job: True
    model: Callable[[Job], str | None] = lambda job: None


_shown: dict[JobKind, Presentation] = {}


def present(presentation: Presentation) -> None:
    """Register how jobs of a kind are shown."""
    _shown[presentation.kind.name] = presentation


def withheld(session: Session, principal: Principal, job: Job) -> bool:
    """Whether the caller may not see the job's image, or its mask, now.

    Somebody who could see an image when they had it segmented may no longer be its reader.
    """
    return _shown[job.kind].hidden(session, principal, job)


def has_overlay(job: Job) -> bool:
    """Whether a done job has an overlay, or one can be drawn from what is stored."""
    shown = _shown[job.kind]
    return shown.has_pictures and shown.has_overlay(job)


def pictures(session: Session, job: Job) -> Pictures | None:
    """Return the keys of the pictures that a done job made."""
    if job.state != JobState.DONE:
        return None
    return _shown[job.kind].pictures(session, job)


def position(session: Session, job: Job) -> int | None:
    """Return the number of jobs before this one in its queue; None if it does not wait."""
    if job.state != JobState.QUEUED:
        return None
    query = select(func.count()).where(
        Job.state == JobState.QUEUED,
        Job.queue == job.queue,
        tuple_(Job.turn, Job.id) < (job.turn, job.id),
    )
    return session.scalar(query) or 0


def positions(session: Session, owner_id: UUID, limit: int = 200) -> list[tuple[Job, int]]:
    """Return a person's queued jobs, next first, each with the number of jobs before it."""
    number = func.row_number().over(partition_by=Job.queue, order_by=(Job.turn, Job.id))
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
    """Return the caller's jobs in a project, newest first."""
    query = select(Job).where(
        Job.project_id == principal.project, Job.owner_id == principal.user.id
    )
    if state:
        query = query.where(Job.state == state)
    if before:
        query = query.where(Job.id < before)
    return session.scalars(query.order_by(Job.id.desc()).limit(limit)).all()


def summaries(session: Session, principal: Principal, jobs: Sequence[Job]) -> list[JobSummary]:
    """Return jobs of the caller as JSON, without their results."""
    return [summary(session, principal, job) for job in jobs]


def summary(session: Session, principal: Principal, job: Job) -> JobSummary:
    """Return a job of the caller as JSON, without its result."""
    address = f"/jobs/{job.id}"
    hidden = withheld(session, principal, job)
    image_id = None if hidden else job.image_id
    shown = _shown[job.kind]
    seen = job.state == JobState.DONE and not hidden and shown.has_pictures
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
        model_name=shown.model(job),
        image_id=image_id,
        duplicate=bool((job.result or {}).get("duplicate")),
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
        links=JobLinks(
            self=address,
            image=f"/images/{image_id}" if image_id else None,
            mask=f"{address}/mask" if seen else None,
            overlay=f"{address}/overlay" if seen and has_overlay(job) else None,
            retry=f"{address}/retry" if job.retryable and not hidden else None,
        ),
    )


def cancel(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> None:
    """Cancel a job that waits, or that runs and may stop halfway.

    Raises:
        Problem: 404; 409 if it has ended, or runs and cannot be stopped.
    """
    job = visible(session, principal, job_id)
    if _shown[job.kind].kind.stoppable and stop(session, state, job):
        audit.record(session, state.site_key, principal.actor, "job.cancelled", "job", job.id)
        return
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
    after_commit(session, lambda: announce(state.broker, job))


def retry(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> Job:
    """Queue a failed job again if its input still exists.

    Raises:
        Problem: 404; 409 if it cannot be retried.
    """
    job = visible(session, principal, job_id)
    if withheld(session, principal, job):
        raise not_found("image")
    retried = queue_again(session, job, Job.retryable.is_(True))
    if not retried:
        raise Problem(
            409, "not-retryable", f"This job cannot be tried again; {_shown[job.kind].kind.again}."
        )
    session.refresh(job)
    audit.record(session, state.site_key, principal.actor, "job.retried", "job", job.id)
    after_commit(session, lambda: notify(state, job))
    return job


def queue_again(session: WriteSession, job: Job, *conditions: ColumnElement[bool]) -> bool:
    """Queue a failed job again as if new; return whether it had failed and met the conditions."""
    queued = session.scalar(
        update(Job)
        .where(Job.id == job.id, Job.state == JobState.FAILED, *conditions)
        .values(
            state=JobState.QUEUED,
            attempts=0,
            problem=None,
            retryable=False,
            finished_at=None,
            progress=0.0,
            stage=None,
            notified_at=now(),
            turn=next_turn(job),
        )
        .returning(Job.id)
    )
    return queued is not None


def enqueue(
    session: WriteSession,
    state: State,
    kind: Kind[P, Any],
    parameters: P,
    *,
    owner_id: UUID,
    project_id: UUID,
    image_id: UUID | None = None,
    job_id: UUID | None = None,
    input_bytes: int = 0,
    awaited: bool = True,
    not_before: datetime | None = None,
) -> UUID:
    """Queue a job, and send its message to a worker after the commit.

    Args:
        kind: of the job.
        parameters: of that kind.
        image_id: the image that it is about.
        job_id: None creates one.
        input_bytes: size of the file that is already stored under its key.
        awaited: whether somebody waits for it; see :mod:`app.jobs.turns`.
        not_before: no worker takes it before this time.

    Returns:
        The job's id.
    """
    job = Job(
        id=job_id or new_id(),
        kind=kind.name,
        queue=kind.queue,
        parameters=parameters.model_dump(mode="json"),
        owner_id=owner_id,
        project_id=project_id,
        image_id=image_id,
        input_bytes=input_bytes,
        awaited=awaited,
        lease_until=not_before,
    )
    session.flush()
    insert_in_turn(session, job)
    after_commit(session, lambda: notify(state, job))
    return job.id


def notify(state: State, job: Job) -> None:
    """Notify a worker and the owner's browsers of a queued job."""
    state.broker.notify(job.queue)
    announce(state.broker, job)


def stop(session: WriteSession, state: State, job: Job) -> bool:
    """Cancel a job that waits or runs; its worker loses the lease and stores no result.

    Returns:
        Whether it was waiting or running.
    """
    stopped = session.scalar(
        update(Job)
        .where(Job.id == job.id, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
        .values(state=JobState.CANCELLED, finished_at=now(), lease_token=None, lease_until=None)
        .returning(Job.id)
    )
    if stopped:
        session.refresh(job)
        after_commit(session, lambda: announce(state.broker, job))
    return stopped is not None
