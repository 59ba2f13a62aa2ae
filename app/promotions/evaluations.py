"""Requesting, reading and cancelling an evaluation."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.locks import lock
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.state import State
from app.deployments.records import serving
from app.deployments.service import usable
from app.evaluations.jobs import EVALUATE, EvaluateParameters
from app.evaluations.records import references
from app.evaluations.tables import Evaluation, FrozenSet
from app.images.schemas import Person
from app.jobs.service import Presentation, enqueue, present, stop
from app.jobs.tables import JobState
from app.promotions import sets
from app.promotions.schemas import EvaluationDetails, EvaluationSummary, GateVerdict
from app.reviews.access import hides_image

SHOWN = 50

present(Presentation(EVALUATE, hides_image))


def start(session: WriteSession, state: State, principal: Principal, name: str) -> Evaluation:
    """Freeze the test part, and queue the comparison on it and on the reference sets.

    Raises:
        Problem: 404 no such version; 409 it may not serve, serves already, is being evaluated, or
            there is nothing to compare it with or on.
    """
    lock(session, "models")
    model = usable(session, name)
    now = serving(session, principal.project)
    if now is None:
        raise Problem(
            409, "nothing-serves", "Nothing serves this project yet; promote a version first."
        )
    if (now.model_name, now.model_version) == (model.name, model.version):
        raise Problem(409, "serves-already", f"{name} serves here already.")
    for one in session.scalars(_of(principal.project, model.name, model.version)):
        if not one.job.state.final:
            raise Problem(409, "evaluated-now", f"{name} is being evaluated; see it first.")
    frozen = [*references(session)]
    test = sets.test_set(session, principal)
    if test is None:
        raise Problem(
            409,
            "no-test-part",
            "No approved image is in the test part. Patients are split at random, and one in "
            "seven is used for testing; approve images of more patients.",
        )
    evaluation_id = new_id()
    job_id = enqueue(
        session,
        state,
        EVALUATE,
        EvaluateParameters(evaluation_id=evaluation_id),
        project_id=principal.project,
        owner_id=principal.user.id,
        awaited=False,
    )
    looks = select(func.count()).where(Evaluation.project_id == principal.project)
    evaluation = Evaluation(
        id=evaluation_id,
        project_id=principal.project,
        job_id=job_id,
        created_by_id=principal.user.id,
        model_name=model.name,
        model_version=model.version,
        serving_name=now.model_name,
        serving_version=now.model_version,
        set_ids=[str(one.id) for one in (test, *frozen)],
        look=(session.scalar(looks) or 0) + 1,
    )
    session.add(evaluation)
    session.flush()
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "evaluation.started",
        "evaluation",
        evaluation_id,
        model=name,
        serving=f"{now.model_name}@{now.model_version}",
        look=evaluation.look,
    )
    return evaluation


def _of(project_id: UUID, model: str, version: str) -> Select[Evaluation]:
    return (
        select(Evaluation)
        .where(
            Evaluation.project_id == project_id,
            Evaluation.model_name == model,
            Evaluation.model_version == version,
        )
        .order_by(Evaluation.id.desc())
    )


def find(session: Session, evaluation_id: UUID) -> Evaluation:
    """Return one evaluation.

    Raises:
        Problem: 404.
    """
    found = session.get(Evaluation, evaluation_id)
    if found is None:
        raise not_found("evaluation")
    return found


def cancel(session: WriteSession, state: State, principal: Principal, one: Evaluation) -> None:
    """Stop an evaluation. What was measured stays, and is not measured again.

    Raises:
        Problem: 409 it has ended.
    """
    if not stop(session, state, one.job):
        raise Problem(409, "not-running", "This evaluation has ended already.")
    audit.record(
        session, state.site_key, principal.actor, "evaluation.cancelled", "evaluation", one.id
    )


def recent(session: Session, project_id: UUID) -> list[EvaluationSummary]:
    """Return the evaluations of a project, newest first."""
    query = select(Evaluation).where(Evaluation.project_id == project_id)
    found = session.scalars(query.order_by(Evaluation.id.desc()).limit(SHOWN)).all()
    return [summary(session, one) for one in found]


def summary(session: Session, one: Evaluation) -> EvaluationSummary:
    """Return an evaluation as JSON."""
    job, by = one.job, session.get_one(User, one.created_by_id)
    now = serving(session, one.project_id)
    counts = session.scalars(
        select(FrozenSet.counts).where(FrozenSet.id.in_([UUID(i) for i in one.set_ids]))
    )
    return EvaluationSummary(
        id=one.id,
        model=f"{one.model_name}@{one.model_version}",
        serving=f"{one.serving_name}@{one.serving_version}",
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        created_at=one.created_at,
        created_by=Person(id=by.id, name=by.name),
        look=one.look,
        images=sum(part["images"] for part in counts),
        standing=one.verdict["standing"] if one.verdict and job.state == JobState.DONE else None,
        current=now is not None
        and (now.model_name, now.model_version) == (one.serving_name, one.serving_version),
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
    )


def details(session: Session, one: Evaluation) -> EvaluationDetails:
    """Return an evaluation as JSON, with its verdict."""
    verdict = GateVerdict.model_validate(one.verdict) if one.verdict else None
    return EvaluationDetails(**summary(session, one).model_dump(), verdict=verdict)
