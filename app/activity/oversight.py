"""All jobs of a project as its admins see them: waiting, running and failed ones, and why they
failed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.principal import Scope
from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.activity.schemas import JobCounts, ProjectJob
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.problems import Problem, not_found
from app.core.security import SiteKey
from app.core.state import State
from app.images.tables import Image
from app.jobs.service import notify, queue_again, stop, summary
from app.jobs.tables import Job, JobState
from app.local_labels.records import Label, labels_of, labels_of_uploads
from app.local_labels.schemas import LocalName

UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)


def counts(session: Session, project_id: UUID) -> JobCounts:
    """Count a project's waiting, running and failed jobs."""
    query = (
        select(Job.state, func.count().label("number"))
        .where(Job.state.in_(UNFINISHED), Job.project_id == project_id)
        .group_by(Job.state)
    )
    return JobCounts.model_validate({row.state: row.number for row in session.execute(query)})


def listed(
    session: Session,
    key: SiteKey,
    principal: Principal,
    state: JobState | None,
    before: UUID | None,
    limit: int,
) -> list[ProjectJob]:
    """Return the jobs of a project, newest first.

    Args:
        state: only jobs in this state; None means all that wait, run or have failed.
        before: only jobs made before this one.
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
    rows = session.execute(query).all()
    labels = _labels(session, key, principal, [row.Job for row in rows])
    return [_shown(session, principal, row.Job, row.User, labels.get(row.Job.id)) for row in rows]


def _labels(
    session: Session, key: SiteKey, principal: Principal, jobs: Sequence[Job]
) -> dict[UUID, Label]:
    """Return the local labels of jobs, by job id: of its upload, or of an image of the project.

    The result is empty for a token that may not see images.
    """
    if principal.token and Scope.READ not in principal.token.scopes:
        return {}
    wanted = [job.image_id for job in jobs if job.image_id]
    own = select(Image.id).where(Image.id.in_(wanted), Image.project_id == principal.project)
    of_images = labels_of(session, key, session.scalars(own).all())
    found = {job.id: of_images[job.image_id] for job in jobs if job.image_id in of_images}
    return labels_of_uploads(session, key, [job.id for job in jobs]) | found


def _shown(
    session: Session, principal: Principal, job: Job, owner: User, label: Label | None
) -> ProjectJob:
    return ProjectJob(
        **summary(session, principal, job).model_dump(exclude={"links"}),
        owner=PersonName(id=owner.id, name=owner.name),
        local=LocalName(name=label.name, case=label.case) if label else None,
        retryable=job.retryable,
    )


def _of_project(session: Session, principal: Principal, job_id: UUID) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.project_id != principal.project:
        raise not_found("job")
    return job


def cancel(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> None:
    """Stop a waiting or running job of anybody in the project.

    Raises:
        Problem: 404; 409 if it has ended.
    """
    job = _of_project(session, principal, job_id)
    if not stop(session, state, job):
        raise Problem(409, "ended", "This job has ended already; there is nothing to cancel.")
    audit.record(session, state.site_key, principal.actor, "job.cancelled", "job", job.id)


def retry(session: WriteSession, state: State, principal: Principal, job_id: UUID) -> ProjectJob:
    """Queue a failed job of anybody in the project again; its data is still there.

    Raises:
        Problem: 404; 409 if it cannot be retried.
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
    label = _labels(session, state.site_key, principal, [job]).get(job.id)
    return _shown(session, principal, job, session.get_one(User, job.owner_id), label)
