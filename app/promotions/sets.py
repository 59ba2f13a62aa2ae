"""Frozen sets: the test part of a project, and reference sets that site admins name."""

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.problems import Problem, not_found
from app.core.state import State
from app.evaluations.records import references
from app.evaluations.tables import FrozenSet, SetRole
from app.images.tables import Split
from app.masks.tables import Assessment
from app.pool.approved import approved_masks
from app.projects.tables import Project
from app.promotions.schemas import NewReferenceSet, ReferenceSet

TEST_NAME = "Test part"


def test_set(session: WriteSession, principal: Principal) -> FrozenSet | None:
    """Return the current test part of the project's pool; None if it is empty.

    The same images give the same set, with the rows of earlier evaluations.
    """
    return _frozen(session, principal, principal.project, SetRole.TEST, TEST_NAME)


def name_reference(
    session: WriteSession, state: State, principal: Principal, new: NewReferenceSet
) -> FrozenSet:
    """Freeze the pool of a project as a reference set of the site.

    Raises:
        Problem: 404 no such project; 409 nothing is approved there, or it is one already.
    """
    lock(session, "models")
    if new.project_id not in principal.projects:
        raise not_found("project")
    if any(one.name == new.name for one in references(session)):
        raise Problem(409, "name-taken", "Another reference set has this name; choose another.")
    made = _frozen(session, principal, new.project_id, SetRole.REFERENCE, new.name)
    if made is None:
        raise Problem(
            409,
            "nothing-approved",
            "Nothing is approved in this project yet; approve images first.",
        )
    if made.name != new.name and made.retired_at is None:
        raise Problem(
            409, "named-already", f"The same images are the reference set “{made.name}” already."
        )
    made.name, made.retired_at = new.name, None
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "reference-set.named",
        "frozen_set",
        made.id,
        project=str(made.project_id),
        digest=made.digest,
    )
    return made


def retire(session: WriteSession, state: State, principal: Principal, set_id: UUID) -> None:
    """Leave a reference set out of later evaluations.

    Raises:
        Problem: 404.
    """
    found = session.get(FrozenSet, set_id)
    if found is None or found.role is not SetRole.REFERENCE or found.retired_at is not None:
        raise not_found("reference set")
    found.retired_at = now()
    audit.record(
        session, state.site_key, principal.actor, "reference-set.retired", "frozen_set", set_id
    )


def details(session: Session, one: FrozenSet) -> ReferenceSet:
    """Return a reference set as JSON."""
    project = session.get_one(Project, one.project_id)
    return ReferenceSet(
        id=one.id,
        name=one.name,
        project=project.name,
        digest=one.digest,
        created_at=one.created_at,
        **one.counts,
    )


def _frozen(
    session: WriteSession, principal: Principal, project_id: UUID, role: SetRole, name: str
) -> FrozenSet | None:
    items, counts = _pool(session, project_id, Split.TEST if role is SetRole.TEST else None)
    if not items:
        return None
    digest = hashlib.sha256(json.dumps(items).encode()).hexdigest()
    query = select(FrozenSet).where(
        FrozenSet.project_id == project_id, FrozenSet.role == role, FrozenSet.digest == digest
    )
    found = session.scalar(query)
    if found is None:
        found = FrozenSet(
            project_id=project_id,
            role=role,
            name=name,
            digest=digest,
            items=items,
            counts=counts,
            created_by_id=principal.user.id,
        )
        session.add(found)
        session.flush()
    return found


def _pool(
    session: Session, project_id: UUID, split: Split | None
) -> tuple[list[list[str]], dict[str, Any]]:
    """Return the approved masks of a project with their groups, and their numbers. A reference set
    leaves out the training part, so that no version is judged on images that it was trained on."""
    parts = [split] if split else [Split.VALIDATION, Split.TEST]
    items, free = [], 0
    for row in session.execute(approved_masks(project_id, parts)):
        items.append([str(row.id), str(row.subject_id or row.image_id)])
        free += row.answer is Assessment.NO_LESION
    patients = len({group for _, group in items})
    return items, {"images": len(items), "patients": patients, "lesion_free": free}
