"""The table of masks. A row never changes; a correction is a new one that names its parent."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class MaskSource(StrEnum):
    """Who drew a mask."""

    MODEL = "model"
    HUMAN = "human"
    CONSENSUS = "consensus"


class Mask(Base):
    """One revision. ``job_id`` is unique: a job makes one result, however often it was tried."""

    __tablename__ = "mask"
    __table_args__ = (UniqueConstraint("frame_id", "revision"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    frame_id: Mapped[UUID] = mapped_column(ForeignKey("frame.id", ondelete="CASCADE"))
    revision: Mapped[int] = mapped_column(Integer)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("mask.id", ondelete="CASCADE"))
    source: Mapped[MaskSource]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    job_id: Mapped[UUID | None] = mapped_column(Uuid, unique=True)
    model_name: Mapped[str | None] = mapped_column(String(80))
    model_version: Mapped[str | None] = mapped_column(String(40))
    result: Mapped[dict[str, Any]]
    """Lesions, uncertainty, crop, provenance and timings, as in ``SegmentResult``."""
    settings_digest: Mapped[str] = mapped_column(String(64))
    """Digest of model and settings: equal ones on equal pixels give an equal mask."""
    created_at: Mapped[datetime] = mapped_column(default=now)
