"""Tables of who reads an image, what a reviewer decides, and how well two readers agree."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Float,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.tables import User
from app.core.database import Base
from app.core.ids import new_id, now


def chosen_for_double_reading(image_id: UUID, share: float) -> bool:
    """Whether two people should read a new image, blind to each other.

    Depends on the id alone: a job that runs twice decides the same, and nobody can foresee or
    influence which images are chosen.

    Args:
        image_id: the image's id.
        share: of all images, 0 to 1.
    """
    drawn = hashlib.sha256(b"sonoloop double reading 1\0" + image_id.bytes).digest()
    return int.from_bytes(drawn[:8], "big") < share * (1 << 64)


def readers_needed(double_reading: bool) -> int:
    """Return the number of people who read an image."""
    return 2 if double_reading else 1


class ReadingState(StrEnum):
    """State of one person's reading of an image."""

    OPEN = "open"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    """Another reading, a consensus or a reviewer's own mask was approved."""


class Reading(Base):
    """One person's reading of one image, assigned to them or begun unasked.

    Neither of two blind readers sees the other's masks until both have submitted.
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("image_id", "reader_id"),
        Index(None, "reader_id", "state", "image_id"),
        Index(None, "submitted_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"))
    reader_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    assigned_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if the reader began unasked."""
    blind: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[ReadingState] = mapped_column(default=ReadingState.OPEN)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    submitted_mask_id: Mapped[UUID | None] = mapped_column(Uuid)

    reader: Mapped[User] = relationship(lazy="raise", foreign_keys=[reader_id])
    assigned_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[assigned_by_id])


class Verdict(StrEnum):
    """A reviewer's verdict on a revision."""

    APPROVED = "approved"
    RETURNED = "returned"


class Review(Base):
    """A reviewer's decision on one revision."""

    __tablename__ = "review"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    mask_id: Mapped[UUID] = mapped_column(ForeignKey("mask.id", ondelete="CASCADE"))
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    verdict: Mapped[Verdict]
    comment: Mapped[str | None] = mapped_column(String(2000))
    former: Mapped[dict[str, Any] | None]
    """The image's standing before and after, for taking the decision back
    (:mod:`app.reviews.undoing`); null for decisions from before this was kept."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    reviewer: Mapped[User] = relationship(lazy="raise")


class Agreement(Base):
    """Agreement of two blind readings on one frame of an image, measured by a worker."""

    __tablename__ = "agreement"

    frame_id: Mapped[UUID] = mapped_column(
        ForeignKey("frame.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    first_mask_id: Mapped[UUID] = mapped_column(Uuid)
    second_mask_id: Mapped[UUID] = mapped_column(Uuid)
    dice: Mapped[float] = mapped_column(Float)
    """Both empty is 1."""
    iou: Mapped[float] = mapped_column(Float)
    hd95_px: Mapped[float | None] = mapped_column(Float)
    """Null if one of them is empty."""
    first_present: Mapped[bool] = mapped_column(Boolean)
    """The first reader sees a lesion."""
    second_present: Mapped[bool] = mapped_column(Boolean)
    by_class: Mapped[dict[str, Any] | None]
    """``{class id: {"dice": …, "iou": …}}`` of the classes that either drew; null if the pair was
    measured before there were classes."""
    measured_at: Mapped[datetime] = mapped_column(default=now)
