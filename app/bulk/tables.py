"""Tables of acts on many images, with what is needed to undo them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class BulkKind(StrEnum):
    """An act on many images."""

    ASSIGN = "assign"
    APPROVE = "approve"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"


class BulkAct(Base):
    """One act of one person on many images."""

    __tablename__ = "bulk_act"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[BulkKind]
    finished: Mapped[bool] = mapped_column(Boolean, default=False)
    """False while it is under way, or if a killed process left it half done."""
    skipped: Mapped[dict[str, Any]]
    """Number of images that it skipped, by the code of the reason."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    undone_at: Mapped[datetime | None]


class BulkActImage(Base):
    """The effect of an act on one image."""

    __tablename__ = "bulk_act_image"

    bulk_act_id: Mapped[UUID] = mapped_column(
        ForeignKey("bulk_act.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    former: Mapped[dict[str, Any]]
    """The image's values before the act that are needed to undo it."""
