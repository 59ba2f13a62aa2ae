"""The table of files that arrive in parts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class PartialUpload(Base):
    """A file of which parts have arrived, in order and without gaps."""

    __tablename__ = "upload"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the whole file."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes received so far."""
    parts: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the parts in order; each is a blob under :func:`part_key`."""
    job_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The job that the finished upload became; its parts are then deleted."""
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


def part_key(upload_id: UUID, part_id: str) -> str:
    """Return the blob key of a part."""
    return f"parts/{upload_id}/{part_id}"
