"""Training runs: checking the pool before one, starting, reading and cancelling it."""

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.locks import lock
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.settings import Settings
from app.core.state import State
from app.deployments.records import precedence, serving
from app.evaluations.records import references
from app.images.schemas import Person
from app.images.tables import Split
from app.jobs.service import Presentation, enqueue, present, stop
from app.jobs.tables import Job, JobKind, JobState
from app.model_versions.tables import ModelVersion
from app.reviews.access import hides_image
from app.status.records import fresh
from app.training.jobs import TRAIN, TrainParameters
from app.training.schemas import (
    LONGEST_NAME,
    NewTrainingRun,
    Part,
    ReadinessRemark,
    TrainingReadiness,
    TrainingRunDetails,
)
from app.training.snapshot import Pool, Replay, pool_of
from app.training.tables import TrainingRun

FEW_PATIENTS = 10
FEW_LESION_FREE = 10
FEW_TRAINING = 8
FEW_OF_A_CLASS = 10
WEIGHTS = "weights.safetensors"
POOL, IN_8_BITS = "-pool", "-int8"
"""Suffixes of a candidate's name: one after the parent's name, the second for the 8-bit form."""
SHOWN = 20


def readiness(session: Session, settings: Settings, project_id: UUID) -> TrainingReadiness:
    """Return the data that a run would train on now, with remarks on what is insufficient."""
    pool = pool_of(session, project_id)
    parent = _parent(session, project_id)
    name, version = _name(session, parent, None)
    workers = [worker for worker in fresh(session) if worker.name.startswith("train")]
    return TrainingReadiness(
        parts=pool.parts,
        classes=pool.classes,
        replay=[one.said() for one in pool.replay],
        parent=f"{parent.name}@{parent.version}" if parent else None,
        problem=_missing(pool.parts, parent),
        warnings=_warnings(session, pool),
        suggested_name=name,
        suggested_version=version,
        worker=bool(workers) or settings.trains_on_demand,
    )


def _missing(parts: dict[Split, Part], parent: ModelVersion | None) -> ReadinessRemark | None:
    images = parts[Split.TRAIN].images
    if parent is None:
        return ReadinessRemark(
            code="no-parent",
            text="No model serves this project yet, which could be trained further.",
        )
    if WEIGHTS not in (parent.files or {}):
        return ReadinessRemark(
            code="no-weights",
            text=f"{parent.name} {parent.version} has no weights that can be trained further; "
            "promote a model that has.",
        )
    if images < FEW_TRAINING:
        return ReadinessRemark(
            code="few-training",
            text=f"Images in the training part: {images}; {FEW_TRAINING} are needed. Approve more.",
            count=images,
            needed=FEW_TRAINING,
        )
    if parts[Split.VALIDATION].images == 0:
        return ReadinessRemark(
            code="no-validation",
            text="No image validates. Patients are parted by chance, one in seven validates; "
            "approve images of more patients.",
            count=0,
        )
    return None


def _warnings(session: Session, pool: Pool) -> list[ReadinessRemark]:
    said = []
    train, validation, test = (pool.parts[split] for split in Split)
    if pool.unknown:
        said.append(
            ReadinessRemark(
                code="unknown-patients",
                text=f"Images of unknown patients: {pool.unknown}. Each counts as a patient of its "
                "own, so that images of one patient may train and test, and the new model looks "
                "better than it is.",
                count=pool.unknown,
            )
        )
    if train.lesion_free < FEW_LESION_FREE:
        said.append(
            ReadinessRemark(
                code="few-lesion-free",
                text=f"Training images without a lesion: {train.lesion_free}. Whether there is one "
                "at all stays the answer of the model that is trained further, and the new one "
                "will outline as much in healthy tissue.",
                count=train.lesion_free,
                needed=FEW_LESION_FREE,
            )
        )
    if validation.patients < FEW_PATIENTS:
        said.append(
            ReadinessRemark(
                code="few-validating",
                text=f"Patients who validate: {validation.patients}, fewer than {FEW_PATIENTS}. "
                "Half of the new weights is taken, or a quarter, and nothing is made where "
                "neither is better on these images.",
                count=validation.patients,
                needed=FEW_PATIENTS,
            )
        )
    for one in pool.classes:
        if one.images < FEW_OF_A_CLASS:
            said.append(
                ReadinessRemark(
                    code="few-of-class",
                    text=f"Training images that show “{one.name}”: {one.images}. With fewer than "
                    f"{FEW_OF_A_CLASS} it is hardly learnt, and with none it is left out.",
                    count=one.images,
                    needed=FEW_OF_A_CLASS,
                    name=one.name,
                )
            )
    if not references(session):
        said.append(
            ReadinessRemark(
                code="no-reference",
                text="No reference set is named. Nothing of what the old model knows is replayed, "
                "and the gate stays shut. A site admin names one under Models.",
            )
        )
    if test.patients < FEW_PATIENTS:
        said.append(
            ReadinessRemark(
                code="few-testing",
                text=f"Patients in the test part: {test.patients}, fewer than {FEW_PATIENTS}. "
                "Whether the new model is better can hardly be shown.",
                count=test.patients,
                needed=FEW_PATIENTS,
            )
        )
    return said


