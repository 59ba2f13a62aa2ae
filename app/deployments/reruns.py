"""Repeat untouched predictions after a promotion."""

from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.problems import Problem
from app.core.state import State
from app.deployments.jobs import RERUN, RerunParameters
from app.deployments.records import serving
from app.deployments.schemas import Rerun
from app.images.tables import Image, ImageState
from app.jobs.service import Presentation, enqueue, present, stop
from app.jobs.tables import Job, JobKind, JobState
from app.reviews.access import hides_image

present(Presentation(RERUN, hides_image))


def details(session: Session, project_id: UUID) -> Rerun:
    """Return the number of other versions' untouched predictions and the last job's progress."""
    query = select(Job).where(Job.kind == JobKind.RERUN, Job.project_id == project_id)
    job = session.scalar(query.order_by(Job.id.desc()).limit(1))
    counts = RERUN.read(job) if job else RerunParameters()
    return Rerun(
        waiting=_other_projects(session, project_id),
        state=job.state if job else None,
        total=counts.total,
        done=counts.done,
    )


def _other_projects(session: Session, project_id: UUID) -> int:
    now = serving(session, project_id)
    if now is None:
        return 0
    query = select(func.count()).where(
        Image.project_id == project_id,
        Image.state == ImageState.PREDICTED,
        or_(Image.model_name != now.model_name, Image.model_version != now.model_version),
    )
    return session.scalar(query) or 0


def order(session: WriteSession, state: State, principal: Principal) -> None:
    """Queue the job; one that is under way continues.

    Raises:
        Problem: 409 if there is nothing to predict.
    """
    if _running(session, principal.project) is not None:
        return
    if not _other_projects(session, principal.project):
        raise Problem(
            409,
            "all-predicted",
            "Every unchanged prediction already comes from the model in use.",
        )
    job_id = enqueue(
        session,
        state,
        RERUN,
        RerunParameters(),
        project_id=principal.project,
        owner_id=principal.user.id,
        awaited=False,
    )
    audit.record(session, state.site_key, principal.actor, "rerun.ordered", "job", job_id)


def cancel(session: WriteSession, state: State, principal: Principal) -> None:
    """Stop the job; finished predictions stay.

    Raises:
        Problem: 409 if no job is under way.
    """
    job = _running(session, principal.project)
    if job is None or not stop(session, state, job):
        raise Problem(409, "not-running", "Nothing is being predicted anew.")
    audit.record(session, state.site_key, principal.actor, "rerun.cancelled", "job", job.id)


def _running(session: Session, project_id: UUID) -> Job | None:
    query = select(Job).where(
        Job.kind == JobKind.RERUN,
        Job.project_id == project_id,
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    return session.scalar(query.limit(1))
