"""Entries of the audit log about looking at images, for sites that want these recorded."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor, AuditEvent
from app.core.audit_actions import Action
from app.core.database import Database
from app.core.ids import now
from app.core.locks import lock
from app.core.security import SiteKey

ACTION: Action = "image.viewed"
AGAIN = timedelta(hours=1)
"""Requests within this time count as one look: a page requests parts of an image many times."""
_IN_LISTS = "/thumbnail"
"""End of the only address under an image that lists request."""


def is_look(method: str, path: str) -> bool:
    """Return whether a request shows an image to a person; thumbnails in lists do not count."""
    return method == "GET" and not path.endswith(_IN_LISTS)


def record(database: Database, key: SiteKey, actor: Actor, image_id: UUID) -> None:
    """Record that a person looks at an image, unless that was recorded within the last hour."""
    with database.read() as session:
        if _known(session, actor, image_id):
            return
    with database.write() as session:
        lock(session, "audit")
        if not _known(session, actor, image_id):  # a page requests several parts at once
            audit.record(session, key, actor, ACTION, "image", image_id)


def _known(session: Session, actor: Actor, image_id: UUID) -> bool:
    query = select(AuditEvent.number).where(
        AuditEvent.object_type == "image",
        AuditEvent.object_id == str(image_id),
        AuditEvent.action == ACTION,
        AuditEvent.actor_id == actor.user_id,
        AuditEvent.at > now() - AGAIN,
    )
    return session.scalar(query.limit(1)) is not None
