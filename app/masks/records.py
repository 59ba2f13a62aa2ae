"""Writing revisions: the only place that numbers, links, inserts and publishes them.

Needs tables only, so workers use it as well. The caller holds the lock of the image's row, or
inserted the image in the same transaction, so numbers have no gaps and no duplicates.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import WriteSession, insert_row
from app.images.tables import Frame
from app.masks.lengths import take_scale
from app.masks.tables import Mask, MaskSource


def add_revision(
    session: WriteSession, mask: Mask, *, on_newest: bool = False, is_first: bool = False
) -> None:
    """Insert a revision after the last one of its frame.

    Args:
        mask: complete except for its number; it is not added to the session.
        on_newest: its parent is the last revision, whoever made it; else ``mask.parent_id`` names
            the parent.
        is_first: the frame was inserted in this transaction, so it has no earlier revision.
    """
    session.flush()
    before = None if is_first else newest(session, mask.frame_id)
    number, last = (before[1], before[0]) if before else (0, None)
    if not is_first:
        query = select(Frame.withdrawn_revision).where(Frame.id == mask.frame_id)
        number = max(number, session.scalar(query) or 0)
        take_scale(session, mask)  # others may have changed the frame since it was measured
    mask.revision = number + 1
    if on_newest:
        mask.parent_id = last
    insert_row(session, mask)


def newest(session: Session, frame_id: UUID) -> tuple[UUID, int] | None:
    """Return the id and number of a frame's last revision."""
    query = select(Mask.id, Mask.revision).where(Mask.frame_id == frame_id)
    row = session.execute(query.order_by(Mask.revision.desc()).limit(1)).first()
    return (row.id, row.revision) if row else None


def publish(frame: Frame, mask: Mask) -> None:
    """Make a revision the frame's latest, seen by everybody who may see the image."""
    frame.latest_mask_id = mask.id


def withdraw(frame: Frame, mask: Mask, before: UUID | None) -> None:
    """Take a revision out of a frame's history; its number is not used again.

    Args:
        before: becomes the latest revision if this one was.
    """
    if frame.latest_mask_id == mask.id:
        frame.latest_mask_id = before
    frame.withdrawn_revision = max(mask.revision, frame.withdrawn_revision or 0)


def prediction_behind(session: Session, frame_id: UUID, parent: Mask | None) -> UUID | None:
    """Return the model's mask that an author saw: the parent's origin, else the frame's newest."""
    if parent is not None:
        origin = parent.id if parent.source is MaskSource.MODEL else parent.prediction_id
        if origin is not None:
            return origin
    query = select(Mask.id).where(Mask.frame_id == frame_id, Mask.source == MaskSource.MODEL)
    return session.scalar(query.order_by(Mask.revision.desc()).limit(1))
