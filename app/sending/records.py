"""Credentials of destinations, and the revisions that wait for one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security import SealBrokenError, SiteKey
from app.images.tables import Frame
from app.sending.tables import Delivery, Destination

PURPOSE = "destination"


def seal_credentials(key: SiteKey, destination_id: UUID, header: str) -> bytes:
    """Return the value of an Authorization header, sealed."""
    return key.seal(PURPOSE, header.encode(), destination_id.bytes)


def credentials(key: SiteKey, destination: Destination) -> str | None:
    """Return the value of the Authorization header; None if there is none or it cannot be read."""
    if destination.sealed_credentials is None:
        return None
    try:
        return key.open(PURPOSE, destination.sealed_credentials, destination.id.bytes).decode()
    except SealBrokenError:
        return None


def waiting(session: Session, image_id: UUID, destination_id: UUID) -> Sequence[Delivery]:
    """Return the approved revisions of an image to be delivered, in frame order. A revision that
    was returned or replaced before it was sent is left out until its next approval.
    """
    query = (
        select(Delivery)
        .join(Frame, Frame.approved_mask_id == Delivery.mask_id)
        .where(
            Delivery.image_id == image_id,
            Delivery.destination_id == destination_id,
            Delivery.delivered_at.is_(None),
        )
        .order_by(Frame.index)
    )
    return session.scalars(query).all()
