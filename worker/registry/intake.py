"""Taking in a version: first its bytes are stored, then its row. Neither changes afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.resources import Resources
from app.deployments.records import deploy
from app.deployments.tables import Deployment
from app.model_versions.tables import ModelVersion, Standing, file_key
from worker.pipeline.artifact import Artifact, require_files
from worker.pipeline.card import ModelCard, ModelError

log = logging.getLogger(__name__)


class VersionTakenError(ModelError):
    """A version with this name and number exists, with other bytes."""


def register(resources: Resources, artifact: Artifact) -> bool:
    """Make the row of a model in a folder, without storing its bytes; quick.

    Returns:
        Whether its bytes must still be stored.
    """
    card = artifact.card
    with resources.database.read() as session:
        row = session.get(ModelVersion, (card.name, card.version))
    if row is not None:
        return row.digest is None and row.sha256 == card.sha256
    with resources.database.write() as session:
        lock(session, "models")
        if session.get(ModelVersion, (card.name, card.version)) is None:
            session.add(_row(card))
    return True


def take_in(
    resources: Resources,
    artifact: Artifact,
    verification: Mapping[str, Any] | None,
    *,
    fault: str | None = None,
    by: UUID | None = None,
    durable: bool = True,
) -> None:
    """Store a version's files and reference them in its row. An existing version stays unchanged.

    Args:
        verification: its measurements.
        fault: the reason why it may not serve.
        by: who provides it.
        durable: whether the bytes must survive a power cut; those of shipped models are also in the
            software's folder.

    Raises:
        VersionTakenError: another model has its name and number.
        ModelError: a file is missing or is not the one that the card describes.
    """
    with resources.database.read() as session:
        if _same(session.get(ModelVersion, _key(artifact.card)), artifact):
            return
    require_files(artifact)
    for name in artifact.files:
        with (artifact.folder / name).open("rb") as file:
            resources.blobs.put(file_key(artifact.digest, name), file, durable=durable)
    with resources.database.write() as session:
        _store(session, resources, artifact, verification, fault, by)


def is_stored(resources: Resources, artifact: Artifact) -> bool:
    """Whether a version already exists and may serve.

    Raises:
        VersionTakenError: another model has its name and number.
    """
    with resources.database.read() as session:
        row = session.get(ModelVersion, _key(artifact.card))
        return _same(row, artifact) and row is not None and row.standing is Standing.USABLE


def _store(
    session: WriteSession,
    resources: Resources,
    artifact: Artifact,
    verification: Mapping[str, Any] | None,
    fault: str | None,
    by: UUID | None,
) -> None:
    lock(session, "models")
    row = session.get(ModelVersion, _key(artifact.card))
    if _same(row, artifact):
        return
    if row is None:
        row = _row(artifact.card)
        session.add(row)
    row.digest, row.files = artifact.digest, artifact.files
    row.card = artifact.card.model_dump(mode="json")
    row.verification, row.verified_at = dict(verification or {}), now()
    row.standing, row.reason = Standing.USABLE, None
    if fault is not None:
        row.standing, row.reason = Standing.BROKEN, fault[:1000]
    row.imported_by_id = by
    row.parent_digest = _parent(session, artifact.card)
    audit.record(
        session,
        resources.site_key,
        Actor(by),
        "model.imported",
        "model",
        f"{row.name}@{row.version}"[:60],
        digest=row.digest,
        standing=row.standing,
    )


def _same(row: ModelVersion | None, artifact: Artifact) -> bool:
    """Whether a version already exists.

    Raises:
        VersionTakenError: it exists, with other bytes.
    """
    if row is None:
        return False
    if row.digest == artifact.digest:
        return True
    if row.digest is not None or row.sha256 != artifact.card.sha256:
        raise VersionTakenError(
            f"{row.name} {row.version} is here already with other bytes. What a version is never "
            "changes; give this one a number of its own."
        )
    return False


def _key(card: ModelCard) -> tuple[str, str]:
    return card.name, card.version


def _row(card: ModelCard) -> ModelVersion:
    return ModelVersion(
        name=card.name,
        version=card.version,
        sha256=card.sha256,
        card=card.model_dump(mode="json"),
    )


def _parent(session: WriteSession, card: ModelCard) -> str | None:
    """The digest of the version from which this one was trained, according to the card."""
    name, _, version = str(card.training.get("parent") or "").partition("@")
    parent = session.get(ModelVersion, (name, version)) if version else None
    return parent.digest if parent else None


def deploy_default(resources: Resources, artifact: Artifact, setting: str) -> None:
    """Let a version serve the site if nothing does yet, or if the setting has changed.

    The setting is compared with its value when the software last deployed a version.

    Args:
        setting: value of ``SONOLOOP_DEFAULT_MODEL``.
    """
    said = f"SONOLOOP_DEFAULT_MODEL={setting}"
    with resources.database.write() as session:
        lock(session, "models")
        if _said_last(session) == said:
            return
        model = session.get_one(ModelVersion, _key(artifact.card))
        deploy(session, resources.site_key, audit.SYSTEM, None, model, said)


def default_is_deployed(resources: Resources, setting: str) -> bool:
    """Whether the software last deployed the version that this setting names."""
    with resources.database.read() as session:
        return _said_last(session) == f"SONOLOOP_DEFAULT_MODEL={setting}"


def _said_last(session: Any) -> str | None:
    query = select(Deployment.reason).where(
        Deployment.project_id.is_(None), Deployment.by_id.is_(None)
    )
    found: str | None = session.scalar(query.order_by(Deployment.id.desc()).limit(1))
    return found


def judge(
    resources: Resources,
    digest: str,
    fault: str | None,
    verification: Mapping[str, Any] | None = None,
    by: UUID | None = None,
) -> None:
    """Record whether a version may serve, after another verification or a failure while serving."""
    with resources.database.write() as session:
        row = session.scalar(
            select(ModelVersion).where(ModelVersion.digest == digest).with_for_update()
        )
        if row is None or row.standing is Standing.REJECTED:
            return
        row.standing = Standing.USABLE if fault is None else Standing.BROKEN
        row.reason = None if fault is None else fault[:1000]
        if verification is not None:
            row.verification, row.verified_at = dict(verification), now()
        audit.record(
            session,
            resources.site_key,
            Actor(by),
            "model.verified" if fault is None else "model.broken",
            "model",
            f"{row.name}@{row.version}"[:60],
            digest=digest,
        )
