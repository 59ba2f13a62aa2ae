"""Searching for text in pictures that were stored without a search: one job for all of them."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.problems import Problem
from app.core.state import State
from app.images.tables import unsearched_in
from app.jobs.service import Presentation, enqueue, present, stop, summary
from app.jobs.tables import Job, JobKind, JobState
from app.redaction.jobs import TEXT_SEARCH, TextSearchParameters
from app.redaction.schemas import NewTextSearch, TextSearch, TextSearchCounts
from app.reviews.access import hides_image

ALL_SEARCHED = Problem(
    409,
    "all-searched",
    "All stored images of this project were searched for text already; there is nothing to do.",
)
NOT_RUNNING = Problem(409, "not-running", "No search for text is under way.")


def unsearched(session: Session, project_id: UUID) -> int:
    """Return the number of a project's images that were never searched for text."""
    images = unsearched_in(project_id).subquery()
    return session.scalar(select(func.count()).select_from(images)) or 0


def latest(session: Session, project_id: UUID) -> Job | None:
    """Return a project's latest search."""
    query = select(Job).where(Job.kind == JobKind.TEXT_SEARCH, Job.project_id == project_id)
    return session.scalar(query.order_by(Job.id.desc()).limit(1))


def order(session: WriteSession, state: State, principal: Principal, new: NewTextSearch) -> Job:
    """Queue a search of all images never searched, or return the search that already runs.

    Raises:
        Problem: 409 there is nothing to search.
    """
    running = _running(session, principal.project)
    if running is not None:
        return running
    if not unsearched(session, principal.project):
        raise ALL_SEARCHED
    job_id = enqueue(
        session,
        state,
        TEXT_SEARCH,
        TextSearchParameters(black_out=new.black_out),
        project_id=principal.project,
        owner_id=principal.user.id,
    )
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "text-search.ordered",
        "job",
        job_id,
        black_out=new.black_out,
    )
    return session.get_one(Job, job_id)


present(Presentation(TEXT_SEARCH, hides_image))


def cancel(session: WriteSession, state: State, principal: Principal) -> None:
    """Stop the search; what it has found so far stays.

    Raises:
        Problem: 409 none is under way.
    """
    job = _running(session, principal.project)
    if job is None or not stop(session, state, job):
        raise NOT_RUNNING
    audit.record(session, state.site_key, principal.actor, "text-search.cancelled", "job", job.id)


def details(session: Session, principal: Principal) -> TextSearch:
    """Return what is left to search, and the progress of the last search."""
    job = latest(session, principal.project)
    parameters = (job.parameters or {}) if job else {}
    return TextSearch(
        unsearched=unsearched(session, principal.project),
        job=summary(session, principal, job) if job else None,
        black_out=bool(parameters.get("black_out")),
        counts=TextSearchCounts.model_validate(
            {name: parameters.get(name, 0) for name in TextSearchCounts.model_fields}
        ),
    )


def _running(session: Session, project_id: UUID) -> Job | None:
    query = select(Job).where(
        Job.kind == JobKind.TEXT_SEARCH,
        Job.project_id == project_id,
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    return session.scalar(query.order_by(Job.id).limit(1))
