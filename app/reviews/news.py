"""Telling browsers that something about an image changed."""

from enum import StrEnum
from functools import partial

from sqlalchemy.orm import Session

from app.accounts.tables import User
from app.core.broker import BrokerClient
from app.core.database import after_commit
from app.core.ids import now
from app.images.tables import Image
from app.reviews.visibility import audience, members_of


class Change(StrEnum):
    """What happened to an image."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    MASK = "mask"
    """Somebody saved a revision."""
    MEASURED = "measured"
    """A worker measured a person's revision."""
    DRAFT = "draft"
    """Somebody began to draw, or threw a draft away."""
    REVIEW = "review"
    """A reading was assigned, handed in or taken back, or a reviewer decided."""


WORK = (Change.MASK, Change.MEASURED, Change.DRAFT)
"""Changes that show how far a reader is; other blind readers do not hear of them."""


def publish_change(
    session: Session,
    broker: BrokerClient,
    image: Image,
    change: Change,
    by: User | None = None,
    revision: int | None = None,
) -> None:
    """Send an `image` event, after the commit, to all who may know.

    Args:
        by: who did it; null is a model or the site itself.
        revision: of the mask that it is about.
    """
    author = by.id if by is not None and change in WORK else None
    data = {
        "id": str(image.id),
        "project_id": str(image.project_id),
        "change": change,
        "at": now().isoformat(),
        "by": {"id": str(by.id), "name": by.name} if by is not None else None,
        "revision": revision,
    }
    # Nobody reads or watches an image that was not there before.
    if change == Change.CREATED:
        people = set(members_of(session, image.project_id, {image.owner_id}))
    else:
        people = audience(session, image, author)
    message = {"event": "image", "data": data}
    events = [(f"user:{person}", message) for person in people]
    after_commit(session, partial(broker.publish, *events))
