"""Bytes that one person, or everybody, has stored, computed from rows."""

from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from app.core.database import Base


def used_bytes(session: Session, person: UUID | None = None) -> int:
    """Return the bytes of images, waiting uploads, uploaded archives, and exports.

    Images count once the sweeper has counted them, seconds after they are stored.

    Args:
        person: the owner; None is everybody.
    """
    # By name: the packages with these tables import this one to check quotas.
    tables = Base.metadata.tables
    images, jobs = tables["image"].c, tables["job"].c
    imports, exports = tables["import"].c, tables["export"].c
    parts = (
        (images.stored_bytes, images.owner_id, true()),
        (jobs.input_bytes, jobs.owner_id, jobs.input_bytes > 0),
        (imports.size_bytes, imports.created_by_id, imports.has_archive),
        (exports.size_bytes, exports.created_by_id, exports.expired_at.is_(None)),
    )
    total = 0
    for size, owner, counts in parts:
        query = select(func.coalesce(func.sum(size), 0)).where(counts)
        if person is not None:
            query = query.where(owner == person)
        total += int(session.scalar(query) or 0)
    return total
