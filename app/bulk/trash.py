"""Deleted images: kept for some days in a project that nobody belongs to, so that nothing shows
them, then erased for good."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.bulk.records import take_out
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core import audit
from app.core.audit import SYSTEM
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.state import State
from app.corrections.records import erase
from app.corrections.removal import require_deletable
from app.images.tables import Image
from app.instances.tables import Instance
from app.projects.tables import TRASH, RetentionKind, RetentionRule
from app.reviews.news import Change, publish_change

BATCH = 100
KEEP_ACTS = timedelta(days=1)
"""Time during which acts other than deleting can be undone."""


def put(session: WriteSession, state: State, principal: Principal, image: Image) -> dict[str, Any]:
    """Take an image out of its project; return what is needed to restore it.

    Raises:
        Problem: 403 if the caller may not delete it.
    """
    require_deletable(session, principal, image)
    return take_out(session, state, principal.actor, image, principal.user)


def bring_back(
    session: WriteSession, state: State, principal: Principal, image: Image, former: dict[str, Any]
) -> None:
    """Put an image back into its project.

    Raises:
        Problem: 409 if the same picture was uploaded again since.
    """
    project_id = UUID(former["project"])
    again = exists().where(
        Image.project_id == project_id,
        Image.owner_id == image.owner_id,
        Image.pixel_sha256 == image.pixel_sha256,
    )
    if session.scalar(select(again)):
        raise Problem(409, "uploaded-again", "The same picture was uploaded again since.")
    image.project_id, image.restored_at = project_id, now()
    instances = [UUID(one) for one in former["instances"]]
    free = Instance.id.in_(instances), Instance.image_id.is_(None)
    session.execute(update(Instance).where(*free).values(image_id=image.id))
    session.flush()
    audit.record(session, state.site_key, principal.actor, "image.restored", "image", image.id)
    publish_change(session, state.broker, image, Change.CREATED, principal.user)


def kept_until(session: Session, state: State, act: BulkAct) -> datetime:
    """Return the time at which the images of a deletion are erased for good."""
    rule = session.get(RetentionRule, (act.project_id, RetentionKind.DELETED_IMAGES))
    if rule is None:
        return act.created_at + timedelta(days=state.settings.deleted_images_days)
    return max(act.created_at + timedelta(days=rule.days), rule.begins_at)


def due(before: datetime) -> ColumnElement[bool]:
    """Return the condition: deleted before that time, in a project without a rule of its own; or
    uploaded before that time, and the act that deleted it is gone."""
    own = select(RetentionRule.project_id).where(RetentionRule.kind == RetentionKind.DELETED_IMAGES)
    late = (
        select(BulkActImage.image_id)
        .join(BulkAct, BulkAct.id == BulkActImage.bulk_act_id)
        .where(
            BulkAct.kind == BulkKind.DELETE,
            BulkAct.created_at < before,
            BulkAct.project_id.not_in(own),
        )
    )
    held = exists().where(BulkActImage.image_id == Image.id)
    abandoned = ~held & (Image.created_at < before)
    return (Image.project_id == TRASH) & (Image.id.in_(late) | abandoned)


def waiting(session: Session) -> int:
    """Return the number of deleted images that can still be restored."""
    query = select(func.count()).select_from(Image).where(Image.project_id == TRASH)
    return session.scalar(query) or 0


def purge(state: State) -> int:
    """Erase images that are due and delete acts that can no longer be undone; return the number of
    images."""
    before = now() - timedelta(days=state.settings.deleted_images_days)
    erased = 0
    while True:
        with state.database.write() as session:
            found = session.scalars(
                select(Image).where(due(before)).limit(BATCH).with_for_update(skip_locked=True)
            ).all()
            for image in found:
                audit.record(session, state.site_key, SYSTEM, "image.erased", "image", image.id)
                erase(session, state, image)
        erased += len(found)
        if len(found) < BATCH:
            break
    with state.database.write() as session:
        left = exists().where(BulkActImage.bulk_act_id == BulkAct.id)
        # An undone deletion may still hold images: those that could not be restored.
        over = (BulkAct.kind != BulkKind.DELETE) | ~left
        session.execute(delete(BulkAct).where(BulkAct.created_at < now() - KEEP_ACTS, over))
    return erased
