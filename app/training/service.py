"""What a run would train on, starting one, reading and cancelling it."""

import hashlib
import json
from collections import Counter, defaultdict
from uuid import UUID

from sqlalchemy import and_, or_, select
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
from app.images.schemas import Person
from app.images.tables import Frame, Image, ImageState, Split
from app.jobs.service import Presentation, enqueue, present, stop
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Assessment, Mask
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
from app.training.tables import PoolSnapshot, TrainingRun

FEW_PATIENTS = 10
FEW_LESION_FREE = 10
FEW_TRAINING = 8
WEIGHTS = "weights.safetensors"
POOL, IN_8_BITS = "-pool", "-int8"
"""What is added to the parent's name for a candidate, and to that for the same in 8 bits."""
SHOWN = 20

Item = tuple[str, str, str]
"""Mask, part, group."""


def _pool(session: Session, project_id: UUID) -> tuple[list[Item], dict[Split, Part]]:
    """The pool now: its masks, and what each part holds. Frames of one image are one patient's."""
    query = (
        select(Mask.id, Mask.answer, Image.split, Image.subject_id, Image.id.label("image_id"))
        .join(Frame, Frame.approved_mask_id == Mask.id)
        .join(Image, Image.id == Frame.image_id)
        .where(
            Image.project_id == project_id,
            Image.state == ImageState.APPROVED,
            Image.split.is_not(None),
            or_(Mask.answer.is_(None), Mask.answer != Assessment.CANNOT_JUDGE),
        )
        .order_by(Mask.id)
    )
    items: list[Item] = []
    patients: dict[Split, set[str]] = defaultdict(set)
    images: Counter[Split] = Counter()
    free: Counter[Split] = Counter()
    for row in session.execute(query):
        group = str(row.subject_id or row.image_id)
        items.append((str(row.id), row.split.value, group))
        patients[row.split].add(group)
        images[row.split] += 1
        free[row.split] += row.answer is Assessment.NO_LESION
    parts = {
        split: Part(images=images[split], patients=len(patients[split]), lesion_free=free[split])
        for split in Split
    }
    return items, parts


def readiness(session: Session, settings: Settings, project_id: UUID) -> TrainingReadiness:
    """What a run would train on now, and what is too little."""
    _, parts = _pool(session, project_id)
    parent = _parent(session, project_id)
    name, version = _name(session, parent, None)
    workers = [worker for worker in fresh(session) if worker.name.startswith("train")]
    return TrainingReadiness(
        parts=parts,
        parent=f"{parent.name}@{parent.version}" if parent else None,
        problem=_missing(parts, parent),
        warnings=_warnings(parts),
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


def _warnings(parts: dict[Split, Part]) -> list[ReadinessRemark]:
    said = []
    train, validation, test = (parts[split] for split in Split)
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
    """Name and number of a candidate: the parent's name, marked as this site's, one number up."""
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
    items, parts = _pool(session, principal.project)
    parent = _parent(session, principal.project)
    missing = _missing(parts, parent)
    if missing is not None or parent is None:
        raise Problem(409, "not-ready-to-train", missing.text if missing else "")
    name, version = _name(session, parent, new.name)
    digest = hashlib.sha256(json.dumps(items).encode()).hexdigest()
    counts = {split.value: part.model_dump() for split, part in parts.items()}
    snapshot = PoolSnapshot(
        project_id=principal.project, digest=digest, items=[list(i) for i in items], counts=counts
    )
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
        snapshot=digest,
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
    """One run.

    Raises:
        Problem: 404.
    """
    found = session.get(TrainingRun, run_id)
    if found is None:
        raise not_found("training run")
    return found


def cancel(session: WriteSession, state: State, principal: Principal, run_id: UUID) -> TrainingRun:
    """Stop a run; nothing of it is kept.

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
    """Runs of a project, newest first."""
    query = select(TrainingRun).where(TrainingRun.project_id == project_id)
    found = session.scalars(query.order_by(TrainingRun.id.desc()).limit(SHOWN))
    return [details(session, run) for run in found]


def details(session: Session, run: TrainingRun) -> TrainingRunDetails:
    """A run as JSON."""
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
        outcome=run.outcome,
        snapshot_digest=run.snapshot.digest,
        parts={Split(name): Part.model_validate(p) for name, p in run.snapshot.counts.items()},
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
    )
