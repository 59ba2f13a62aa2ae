"""Notifying browsers that something about an image changed."""

from enum import StrEnum
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.tables import User
from app.core.broker import BrokerClient
from app.core.database import after_commit
from app.core.ids import now
from app.images.tables import Image
from app.reviews.visibility import audience, members_of


class Change(StrEnum):
    """A change of an image."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    MASK = "mask"
    """Somebody saved a revision."""
    MEASURED = "measured"
    """A worker measured a person's revision."""
    DRAFT = "draft"
    """Somebody began to draw, or threw a draft away."""
    COMMENT = "comment"
    """Somebody pinned a comment to a place, answered, resolved or deleted one."""
    REVIEW = "review"
    """A reading was assigned, handed in or taken back, or a reviewer decided."""


WORK = (Change.MASK, Change.MEASURED, Change.DRAFT, Change.COMMENT)
"""Changes that show a reader's progress; other blind readers are not notified of them."""


def publish_change(
    session: Session,
    broker: BrokerClient,
    image: Image,
    change: Change,
    by: User | None = None,
    revision: int | None = None,
) -> None:
    """Send an `image` event, after the commit, to everybody who may know of it.

    Args:
        by: who did it; None is a model or the site itself.
        revision: the number of the revision that it is about.
    """
    author = by.id if by is not None and change in WORK else None
    people = audience(session, image, author)
    _send(session, broker, image.id, image.project_id, change, people, by, revision)


def publish_created(
    session: Session, broker: BrokerClient, image_id: UUID, project_id: UUID, owner_id: UUID
) -> None:
    """Send the `image` event of a new image to its owner: nobody else can have it open."""
    people = set(members_of(session, project_id, {owner_id}))
    _send(session, broker, image_id, project_id, Change.CREATED, people)


def _send(
    session: Session,
    broker: BrokerClient,
    image_id: UUID,
    project_id: UUID,
    change: Change,
    people: set[UUID],
    by: User | None = None,
    revision: int | None = None,
) -> None:
    data = {
        "id": str(image_id),
        "project_id": str(project_id),
        "change": change,
        "at": now().isoformat(),
        "by": {"id": str(by.id), "name": by.name} if by is not None else None,
        "revision": revision,
    }
    message = {"event": "image", "data": data}
    events = [(f"user:{person}", message) for person in people]
    after_commit(session, partial(broker.publish, *events))
