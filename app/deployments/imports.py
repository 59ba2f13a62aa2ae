"""Receive models, and have workers verify them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint
from app.accounts.tables import User
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.problems import Problem, ProblemDetails
from app.core.state import State
from app.core.uploads import Upload
from app.deployments.jobs import (
    MODEL_IMPORT,
    MODEL_VERIFY,
    ModelImportParameters,
    ModelOutcome,
    ModelVerifyParameters,
)
from app.deployments.schemas import ModelJob
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job, JobKind
from app.jobs.uploads import keep_as_job
from app.model_versions.service import version_of
from app.model_versions.tables import ModelVersion, Standing
from app.projects.tables import DEFAULT_PROJECT
from app.reviews.access import hides_image

SHOWN = 10
VERIFIED_AFTER = timedelta(minutes=10)


def accept(state: State, principal: Principal, upload: Upload, key: str | None) -> UUID:
    """Store an archive and queue its import. Once this returns, it survives any crash.

    Returns:
        The job's id.

    Raises:
        Problem: 400 if it is empty, 415 if it is not a ZIP, 422 if the key was used for something
            else.
        BlobStoreFullError: nothing was stored.
    """
    upload.require_zip(
        "not-a-zip", "This is not a ZIP archive. Pack the files of the model's folder as ZIP."
    )
    return keep_as_job(
        state,
        principal,
        upload,
        MODEL_IMPORT,
        ModelImportParameters(),
        project_id=DEFAULT_PROJECT,
        event="model.sent",
        asked=fingerprint("model", upload.sha256),
        key=key,
    )


present(Presentation(MODEL_IMPORT, hides_image))
present(Presentation(MODEL_VERIFY, hides_image))


def verify(session: WriteSession, state: State, principal: Principal, name: str) -> ModelJob:
    """Queue another verification of a version, `NAME@VERSION`.

    Raises:
        Problem: 404; 409 if its files are not here.
    """
    model = version_of(session, name)
    if model.digest is None:
        raise Problem(409, "not-here", f"No bytes of {name} are here; import it.")
    job_id = enqueue(
        session,
        state,
        MODEL_VERIFY,
        ModelVerifyParameters(name=model.name, version=model.version),
        project_id=DEFAULT_PROJECT,
        owner_id=principal.user.id,
    )
    return _job(session.get_one(Job, job_id))


def verify_shipped(state: State) -> int:
    """Queue a verification of each shipped version that never had one; return their number.

    A shipped version serves from the first start, so that the start is not delayed, and is verified
    once, some time later.
    """
    unverified = select(ModelVersion).where(
        ModelVersion.digest.is_not(None),
        ModelVersion.imported_by_id.is_(None),
        ModelVersion.standing == Standing.USABLE,
        ModelVersion.registered_at < now() - VERIFIED_AFTER,
    )
    admin = select(User.id).where(User.site_admin, User.active).order_by(User.id).limit(1)
    with state.database.read() as session:
        found = [
            one for one in session.scalars(unverified) if not (one.verification or {}).get("golden")
        ]
        owner_id = session.scalar(admin)
    if not found or owner_id is None:
        return 0
    queued = 0
    with state.database.write() as session:
        lock(session, "models")
        jobs = session.scalars(select(Job).where(Job.kind == JobKind.MODEL_VERIFY))
        asked = {(one.name, one.version) for one in map(MODEL_VERIFY.read, jobs)}
        for model in found:
            if (model.name, model.version) in asked:
                continue
            enqueue(
                session,
                state,
                MODEL_VERIFY,
                ModelVerifyParameters(name=model.name, version=model.version),
                project_id=DEFAULT_PROJECT,
                owner_id=owner_id,
                awaited=False,
            )
            queued += 1
    return queued


def seen(state: State, job_id: UUID) -> ModelJob:
    """Return an import as JSON."""
    with state.database.read() as session:
        return _job(session.get_one(Job, job_id))


def recent(session: Session) -> list[ModelJob]:
    """Return everybody's last imports and verifications, newest first."""
    kinds = [JobKind.MODEL_IMPORT, JobKind.MODEL_VERIFY]
    query = select(Job).where(Job.kind.in_(kinds)).order_by(Job.id.desc()).limit(SHOWN)
    return [_job(job) for job in session.scalars(query)]


def outcome(job: Job) -> ModelOutcome | None:
    """Return the result of a job that imports or verifies a model, or None if there is none yet."""
    kind = MODEL_IMPORT if job.kind is JobKind.MODEL_IMPORT else MODEL_VERIFY
    return kind.result_of(job)


def _job(job: Job) -> ModelJob:
    result = outcome(job)
    model = f"{result.name}@{result.version}" if result else None
    if job.kind is JobKind.MODEL_VERIFY:
        asked = MODEL_VERIFY.read(job)
        model = f"{asked.name}@{asked.version}"
    return ModelJob(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        created_at=job.created_at,
        model=model,
        standing=result.standing if result else None,
        reason=result.reason if result else None,
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
    )
