"""Reference sets of the site."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.evaluations.tables import FrozenSet, SetRole


def references(session: Session) -> Sequence[FrozenSet]:
    """Return the reference sets in force, oldest first."""
    query = select(FrozenSet).where(
        FrozenSet.role == SetRole.REFERENCE, FrozenSet.retired_at.is_(None)
    )
    return session.scalars(query.order_by(FrozenSet.id)).all()
