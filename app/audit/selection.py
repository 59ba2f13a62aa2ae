"""A selection of the audit log's entries by the parameters of a request."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from app.core.audit import AuditEvent


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions on entries, all of which must hold.

    Attributes:
        since: from this time on.
        until: before this time.
    """

    actor: UUID | None = None
    action: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the same as conditions on :class:`AuditEvent`."""
        found: list[ColumnElement[bool]] = []
        if self.actor is not None:
            found.append(AuditEvent.actor_id == self.actor)
        if self.action:
            found.append(AuditEvent.action == self.action)
        if self.object_id:
            found.append(AuditEvent.object_id == self.object_id)
        if self.since is not None:
            found.append(AuditEvent.at >= self.since)
        if self.until is not None:
            found.append(AuditEvent.at < self.until)
        return found
