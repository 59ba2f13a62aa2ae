"""Import or new verification of a model: its graph is checked, then run in a separate process."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from app.core.blobs import BlobNotFoundError
from app.core.problems import Problem
from app.deployments.jobs import MODEL_VERIFY, ModelOutcome
from app.jobs.tables import JobState, source_key
from app.model_versions.tables import ModelVersion, Standing
from worker.pipeline.artifact import Artifact, read_artifact, require_files
from worker.pipeline.card import ModelError
from worker.pipeline.verification import Verification, require_golden
from worker.pipeline.vetting import verify
from worker.registry.archive import unpack
from worker.registry.intake import VersionTakenError, is_stored, judge, take_in
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress

log = logging.getLogger(__name__)


def import_model(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Import a model. One that must not serve is stored as broken, with the reason.

    Raises:
        JobFailedError: the archive is not that of a model, its card does not describe its files, or
            another model has its name and version.
    """
    job = lease.job
    with tempfile.TemporaryDirectory(prefix="model-") as made:
        folder = Path(made) / "name" / "version"
        folder.mkdir(parents=True)
        archive = Path(made) / "archive.zip"
        progress("reading", 0.05)
        try:
            with archive.open("wb") as file:
                for piece in runtime.blobs.stream(source_key(job.id)):
                    file.write(piece)
            with archive.open("rb") as file:
                unpack(file, folder)
            artifact = _artifact(folder)
            duplicate = is_stored(runtime, artifact)
            progress("verifying", 0.2)
            fault, measured = (None, {}) if duplicate else _verified(folder)
            progress("storing", 0.9)
            take_in(runtime, artifact, measured, fault=fault, by=job.owner_id)
        except VersionTakenError as error:
            raise JobFailedError(Problem(409, "version-taken", str(error))) from error
        except ModelError as error:
            detail = str(error).replace(f"{folder}/", "").replace(str(folder), "the archive")
            raise JobFailedError(Problem(422, "model-refused", detail)) from error
        except BlobNotFoundError as error:
            detail = "The upload is not there any more; send the model again."
            raise JobFailedError(Problem(410, "upload-gone", detail)) from error
    _end(runtime, lease, artifact.card.name, artifact.card.version, duplicate=duplicate)
    runtime.blobs.delete(source_key(job.id))


def verify_model(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Verify a stored version; if it passes, it may serve again."""
    asked = MODEL_VERIFY.read(lease.job)
    with runtime.database.read() as session:
        row = session.get_one(ModelVersion, (asked.name, asked.version))
    if row.digest is None:
        detail = "No bytes of this version are here; import it."
        raise JobFailedError(Problem(409, "not-here", detail))
    progress("verifying", 0.1)
    files = dict(row.files or {})
    fault: str | None = None
    measured = {}
    try:
        folder = runtime.cache.folder(row.digest, files, weights=True)
        artifact = read_artifact(folder)
        if artifact.files != files:
            raise ModelError("The copy of this machine was changed; delete cache/models.")
        require_files(artifact)
        measured = verify(folder)
        require_golden(row.verification or {}, Verification(**measured))
    except ModelError as error:
        fault = str(error)
    judge(runtime, row.digest, fault, measured or row.verification, lease.job.owner_id)
    _end(runtime, lease, asked.name, asked.version)


def _artifact(folder: Path) -> Artifact:
    """Return the contents of the folder, whose card must describe each of its files.

    Raises:
        ModelError: it does not.
    """
    artifact = read_artifact(folder)
    others = sorted(path.name for path in folder.iterdir() if path.name not in artifact.files)
    if others:
        raise ModelError(f"The card lists no file {others[0]}; leave out what it does not list.")
    require_files(artifact)
    return artifact


def _verified(folder: Path) -> tuple[str | None, dict[str, object]]:
    try:
        return None, verify(folder)
    except ModelError as error:
        return str(error).replace(f"{folder}/", ""), {}


def _end(
    runtime: Runtime, lease: Lease, name: str, version: str, *, duplicate: bool = False
) -> None:
    with runtime.database.write() as session:
        row = session.get_one(ModelVersion, (name, version))
        outcome = ModelOutcome(
            duplicate=duplicate,
            name=name,
            version=version,
            digest=row.digest or "",
            standing=row.standing,
            reason=row.reason,
        )
        result = outcome.model_dump(mode="json")
        lease.end(session, JobState.DONE, result=result, input_bytes=0)
    if outcome.standing is not Standing.USABLE:
        log.error("model %s %s is %s: %s", name, version, outcome.standing, outcome.reason)
