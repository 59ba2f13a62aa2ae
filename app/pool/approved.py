"""The approved masks of a project that a model may learn from or be judged on."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.images.tables import Frame, Image, ImageState, Split
from app.masks.tables import Assessment, Mask


def approved_masks(
    project_id: UUID, parts: Collection[Split] = tuple(Split)
) -> Select[UUID, Assessment | None, Split | None, UUID | None, UUID]:
    """Return a query for approved masks of a project and their images, except those that could not
    be judged: `id` of the mask, `answer`, `split`, `subject_id` and `image_id`, ordered by mask.

    Args:
        parts: parts of the pool to include.
    """
    return (
        select(Mask.id, Mask.answer, Image.split, Image.subject_id, Image.id.label("image_id"))
        .join(Frame, Frame.approved_mask_id == Mask.id)
        .join(Image, Image.id == Frame.image_id)
        .where(
            Image.project_id == project_id,
            Image.state == ImageState.APPROVED,
            Image.split.in_(parts),
            or_(Mask.answer.is_(None), Mask.answer != Assessment.CANNOT_JUDGE),
        )
        .order_by(Mask.id)
    )
