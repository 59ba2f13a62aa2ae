"""Report weeks, and queue the analysis of the last one."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.accounts.tables import User
from app.core.database import after_commit
from app.core.ids import now
from app.core.locks import lock
from app.core.state import State
from app.deployments.records import serving
from app.drift.jobs import DRIFT, DriftParameters
from app.drift.records import FEW_PATIENTS, WEEK, last_week
from app.drift.schemas import DriftReport, DriftWeekDetails
from app.drift.tables import DriftWeek
from app.images.tables import Image
from app.jobs.service import Presentation, enqueue, present, queue_again
from app.jobs.tables import Job, JobKind, JobState
from app.projects.tables import TRASH, Membership, Project, Role
from app.reviews.access import hides_image

present(Presentation(DRIFT, hides_image))

SHOWN = 52
AGAIN_AFTER = timedelta(hours=1)


def report(session: Session, project_id: UUID) -> DriftReport:
    """Return the weeks of a project, newest first, without images that were deleted since."""
    query = select(DriftWeek).where(DriftWeek.project_id == project_id, DriftWeek.images > 0)
    rows = session.scalars(query.order_by(DriftWeek.week.desc(), DriftWeek.id).limit(SHOWN)).all()
    named = {UUID(one) for row in rows for alarm in row.alarms for one in alarm["images"]}
    there = set(
        session.scalars(select(Image.id).where(Image.id.in_(named), Image.project_id == project_id))
    )
    return DriftReport(
        fewest_patients=FEW_PATIENTS,
        items=[
            DriftWeekDetails.model_validate(
                {
                    "week": row.week,
                    "model": f"{row.model_name}@{row.model_version}",
                    "images": row.images,
                    "patients": row.patients,
                    "look": row.look,
                    "figures": row.figures,
                    "alarms": [
                        {**one, "images": [i for i in one["images"] if UUID(i) in there]}
                        for one in row.alarms
                    ],
                }
            )
            for row in rows
        ],
    )


def look(state: State) -> int:
    """Queue a job for each project whose last week was not analysed yet, and retry jobs that failed
    an hour ago, because nobody waits for them and would retry. Return their number."""
    week = last_week()
    again = _again(state, week)
    seen = exists().where(DriftWeek.project_id == Project.id, DriftWeek.week == week)
    asked = exists().where(
        Job.kind == JobKind.DRIFT,
        Job.project_id == Project.id,
        Job.created_at >= week + WEEK,
        Job.state != JobState.DONE,
    )
    admins = (
        select(Membership.user_id)
        .where(Membership.project_id == Project.id, Membership.role == Role.ADMIN)
        .order_by(Membership.user_id)
        .limit(1)
        .scalar_subquery()
    )
    site = select(User.id).where(User.site_admin, User.active).order_by(User.id).limit(1)
    used = exists().where(Image.project_id == Project.id)
    query = select(Project.id, func.coalesce(admins, site.scalar_subquery()).label("admin")).where(
        Project.id != TRASH, ~seen, ~asked, used, Project.created_at < week + WEEK
    )
    with state.database.read() as session:
        if not _due(session, query):
            return again
    with state.database.write() as session:
        lock(session, "drift")  # only one of two api processes queues
        due = _due(session, query)
        for project_id, admin_id in due:
            enqueue(
                session,
                state,
                DRIFT,
                DriftParameters(week=week),
                project_id=project_id,
                owner_id=admin_id,
                awaited=False,
            )
    return len(due) + again


def _due(session: Session, query: Select[UUID, UUID]) -> list[tuple[UUID, UUID]]:
    """Return the projects of the query that have an admin and a serving model, with that admin."""
    return [
        (row.id, row.admin)
        for row in session.execute(query)
        if row.admin is not None and serving(session, row.id) is not None
    ]


def _again(state: State, week: datetime) -> int:
    with state.database.write() as session:
        failed = session.scalars(
            select(Job)
            .where(
                Job.kind == JobKind.DRIFT,
                Job.state == JobState.FAILED,
                Job.created_at >= week + WEEK,
                Job.finished_at < now() - AGAIN_AFTER,
            )
            .with_for_update(skip_locked=True)
        ).all()
        for job in failed:
            queue_again(session, job)
            after_commit(session, partial(state.broker.notify, job.queue))
    return len(failed)
