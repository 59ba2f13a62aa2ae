"""Setting retention rules, showing what they would do, and having a worker apply them."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.core.locks import lock
from app.core.problems import Problem
from app.core.settings import Settings
from app.core.state import State
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job, JobKind, JobState
from app.projects.tables import RetentionAction, RetentionKind, RetentionRule
from app.retention.jobs import RETENTION, RetentionParameters
from app.retention.records import Reach, due, how_many, in_force
from app.retention.schemas import (
    Reached,
    RetentionPreview,
    RetentionQuestion,
    RetentionRuleDetails,
    RetentionRules,
    RetentionRun,
)
from app.reviews.access import hides_image

present(Presentation(RETENTION, hides_image))

SHOWN = 100
FEWEST_JOB_DAYS = 7
"""Repeated requests and pages need the jobs of the last days."""
IMAGES = (RetentionKind.NEVER_SUBMITTED, RetentionKind.RETURNED)
EVERY = timedelta(hours=20)
"""The least time between two runs of a project: one a day, even if the hour shifts."""


def rules(session: Session, settings: Settings, project_id: UUID) -> RetentionRules:
    """Return the rules of a project and what they did last."""
    query = (
        select(RetentionRule, User)
        .join(User, User.id == RetentionRule.set_by_id)
        .where(RetentionRule.project_id == project_id)
        .order_by(RetentionRule.kind)
    )
    last = session.scalar(
        select(Job)
        .where(
            Job.kind == JobKind.RETENTION,
            Job.project_id == project_id,
            Job.state == JobState.DONE,
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    said = RETENTION.result_of(last) if last is not None else None
    return RetentionRules(
        items=[_details(rule, user) for rule, user in session.execute(query)],
        last_run=(
            RetentionRun(at=last.finished_at, counts=said.counts)
            if last is not None and last.finished_at is not None and said is not None
            else None
        ),
        deleted_images_days=settings.deleted_images_days,
    )


def _details(rule: RetentionRule, user: User) -> RetentionRuleDetails:
    return RetentionRuleDetails(
        kind=rule.kind,
        action=rule.action,
        days=rule.days,
        keep_pool=rule.keep_pool,
        begins_at=rule.begins_at,
        set_at=rule.set_at,
        set_by=PersonName.model_validate(user),
    )


def preview(session: Session, project_id: UUID, asked: RetentionQuestion) -> RetentionPreview:
    """Return what a rule would apply to when it begins, if it were set now and nobody worked on it.

    Raises:
        Problem: 422 there can be no such rule.
    """
    _require_sense(asked)
    begins_at = _begins(session, project_id, asked)
    reach = _reach(asked)
    count, size = how_many(session, project_id, reach, begins_at)
    rows = session.execute(due(project_id, reach, begins_at).limit(SHOWN)).all()
    return RetentionPreview(
        begins_at=begins_at,
        now=how_many(session, project_id, reach, now())[0],
        count=count,
        bytes=size,
        items=[Reached(id=row.id, created_at=row.created_at, bytes=row.bytes) for row in rows],
    )


def _require_sense(asked: RetentionQuestion) -> None:
    if asked.action is RetentionAction.ARCHIVE and asked.kind not in IMAGES:
        raise Problem(422, "invalid-request", "Only images can be archived; choose `delete`.")
    if asked.kind is RetentionKind.JOBS and asked.days < FEWEST_JOB_DAYS:
        raise Problem(422, "invalid-request", f"Jobs are kept for {FEWEST_JOB_DAYS} days at least.")


def _reach(asked: RetentionQuestion) -> Reach:
    return Reach(asked.kind, asked.action, asked.days, asked.keep_pool)


def _begins(session: Session, project_id: UUID, asked: RetentionQuestion) -> datetime:
    """Return when the rule would begin: one that is no stricter than before keeps its date."""
    rule = session.get(RetentionRule, (project_id, asked.kind))
    stricter = rule is None or (
        asked.days < rule.days
        or (rule.keep_pool and not asked.keep_pool)
        or (rule.action is RetentionAction.ARCHIVE and asked.action is RetentionAction.DELETE)
    )
    if rule is not None and not stricter:
        return rule.begins_at
    return now() + timedelta(days=asked.notice_days)


def put(
    session: WriteSession, state: State, principal: Principal, asked: RetentionQuestion
) -> RetentionRuleDetails:
    """Set a rule of the request's project.

    Raises:
        Problem: 422 there can be no such rule.
    """
    _require_sense(asked)
    project_id, user = principal.project, principal.user
    # If two admins act at once, the second changes the first one's rule, and its notice counts.
    lock(session, "retention", project_id)
    rule = session.get(RetentionRule, (project_id, asked.kind), with_for_update=True)
    begins_at = _begins(session, project_id, asked)
    before = _told(rule) if rule is not None else None
    if rule is None:
        rule = RetentionRule(project_id=project_id, kind=asked.kind)
        session.add(rule)
    rule.action, rule.days, rule.keep_pool = asked.action, asked.days, asked.keep_pool
    rule.begins_at, rule.set_at, rule.set_by_id = begins_at, now(), user.id
    session.flush()
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "retention.set",
        "project",
        project_id,
        rule=asked.kind,
        before=before,
        after=_told(rule),
    )
    return _details(rule, user)


def _told(rule: RetentionRule) -> dict[str, object]:
    return {
        "action": rule.action,
        "days": rule.days,
        "keep_pool": rule.keep_pool,
        "begins_at": rule.begins_at.isoformat(),
    }


def remove(session: WriteSession, state: State, principal: Principal, kind: RetentionKind) -> None:
    """Delete a rule of the request's project, if there is one; what it did stays done."""
    rule = session.get(RetentionRule, (principal.project, kind), with_for_update=True)
    if rule is None:
        return
    before = _told(rule)
    session.delete(rule)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "retention.ended",
        "project",
        principal.project,
        rule=kind,
        before=before,
    )


def look(state: State) -> int:
    """Queue a run, once a day, for each project whose rules apply to something; return how many."""
    at = now()
    recent = exists().where(
        Job.kind == JobKind.RETENTION,
        Job.project_id == RetentionRule.project_id,
        Job.created_at > at - EVERY,
    )
    waiting = exists().where(
        Job.kind == JobKind.RETENTION,
        Job.project_id == RetentionRule.project_id,
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    query = select(RetentionRule.project_id).where(RetentionRule.begins_at <= at, ~recent, ~waiting)
    with state.database.read() as session:
        owners = {
            project_id: owner
            for project_id in session.scalars(query.distinct())
            if (owner := _owner(session, project_id, at)) is not None
        }
    if not owners:
        return 0
    with state.database.write() as session:
        lock(session, "retention")  # only one of two api processes queues
        still = set(session.scalars(query.distinct()))
        for project_id in owners.keys() & still:
            owner = owners[project_id]
            enqueue(
                session,
                state,
                RETENTION,
                RetentionParameters(act_id=new_id()),
                owner_id=owner,
                project_id=project_id,
                awaited=False,
            )
    return len(owners.keys() & still)


def _owner(session: Session, project_id: UUID, at: datetime) -> UUID | None:
    """Return the author of the first rule that applies to something now."""
    for rule in in_force(session, project_id, at):
        if session.execute(due(project_id, Reach.of(rule), at).limit(1)).first():
            return rule.set_by_id
    return None
