"""Starting and stopping a shadow, and queueing its work."""

import logging
from uuid import UUID

from redis import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession
from app.core.locks import lock
from app.core.problems import Problem
from app.core.state import State
from app.deployments.records import serving
from app.deployments.service import usable
from app.evaluations.tables import Evaluation
from app.images.schemas import Person
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job, JobKind, JobState
from app.model_versions.tables import Shadow
from app.reviews.access import hides_image
from app.shadows.jobs import SHADOW, ShadowParameters
from app.shadows.records import end, has_work, needless, running, somebody_waits, unseen
from app.shadows.schemas import NewShadow, ShadowDetails, ShadowFigures

log = logging.getLogger(__name__)

present(Presentation(SHADOW, hides_image))

SHOWN = 20
COUNTED = 1_000
COMPARED_LATER = 5
"""The latest ended shadows whose answers are still compared with approved masks."""


def start(session: WriteSession, state: State, principal: Principal, new: NewShadow) -> None:
    """Let a version run beside the one that serves the project, on future images.

    Raises:
        Problem: 404; 409 it may not serve, serves already, was not evaluated here, or another
            shadow runs.
    """
    lock(session, "models")
    model = usable(session, new.model)
    now_serving = serving(session, principal.project)
    if now_serving is None:
        raise Problem(
            409, "nothing-serves", "Nothing serves this project that it could run beside."
        )
    if (now_serving.model_name, now_serving.model_version) == (model.name, model.version):
        raise Problem(409, "serves-already", f"{new.model} serves here already.")
    evaluated = select(Evaluation.id).where(
        Evaluation.project_id == principal.project,
        Evaluation.model_name == model.name,
        Evaluation.model_version == model.version,
        Evaluation.verdict.is_not(None),
    )
    if session.scalar(evaluated.limit(1)) is None:
        raise Problem(
            409,
            "not-evaluated",
            f"{new.model} was not evaluated in this project; evaluate it first.",
        )
    if one := running(session, principal.project):
        raise Problem(
            409,
            "shadow-runs",
            f"{one[0].model_name}@{one[0].model_version} runs as a shadow here; stop it first.",
        )
    made = Shadow(
        project_id=principal.project,
        model_name=model.name,
        model_version=model.version,
        reason=new.reason,
        created_by_id=principal.user.id,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "shadow.started",
        "shadow",
        made.id,
        model=new.model,
        digest=model.digest,
    )


def stop(session: WriteSession, state: State, principal: Principal) -> None:
    """Stop the shadow of the project.

    Raises:
        Problem: 409 none runs.
    """
    lock(session, "models")
    found = running(session, principal.project)
    if not found:
        raise Problem(409, "no-shadow", "No version runs as a shadow in this project.")
    for one in found:
        end(session, state.site_key, principal.actor, one, "An admin stopped it.")


def details(session: Session, project_id: UUID) -> list[ShadowDetails]:
    """Return the shadows of a project, newest first."""
    query = select(Shadow).where(Shadow.project_id == project_id)
    found = session.scalars(query.order_by(Shadow.id.desc()).limit(SHOWN))
    return [_details(session, one) for one in found]


def _details(session: Session, one: Shadow) -> ShadowDetails:
    waiting = 0
    if one.ended_at is None:
        some = unseen(one).order_by(None).limit(COUNTED).subquery()
        waiting = session.scalar(select(func.count()).select_from(some)) or 0
    by = session.get_one(User, one.created_by_id)
    ended_by = session.get(User, one.ended_by_id) if one.ended_by_id else None
    return ShadowDetails(
        id=one.id,
        model=f"{one.model_name}@{one.model_version}",
        reason=one.reason,
        created_at=one.created_at,
        created_by=Person(id=by.id, name=by.name),
        ended_at=one.ended_at,
        ended_by=Person(id=ended_by.id, name=ended_by.name) if ended_by else None,
        end_reason=one.end_reason,
        waiting=waiting,
        figures=ShadowFigures.model_validate(one.figures) if one.figures else None,
    )


def see_to(state: State) -> int:
    """End shadows that are no longer needed, and queue a job for each that has work while nobody
    waits for anything else; return the number of jobs."""
    with state.database.read() as session:
        known = [*running(session)]
        after = select(Shadow).where(Shadow.ended_at.is_not(None)).order_by(Shadow.id.desc())
        known += session.scalars(after.limit(COMPARED_LATER))
        if not known:
            return 0
        over = {one.id: why for one in running(session) if (why := needless(session, one))}
        try:
            idle = not somebody_waits(session, state.broker)
        except RedisError:
            idle = False
        due = [one.id for one in known if idle and has_work(session, one)]
    if not over and not due:
        return 0
    with state.database.write() as session:
        lock(session, "models")
        for shadow_id, why in over.items():
            shadow = session.get_one(Shadow, shadow_id)
            if shadow.ended_at is None:
                end(session, state.site_key, audit.SYSTEM, shadow, why)
        return sum(_queue(session, state, session.get_one(Shadow, one)) for one in due)


def _queue(session: WriteSession, state: State, shadow: Shadow) -> bool:
    """Queue the job of a shadow, unless one of the project waits or runs, or nothing is left."""
    waits = select(Job.id).where(
        Job.kind == JobKind.SHADOW,
        Job.project_id == shadow.project_id,
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    if session.scalar(waits.limit(1)) is not None or not has_work(session, shadow):
        return False
    enqueue(
        session,
        state,
        SHADOW,
        ShadowParameters(shadow_id=shadow.id),
        project_id=shadow.project_id,
        owner_id=shadow.created_by_id,
        awaited=False,
    )
    return True
