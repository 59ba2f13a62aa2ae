"""Sealed references: sealed when an image is stored, opened to write a result back, audited."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession, insert_row
from app.core.security import SealBrokenError, SiteKey
from app.sealed_references.tables import SealedReference

PURPOSE = "reference"


def keep(session: WriteSession, key: SiteKey, image_id: UUID, reference: dict[str, Any]) -> None:
    """Seal the reference of an image, unless the image already has one.

    Args:
        reference: from :func:`worker.ingest.reference.source_reference`.
    """
    if has_reference(session, image_id):
        return
    sealed = key.seal(PURPOSE, json.dumps(reference).encode(), image_id.bytes)
    insert_row(session, SealedReference(image_id=image_id, sealed=sealed))


def has_reference(session: Session, image_id: UUID) -> bool:
    """Whether a result for the image can be written back to its source."""
    return bool(session.scalar(select(exists().where(SealedReference.image_id == image_id))))


def unseal(
    session: WriteSession, key: SiteKey, image_id: UUID, actor: Actor, purpose: str
) -> dict[str, Any] | None:
    """Open the reference of an image and record who had it opened, and for what.

    The session must be committed before the result is used.

    Args:
        purpose: a word for the audit log.

    Returns:
        The reference; None if the image has none, or another key sealed it.
    """
    row = session.get(SealedReference, image_id)
    if row is None:
        return None
    try:
        opened: dict[str, Any] = json.loads(key.open(PURPOSE, row.sealed, image_id.bytes))
    except SealBrokenError:
        return None
    audit.record(session, key, actor, "reference.opened", "image", image_id, purpose=purpose)
    return opened
