"""Archive images and take them out of their project, whoever requested it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.accounts.tables import User
from app.core import audit
from app.core.audit import Actor
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import now
from app.core.resources import Resources
from app.corrections.records import erase
from app.images.tables import Image
from app.instances.tables import Instance
from app.projects.tables import TRASH
from app.reviews.news import Change, publish_change
from app.reviews.records import update_state


def put_aside(
    session: WriteSession,
    resources: Resources,
    actor: Actor,
    image: Image,
    at: datetime | None,
    by: User | None = None,
) -> None:
    """Archive an image at this time, or take it out of the archive if that is None."""
    image.archived_at = at
    if at is None:
        image.restored_at = now()
    update_state(session, image)
    action: Action = "image.archived" if at else "image.unarchived"
    audit.record(session, resources.site_key, actor, action, "image", image.id)
    publish_change(session, resources.broker, image, Change.CHANGED, by)


def take_out(
    session: WriteSession,
    resources: Resources,
    actor: Actor,
    image: Image,
    by: User | None = None,
) -> dict[str, Any]:
    """Take an image out of its project, to be erased later; return what is needed to restore it."""
    audit.record(session, resources.site_key, actor, "image.deleted", "image", image.id)
    publish_change(session, resources.broker, image, Change.DELETED, by)
    # An instance that is sent again becomes a new image.
    forgotten = update(Instance).where(Instance.image_id == image.id).values(image_id=None)
    instances = session.scalars(forgotten.returning(Instance.id)).all()
    project_id = image.project_id
    # Of several images with the same picture only the one deleted last can be restored.
    same = select(Image).where(
        Image.project_id == TRASH,
        Image.owner_id == image.owner_id,
        Image.pixel_sha256 == image.pixel_sha256,
    )
    for older in session.scalars(same):
        erase(session, resources, older)
    image.project_id = TRASH
    session.flush()
    return {"project": str(project_id), "instances": [str(one) for one in instances]}
