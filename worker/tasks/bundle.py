"""Import of another site's bundle.

Its key, signature and digests are checked first; then its model is taken in like any other model,
or its pool like any other import of labels.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import select

from app.bundles.jobs import BUNDLE
from app.bundles.tables import BundleKey, BundleKind, ReceivedBundle
from app.core import audit
from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem
from app.deployments.jobs import ModelOutcome
from app.imports.jobs import IMPORT, ImportParameters
from app.imports.tables import Import, ImportAs, archive_key
from app.jobs.tables import JobState, source_key
from app.model_versions.tables import ModelVersion
from worker.formats.bundle import (
    LARGEST_EVALUATION,
    Bundle,
    BundleError,
    Manifest,
)
from worker.pipeline.artifact import Artifact, read_artifact, require_files
from worker.pipeline.card import ModelCard, ModelError
from worker.pipeline.vetting import verify
from worker.registry.archive import MOST_BYTES
from worker.registry.claims import figures_of
from worker.registry.intake import VersionTakenError, is_stored, take_in
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress

EVALUATION, POOL = "evaluation.json", "pool.zip"


def import_bundle(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Import a bundle. A model that must not serve is stored as broken, with the reason.

    Raises:
        JobFailedError: it is not signed by a trusted key, was changed after signing, or has refused
            content.
    """
    progress("reading", 0.05)
    with tempfile.TemporaryFile() as file:
        try:
            for piece in runtime.blobs.stream(source_key(lease.job.id)):
                file.write(piece)
            bundle = Bundle(file, runtime.settings.max_import_bytes)
            key = _trusted(runtime, bundle.key)
            manifest = bundle.require_signature()
            if manifest.kind == "pool":
                _pool(runtime, lease, progress, bundle, manifest, key)
            else:
                _model(runtime, lease, progress, bundle, manifest, key)
        except BundleError as error:
            raise JobFailedError(Problem(422, error.code, str(error))) from error
        except BlobNotFoundError as error:
            detail = "The upload is not there any more; send the bundle again."
            raise JobFailedError(Problem(410, "upload-gone", detail)) from error
    runtime.blobs.delete(source_key(lease.job.id))


def _trusted(runtime: Runtime, key: str) -> UUID:
    """Return the row of a key.

    Raises:
        BundleError: this site does not trust the key.
    """
    query = select(BundleKey.id).where(BundleKey.key == key, BundleKey.revoked_at.is_(None))
    with runtime.database.read() as session:
        found = session.scalar(query)
    if found is None:
        raise BundleError(
            "key-not-trusted",
            f"The key that signed this bundle is not trusted here: {key[:60]}. Ask the other site "
            "for its key by another way, and trust it where it is the same.",
        )
    return found


def _pool(
    runtime: Runtime,
    lease: Lease,
    progress: Progress,
    bundle: Bundle,
    manifest: Manifest,
    key_id: UUID,
) -> None:
    """Turn the archive into an import of the project; the job continues as its check."""
    if POOL not in manifest.files:
        raise BundleError("wrong-files", f"A bundle of a pool has the file {POOL}.")
    import_id = new_id()
    progress("storing", 0.3)
    with tempfile.TemporaryFile() as file:
        for piece in bundle.pieces(manifest, POOL):
            file.write(piece)
        size = file.tell()
        file.seek(0)
        runtime.blobs.put(archive_key(import_id), file)
    drop = partial(runtime.blobs.delete, archive_key(import_id))
    with runtime.database.write(otherwise=drop) as session:
        session.add(
            Import(
                id=import_id,
                project_id=lease.job.project_id,
                job_id=lease.job.id,
                created_by_id=lease.job.owner_id,
                size_bytes=size,
                stored_as=ImportAs.APPROVED,
            )
        )
        _note(session, runtime, lease, bundle, manifest, key_id, import_id=import_id)
        lease.become(session, IMPORT, ImportParameters(import_id=import_id), image_id=None)
    from worker.tasks.imports import import_labels  # a worker that imports models needs no readers

    import_labels(runtime, lease, progress)


