"""The table of lesion sizes of approved masks, so that the pool page only sums numbers."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class PoolMeasure(Base):
    """Sizes of one approved revision, read from its result once; a revision never changes.

    The result itself contains contours and is too large to read for each of 100,000 masks.
    """

    __tablename__ = "pool_measure"

    mask_id: Mapped[UUID] = mapped_column(
        ForeignKey("mask.id", ondelete="CASCADE"), primary_key=True
    )
    frame_px: Mapped[int] = mapped_column(BigInteger)
    """Pixels of the frame."""
    lesion_px: Mapped[int] = mapped_column(BigInteger)
    """Pixels of all lesions."""
    areas_px: Mapped[list[Any]]
    """Pixels of each lesion."""
    class_ids: Mapped[list[Any] | None]
    """The class of each lesion, in the order of ``areas_px``; null if all are "lesion"."""
    long_axes_mm: Mapped[list[Any]]
    """Long axis of each lesion in mm; empty if the spacing is not known."""
