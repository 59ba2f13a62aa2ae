"""The table of DICOM instances."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class Instance(Base):
    """One version of a DICOM instance that was sent: its identifier with its contents."""

    __tablename__ = "instance"
    __table_args__ = (
        UniqueConstraint("project_id", "pseudonym", "contents", "owner_id"),
        Index(None, "image_id"),
        Index(None, "job_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    pseudonym: Mapped[str] = mapped_column(String(64))
    """HMAC of its SOP Instance UID under the site key."""
    contents: Mapped[str] = mapped_column(String(64))
    """HMAC of the SHA-256 of the file's bytes, likewise."""
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    """The newest job queued to make an image of it."""
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"))
    """Null until it is decoded."""
    created_at: Mapped[datetime] = mapped_column(default=now)
