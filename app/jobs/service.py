"""Queueing, reading, cancelling and retrying jobs."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.broker import BACKGROUND_QUEUE
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.state import State
from app.images.tables import Image
from app.jobs.schemas import JobLinks, JobSummary
from app.jobs.tables import (
    Job,
    JobKind,
    JobState,
    announce,
    kinds_in,
    queue_of,
)
from app.jobs.turns import next_turn


def visible(session: Session, principal: Principal, job_id: UUID) -> Job:
    """The caller's job in the request's project; jobs are their owner's alone.

    Raises:
        Problem: 404.
    """
    job = session.get(Job, job_id)
    if job is None or job.owner_id != principal.user.id:
        raise not_found("job")
    if job.project_id != principal.project:
        raise not_found("job")
    return job


Withheld = Callable[[Session, Principal, Job], bool]
"""Whether the caller may not see what a job of theirs is about, or made, now."""

_withheld: dict[JobKind, Withheld] = {}


def withhold(*kinds: JobKind, where: Withheld) -> None:
    """Say for jobs of these kinds what is withheld: the capability knows that they belong to."""
    _withheld.update(dict.fromkeys(kinds, where))


def withheld(session: Session, principal: Principal, job: Job) -> bool:
    """Whether the caller may not see the job's image, or its mask, now.

    Somebody who could see an image when they had it segmented may be its reader no more.
    """
    return _withheld[job.kind](session, principal, job)


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
    """The caller's jobs in a project, newest first."""
    query = select(Job).where(
        Job.project_id == principal.project, Job.owner_id == principal.user.id
    )
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
            overlay=f"{address}/overlay" if done and job.has_overlay else None,
            retry=f"{address}/retry" if job.retryable and not hidden else None,
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
    after_commit(session, lambda: announce(state.broker, job))


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
    after_commit(session, lambda: notify(state, job))
    return job


def enqueue(session: WriteSession, state: State, job: Job) -> None:
    """Insert a job of what somebody just did, and tell a worker once all is committed."""
    job.awaited = True
    job.turn = next_turn(job)
    session.add(job)
    session.flush()
    after_commit(session, lambda: notify(state, job))


def notify(state: State, job: Job) -> None:
    """Tell a worker and the owner's browsers of a queued job."""
    state.broker.notify(queue_of(job.kind))
    announce(state.broker, job)


def stop(session: WriteSession, state: State, job: Job) -> bool:
    """Cancel a job that waits or runs: its worker finds its lease gone and leaves nothing.

    Returns:
        Whether it did either.
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
