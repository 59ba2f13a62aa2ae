"""Delete an image with everything that was made from it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core import audit
from app.core.database import WriteSession
from app.core.problems import Problem, not_found
from app.core.state import State
from app.corrections.records import erase
from app.images.tables import Image
from app.masks.tables import Mask
from app.reviews.access import visible
from app.reviews.news import Change, publish_change


def may_delete(session: Session, principal: Principal, image: Image) -> bool:
    """Return whether the person may delete it: an admin, or the owner of an image on which nobody
    else has saved a revision."""
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
    # Locked, so that nobody saves a revision between the check and the deletion.
    image = session.get(Image, image_id, with_for_update=True, populate_existing=True)
    if image is None:
        raise not_found("image")
    require_deletable(session, principal, image)
    audit.record(session, state.site_key, principal.actor, "image.deleted", "image", image.id)
    publish_change(session, state.broker, image, Change.DELETED, principal.user)
    erase(session, state, image)


def require_deletable(session: Session, principal: Principal, image: Image) -> None:
    """Refuse callers whom :func:`may_delete` does not allow.

    Raises:
        Problem: 403.
    """
    if not may_delete(session, principal, image):
        if image.owner_id == principal.user.id:
            raise Problem(
                403,
                "others-work",
                "Somebody else has saved a revision on this image; only an admin can delete it.",
            )
        raise Problem(403, "not-owner", "Only the image's owner or an admin can delete it.")
