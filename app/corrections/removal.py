"""Deleting an image with all that was made of it."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.records import picture_keys
from app.images.tables import Frame, Image, mask_key, overlay_key
from app.jobs.tables import Job
from app.masks.tables import Mask
from app.reviews.access import visible
from app.reviews.news import Change, publish_change


def may_delete(session: Session, principal: Principal, image: Image) -> bool:
    """An admin may; its owner too, while nobody else has saved a revision on it."""
    if principal.is_in(image.project_id, Role.ADMIN):
        return True
    return image.owner_id == principal.user.id and not _drawn_by_others(session, image)


def _drawn_by_others(session: Session, image: Image) -> bool:
    others = select(Mask.id).where(
        Mask.image_id == image.id,
        Mask.author_id.is_not(None),
        Mask.author_id != image.owner_id,
    )
    return session.scalar(others.limit(1)) is not None


def remove(session: WriteSession, state: State, principal: Principal, image_id: UUID) -> None:
    """Delete an image with its masks and blobs.

    Raises:
        Problem: 403, 404.
    """
    visible(session, principal, image_id)
    # Held, so that nobody saves a revision between the look and the deletion.
    image = session.get(Image, image_id, with_for_update=True, populate_existing=True)
    if image is None:
        raise not_found("image")
    if not may_delete(session, principal, image):
        if image.owner_id == principal.user.id:
            raise Problem(
                403,
                "others-work",
                "Somebody else has saved a revision on this image; only an admin can delete it.",
            )
        raise Problem(403, "not-owner", "Only the image's owner or an admin can delete it.")
    keys = set()
    drawn = select(Frame.picture_id, Mask.id).outerjoin(Mask, Mask.frame_id == Frame.id)
    for picture, mask_id in session.execute(drawn.where(Frame.image_id == image.id)):
        keys |= set(picture_keys(image.id, picture))
        if mask_id is not None:
            keys |= {mask_key(image.id, mask_id), overlay_key(image.id, picture, mask_id)}
    audit.record(session, state.site_key, principal.actor, "image.deleted", "image", image.id)
    publish_change(session, state.broker, image, Change.DELETED, principal.user)
    # What a job said of it goes as well; that there was a job stays.
    session.execute(update(Job).where(Job.image_id == image.id).values(result=None))
    session.delete(image)
    session.flush()

    def clean() -> None:
        for key in keys:
            state.blobs.delete(key)

    after_commit(session, clean)
