"""All jobs of a project as its admins see them: what waits, runs and failed, and why."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.problems import Problem, not_found
from app.core.state import State
from app.jobs.schemas import JobCounts, ProjectJob
from app.jobs.service import notify, queue_again, stop, summary
from app.jobs.tables import Job, JobState

UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)


def counts(session: Session, project_id: UUID) -> JobCounts:
    """Counts of a project's waiting, running and failed jobs."""
    query = (
        select(Job.state, func.count().label("number"))
        .where(Job.state.in_(UNFINISHED), Job.project_id == project_id)
        .group_by(Job.state)
    )
    return JobCounts.model_validate({row.state: row.number for row in session.execute(query)})


def listed(
    session: Session, principal: Principal, state: JobState | None, before: UUID | None, limit: int
) -> list[ProjectJob]:
    """Jobs of a project, newest first.

    Args:
        state: only these; None is all that wait, run or have failed.
        before: only jobs that were made before this one.
    """
    query = (
        select(Job, User)
        .join(User, User.id == Job.owner_id)
        .where(
            Job.project_id == principal.project,
            Job.state == state if state else Job.state.in_(UNFINISHED),
        )
        .order_by(Job.id.desc())
        .limit(limit)
    )
    if before:
        query = query.where(Job.id < before)
    return [shown(session, principal, row.Job, row.User) for row in session.execute(query)]


def shown(session: Session, principal: Principal, job: Job, owner: User) -> ProjectJob:
    """One job of the project as JSON."""
    return ProjectJob(
        **summary(session, principal, job).model_dump(exclude={"links"}),
        owner=PersonName(id=owner.id, name=owner.name),
        retryable=job.retryable,
    )


def _of_project(session: Session, principal: Principal, job_id: UUID) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.project_id != principal.project:
        raise not_found("job")
    return job


def cancel(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> None:
    """Stop anybody's job of the project that waits or runs.

    Raises:
        Problem: 404; 409 where it has ended.
    """
    job = _of_project(session, principal, job_id)
    if not stop(session, state, job):
        raise Problem(409, "ended", "This job has ended already; there is nothing to cancel.")
    audit.record(session, state.site_key, principal.actor, "job.cancelled", "job", job.id)


def retry(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> ProjectJob:
    """Queue anybody's failed job of the project again; what it needs is still there.

    Raises:
        Problem: 404; 409 where it cannot be tried again.
    """
    job = _of_project(session, principal, job_id)
    if not queue_again(session, job, Job.retryable.is_(True)):
        raise Problem(
            409,
            "not-retryable",
            "This job cannot be tried again: it did not fail, or what it needs is gone. "
            "Its owner can send the file anew.",
        )
    session.refresh(job)
    audit.record(session, state.site_key, principal.actor, "job.retried", "job", job.id)
    after_commit(session, lambda: notify(state, job))
    return shown(session, principal, job, session.get_one(User, job.owner_id))