def _parent(session: Session, project_id: UUID) -> ModelVersion | None:
    now = serving(session, project_id)
    return session.get(ModelVersion, (now.model_name, now.model_version)) if now else None


def _name(session: Session, parent: ModelVersion | None, wanted: str | None) -> tuple[str, str]:
    """Return a candidate's name, the parent's marked as this site's, and its next number."""
    base = parent.name if parent else "model"
    room = LONGEST_NAME - len(POOL)
    name = wanted or f"{base.removesuffix(POOL)[:room]}{POOL}"
    both = (name, f"{name}{IN_8_BITS}")
    taken = list(session.scalars(select(ModelVersion.version).where(ModelVersion.name.in_(both))))
    taken += session.scalars(
        select(TrainingRun.model_version).where(TrainingRun.model_name == name)
    ).all()
    if not taken:
        return name, "1.0.0"
    core = max(taken, key=precedence).partition("-")[0]
    major, minor, _ = (int(part) for part in core.split("."))
    return name, f"{major}.{minor + 1}.0"


def start(
    session: WriteSession, state: State, principal: Principal, new: NewTrainingRun
) -> TrainingRun:
    """Take a snapshot of the pool and queue a run on it.

    Raises:
        Problem: 409 something is missing, or a run is under way in this project.
    """
    lock(session, "training", principal.project)
    if _running(session, principal.project) is not None:
        raise Problem(409, "trains-already", "A run is under way in this project; see it first.")
    pool = pool_of(session, principal.project)
    parent = _parent(session, principal.project)
    missing = _missing(pool.parts, parent)
    if missing is not None or parent is None:
        raise Problem(409, "not-ready-to-train", missing.text if missing else "")
    name, version = _name(session, parent, new.name)
    snapshot = pool.frozen(principal.project)
    session.add(snapshot)
    session.flush()
    run_id = new_id()
    job_id = enqueue(
        session,
        state,
        TRAIN,
        TrainParameters(run_id=run_id),
        project_id=principal.project,
        owner_id=principal.user.id,
        awaited=False,
    )
    run = TrainingRun(
        id=run_id,
        project_id=principal.project,
        job_id=job_id,
        snapshot_id=snapshot.id,
        created_by_id=principal.user.id,
        parent_name=parent.name,
        parent_version=parent.version,
        model_name=name,
        model_version=version,
        epochs=new.epochs,
    )
    session.add(run)
    session.flush()
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "training.started",
        "training_run",
        run_id,
        snapshot=snapshot.digest,
        parent=f"{parent.name}@{parent.version}",
    )
    return run


present(Presentation(TRAIN, hides_image))


def _running(session: Session, project_id: UUID) -> TrainingRun | None:
    under_way = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    query = (
        select(TrainingRun)
        .join(Job, and_(Job.id == TrainingRun.job_id, Job.kind == JobKind.TRAIN))
        .where(TrainingRun.project_id == project_id, under_way)
    )
    return session.scalar(query.limit(1))


def find(session: Session, run_id: UUID) -> TrainingRun:
    """Return one run.

    Raises:
        Problem: 404.
    """
    found = session.get(TrainingRun, run_id)
    if found is None:
        raise not_found("training run")
    return found


def cancel(session: WriteSession, state: State, principal: Principal, run_id: UUID) -> TrainingRun:
    """Stop a run and keep nothing of it.

    Raises:
        Problem: 404; 409 it has ended.
    """
    run = find(session, run_id)
    if not stop(session, state, run.job):
        raise Problem(409, "not-running", "This run has ended already.")
    audit.record(
        session, state.site_key, principal.actor, "training.cancelled", "training_run", run_id
    )
    return run


def recent(session: Session, project_id: UUID) -> list[TrainingRunDetails]:
    """Return the runs of a project, newest first."""
    query = select(TrainingRun).where(TrainingRun.project_id == project_id)
    found = session.scalars(query.order_by(TrainingRun.id.desc()).limit(SHOWN))
    return [details(session, run) for run in found]


def details(session: Session, run: TrainingRun) -> TrainingRunDetails:
    """Return a run as JSON."""
    job, by = run.job, session.get_one(User, run.created_by_id)
    return TrainingRunDetails(
        id=run.id,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        created_at=run.created_at,
        created_by=Person(id=by.id, name=by.name),
        parent=f"{run.parent_name}@{run.parent_version}",
        model=f"{run.model_name}@{run.model_version}",
        epochs=run.epochs,
        epoch=run.epoch,
        loss=run.loss,
        seconds_left=run.seconds_left if job.state == JobState.RUNNING else None,
        curve=run.curve or [],
        log=run.log or [],
        outcome=run.outcome,
        snapshot_digest=run.snapshot.digest,
        parts={Split(name): Part.model_validate(p) for name, p in run.snapshot.counts.items()},
        classes=[one["name"] for one in run.snapshot.classes or []],
        replay=[Replay(one["name"], one["items"]).said() for one in run.snapshot.replay or []],
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
    )
