"""The table of sealed references."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import now


class SealedReference(Base):
    """The patient and the PACS instance of an image that came as DICOM.

    It is deleted with the image. An image from a file that names nobody has none.
    """

    __tablename__ = "sealed_reference"

    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted under a key derived from the site key, bound to the image."""
    created_at: Mapped[datetime] = mapped_column(default=now)
