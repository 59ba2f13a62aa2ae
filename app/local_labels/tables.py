"""The table of local labels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class LocalLabel(Base):
    """The local label of an image, which may name a patient.

    It belongs to the upload's job until there is an image, and is deleted with that.
    """

    __tablename__ = "local_label"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    job_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("job.id", ondelete="CASCADE"), unique=True
    )
    image_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), unique=True
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Name and case, encrypted under a key derived from the site key, bound to the project."""
    created_at: Mapped[datetime] = mapped_column(default=now)
