"""Taking models, and having workers verify them."""

from typing import IO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem, ProblemDetails
from app.core.state import State
from app.deployments.jobs import (
    MODEL_IMPORT,
    MODEL_VERIFY,
    ModelImportParameters,
    ModelOutcome,
    ModelVerifyParameters,
)
from app.deployments.schemas import ModelJob
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job, JobKind, source_key
from app.model_versions.service import version_of
from app.projects.tables import DEFAULT_PROJECT
from app.reviews.access import hides_image

SHOWN = 10


def accept(
    state: State, principal: Principal, file: IO[bytes], size: int, sha256: str, key: str | None
) -> UUID:
    """Take an archive and queue its import. When this returns, it survives whatever dies.

    Raises:
        Problem: 400 empty, 415 no ZIP, 422 the key was used for something else.
        BlobStoreFullError: nothing was kept.
    """
    if size == 0:
        raise Problem(400, "empty-file", "The file is empty; choose another one.")
    if file.read(4) != b"PK\x03\x04":
        raise Problem(
            415, "not-a-zip", "This is no ZIP archive. Pack the files of the model's folder as ZIP."
        )
    file.seek(0)
    asked = fingerprint("model", sha256)
    job_id = new_id()
    state.blobs.put(source_key(job_id), file)
    try:
        with state.database.write() as session:
            known = recall(session, principal, key, asked, "job", Job)
            if known is None:
                enqueue(
                    session,
                    state,
                    MODEL_IMPORT,
                    ModelImportParameters(),
                    job_id=job_id,
                    project_id=DEFAULT_PROJECT,
                    owner_id=principal.user.id,
                    input_bytes=size,
                )
                remember(session, principal, key, asked, "job", job_id)
                site_key, actor = state.site_key, principal.actor
                audit.record(session, site_key, actor, "model.sent", "job", job_id, bytes=size)
    except BaseException:
        state.blobs.delete(source_key(job_id))
        raise
    if known is not None:
        state.blobs.delete(source_key(job_id))
    return known or job_id


present(Presentation(MODEL_IMPORT, hides_image))
present(Presentation(MODEL_VERIFY, hides_image))


def verify(session: WriteSession, state: State, principal: Principal, name: str) -> ModelJob:
    """Queue another verification of a version, `NAME@VERSION`.

    Raises:
        Problem: 404; 409 no bytes of it are here.
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


def seen(state: State, job_id: UUID) -> ModelJob:
    """An import as JSON."""
    with state.database.read() as session:
        return _job(session.get_one(Job, job_id))


def recent(session: Session) -> list[ModelJob]:
    """The last imports and verifications of anybody, newest first."""
    kinds = [JobKind.MODEL_IMPORT, JobKind.MODEL_VERIFY]
    query = select(Job).where(Job.kind.in_(kinds)).order_by(Job.id.desc()).limit(SHOWN)
    return [_job(job) for job in session.scalars(query)]


def outcome(job: Job) -> ModelOutcome | None:
    """What a done job found."""
    kind = MODEL_IMPORT if job.kind is JobKind.MODEL_IMPORT else MODEL_VERIFY
    return kind.said(job)


def _job(job: Job) -> ModelJob:
    said = outcome(job)
    model = f"{said.name}@{said.version}" if said else None
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
        standing=said.standing if said else None,
        reason=said.reason if said else None,
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
    )
