"""A shadow's answer on each new frame, and how it compares with the approved mask."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class ShadowAnswer(Base):
    """A shadow's answer to a frame. Its mask is a blob that no route serves."""

    __tablename__ = "shadow_answer"
    __table_args__ = (UniqueConstraint("shadow_id", "frame_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    shadow_id: Mapped[UUID] = mapped_column(ForeignKey("shadow.id"))
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    frame_id: Mapped[UUID] = mapped_column(ForeignKey("frame.id", ondelete="CASCADE"))
    prediction_id: Mapped[UUID] = mapped_column(Uuid)
    """The first outline that people saw: a mask of another version."""
    picture_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The pixels that it was computed from, as `Frame.picture_id`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    outlined: Mapped[bool] = mapped_column(Boolean)
    """It outlines a lesion."""
    flagged: Mapped[bool | None] = mapped_column(Boolean)
    """It found the image unlike its training images."""
    milliseconds: Mapped[float] = mapped_column(Float)
    fault: Mapped[str | None] = mapped_column(String(300))
    """Why it gave no answer; this counts as no outline."""

    compared_mask_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The approved mask it was compared with; null before an approval, as are all below."""
    compared_at: Mapped[datetime | None]
    """When that mask was approved."""
    blind: Mapped[bool | None] = mapped_column(Boolean)
    """The readers saw no outline before they handed in."""
    truth_px: Mapped[int | None] = mapped_column(BigInteger)
    dice: Mapped[float | None] = mapped_column(Float)
    iou: Mapped[float | None] = mapped_column(Float)
    missed: Mapped[bool | None] = mapped_column(Boolean)
    serving_dice: Mapped[float | None] = mapped_column(Float)
    serving_iou: Mapped[float | None] = mapped_column(Float)
    serving_missed: Mapped[bool | None] = mapped_column(Boolean)
    serving_outlined: Mapped[bool | None] = mapped_column(Boolean)
    serving_milliseconds: Mapped[float | None] = mapped_column(Float)


def shadow_key(image_id: UUID, answer_id: UUID) -> str:
    """Return the key of a shadow's mask of a frame, a 1-bit PNG."""
    return f"images/{image_id}/shadows/{answer_id}.png"
