"""Deployments: the versions that serve a project or the site, for the api and for workers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.security import SiteKey
from app.deployments.tables import Deployment
from app.model_versions.tables import ModelVersion, Standing

MOST = 8
"""Most deployments to go back through for one that works."""


@dataclass(frozen=True, slots=True)
class Release:
    """The facts of a version that a worker needs to serve it.

    Attributes:
        digest: of all its files; None if they are not here.
        files: SHA-256 by name.
        fault: why it may not serve, or None.
    """

    name: str
    version: str
    digest: str | None
    files: dict[str, str]
    fault: str | None = None

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"


_NEWEST = select(Deployment).order_by(Deployment.id.desc()).limit(bindparam("most", type_=Integer))
_OF_SITE = _NEWEST.where(Deployment.project_id.is_(None))
# The type is explicit: a foreign key has none until its table is imported, and without it a UUID
# matches no row in SQLite.
_OF_PROJECT = _NEWEST.where(Deployment.project_id == bindparam("project", type_=Uuid))


def history(session: Session, project_id: UUID | None, limit: int = MOST) -> Sequence[Deployment]:
    """Return the deployments of a project, or of the site, newest first."""
    query = _OF_SITE if project_id is None else _OF_PROJECT
    return session.scalars(query, {"project": project_id, "most": limit}).all()


def serving(session: Session, project_id: UUID | None) -> Deployment | None:
    """Return the deployment that serves a project: its newest, or the site's if it has none."""
    found = history(session, project_id, 1) or history(session, None, 1)
    return found[0] if found else None


def releases(session: Session, wanted: str | None, project_id: UUID | None) -> list[Release]:
    """Return the versions that may answer, best first.

    Args:
        wanted: `NAME@VERSION` means only that version; `NAME` its version that was deployed last,
            then its other versions, newest first; None the project's deployed versions, newest
            first, then the site's.
        project_id: None means the site.
    """
    if wanted is None:
        deployed = [*history(session, project_id)] if project_id is not None else []
        deployed += history(session, None)
        keys = dict.fromkeys((one.model_name, one.model_version) for one in deployed)
        return [_release(session.get_one(ModelVersion, key)) for key in keys]
    name, _, version = wanted.partition("@")
    if version:
        found = session.get(ModelVersion, (name, version))
        return [_release(found)] if found else []
    versions = session.scalars(select(ModelVersion).where(ModelVersion.name == name)).all()
    query = select(Deployment.model_version).where(Deployment.model_name == name)
    last = session.scalar(query.order_by(Deployment.id.desc()).limit(1))
    usable = [one for one in versions if one.standing is Standing.USABLE and one.digest]
    usable.sort(key=lambda one: (one.version == last, precedence(one.version)), reverse=True)
    return [_release(one) for one in usable]


def deploy(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    project_id: UUID | None,
    model: ModelVersion,
    reason: str,
    *,
    evaluation_id: UUID | None = None,
    confirmed_by_id: UUID | None = None,
    **detail: Any,
) -> Deployment:
    """Let a version serve from now on; the caller has checked that it may."""
    row = Deployment(
        project_id=project_id,
        model_name=model.name,
        model_version=model.version,
        by_id=actor.user_id,
        reason=reason,
        evaluation_id=evaluation_id,
        confirmed_by_id=confirmed_by_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        key,
        actor,
        "model.deployed",
        "deployment",
        row.id,
        project=str(project_id) if project_id else None,
        model=f"{model.name}@{model.version}",
        digest=model.digest,
        evaluation=str(evaluation_id) if evaluation_id else None,
        confirmed_by=str(confirmed_by_id) if confirmed_by_id else None,
        **detail,
    )
    return row


def precedence(version: str) -> tuple[Any, ...]:
    """Return the sort key of Semantic Versioning 2.0.0, clause 11; other texts come first."""
    core, _, pre = version.partition("-")
    numbers = tuple(int(part) for part in re.findall(r"\d+", core))
    parts = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in pre.split("."))
    return numbers, not pre, parts if pre else ()


def _release(model: ModelVersion) -> Release:
    fault = None
    if model.standing is not Standing.USABLE:
        fault = model.reason or model.standing
    return Release(model.name, model.version, model.digest, dict(model.files or {}), fault)


def deployed_faults(session: Session) -> list[tuple[str, str]]:
    """Return `NAME@VERSION` of each deployed version that may not serve, with the reason."""
    newest: dict[UUID | None, tuple[str, str]] = {}
    for row in session.scalars(select(Deployment).order_by(Deployment.id)):
        newest[row.project_id] = (row.model_name, row.model_version)
    found = []
    for key in sorted(set(newest.values())):
        release = _release(session.get_one(ModelVersion, key))
        if release.fault is not None or release.digest is None:
            found.append((release.key, release.fault or "no bytes of it are here"))
    return found
