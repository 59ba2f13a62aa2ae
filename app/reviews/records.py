"""The figures of an image in the worklist: those of the revision that stands for it.

Needs tables only, so that workers take them as well.
"""

from uuid import UUID

from sqlalchemy import select

from app.core.database import WriteSession
from app.images.tables import Image
from app.masks.tables import Mask, MaskSource
from app.reviews.visibility import shown_to_all


def standing(session: WriteSession, image: Image) -> UUID | None:
    """The approved revision, else the newest that no reader must be kept from, people's first."""
    if image.approved_mask_id is not None:
        return image.approved_mask_id
    query = select(Mask.id).where(Mask.image_id == image.id, shown_to_all(session, image.id))
    people_first = Mask.source == MaskSource.MODEL
    return session.scalar(query.order_by(people_first, Mask.revision.desc()).limit(1))


def take_figures(session: WriteSession, image: Image) -> None:
    """Repeat on the image what that revision says; one that is not measured yet says nothing."""
    result = session.scalar(select(Mask.result).where(Mask.id == standing(session, image)))
    if result is None:
        return
    axes = [lesion["long_axis_mm"] for lesion in result["lesions"]]
    image.lesion_count = len(axes)
    image.long_axis_mm = max((mm for mm in axes if mm is not None), default=None)