def _model(
    runtime: Runtime,
    lease: Lease,
    progress: Progress,
    bundle: Bundle,
    manifest: Manifest,
    key_id: UUID,
) -> None:
    with tempfile.TemporaryDirectory(prefix="bundle-") as made:
        folder = Path(made) / "name" / "version"
        folder.mkdir(parents=True)
        figures = None
        if EVALUATION in manifest.files:
            if manifest.files[EVALUATION].size > LARGEST_EVALUATION:
                raise BundleError("bundle-too-large", f"{EVALUATION} is too large.")
            figures = figures_of(b"".join(bundle.pieces(manifest, EVALUATION)))
        names = [name for name in manifest.files if name != EVALUATION]
        if sum(manifest.files[name].size for name in names) > MOST_BYTES:
            raise BundleError("bundle-too-large", "The model has more bytes than one may have.")
        for name in names:
            with (folder / name).open("wb") as target:
                _write(bundle, manifest, name, target)
        try:
            artifact = _artifact(folder, manifest, BUNDLE.read(lease.job).name)
            known = is_stored(runtime, artifact)
            progress("verifying", 0.3)
            fault, measured = (None, {}) if known else _verified(folder)
            progress("storing", 0.9)
            take_in(runtime, artifact, measured, fault=fault, by=lease.job.owner_id)
        except VersionTakenError as error:
            detail = f"{error} Send the bundle again with another name for its model."
            raise JobFailedError(Problem(409, "version-taken", detail)) from error
        except ModelError as error:
            detail = str(error).replace(f"{folder}/", "").replace(str(folder), "the bundle")
            raise JobFailedError(Problem(422, "model-refused", detail)) from error
    card = artifact.card
    with runtime.database.write() as session:
        row = session.get_one(ModelVersion, (card.name, card.version))
        said = ModelOutcome(
            duplicate=known,
            name=card.name,
            version=card.version,
            digest=row.digest or "",
            standing=row.standing,
            reason=row.reason,
        )
        _note(
            session,
            runtime,
            lease,
            bundle,
            manifest,
            key_id,
            figures=figures,
            model_name=card.name,
            model_version=card.version,
        )
        lease.end(session, JobState.DONE, result=said.model_dump(mode="json"), input_bytes=0)


def _write(bundle: Bundle, manifest: Manifest, name: str, target: IO[bytes]) -> None:
    for piece in bundle.pieces(manifest, name):
        target.write(piece)


def _artifact(folder: Path, manifest: Manifest, name: str | None) -> Artifact:
    """Return the model's files; under a new name, its card is rewritten and names the original.

    Raises:
        ModelError: they are not the files of one model.
    """
    card = ModelCard.read(folder)
    if name is not None and name != card.name:
        said = f"{card.name}@{card.version}"
        training = {**card.training, "bundled_as": said}
        card.model_copy(update={"name": name, "training": training}).write(folder)
    artifact = read_artifact(folder)
    if sorted(path.name for path in folder.iterdir()) != sorted(artifact.files):
        raise ModelError("The bundle has other files than the model's card lists.")
    require_files(artifact)
    return artifact


def _verified(folder: Path) -> tuple[str | None, dict[str, Any]]:
    try:
        return None, verify(folder)
    except ModelError as error:
        return str(error).replace(f"{folder}/", ""), {}


def _note(
    session: WriteSession,
    runtime: Runtime,
    lease: Lease,
    bundle: Bundle,
    manifest: Manifest,
    key_id: UUID,
    **more: Any,
) -> None:
    """Record where it came from."""
    session.add(
        ReceivedBundle(
            job_id=lease.job.id,
            key_id=key_id,
            created_by_id=lease.job.owner_id,
            kind=BundleKind(manifest.kind),
            digest=bundle.digest,
            manifest=manifest.model_dump(mode="json"),
            **more,
        )
    )
    session.flush()
    audit.record(
        session,
        runtime.site_key,
        Actor(lease.job.owner_id),
        "bundle.imported",
        "job",
        lease.job.id,
        digest=bundle.digest,
        signed_by=str(key_id),
    )
