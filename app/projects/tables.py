"""The table of projects."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Float, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now

DEFAULT_PROJECT = UUID("019b0000-0000-7000-8000-000000000001")
"""The project that every site begins with; a migration makes it."""


LESION_SET_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The label set that every project begins with; a migration makes it."""


class Project(Base):
    """Images of one organ or for one purpose, with the rules by which they are read."""

    __tablename__ = "project"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    purpose: Mapped[str] = mapped_column(String(200), default="")
    """The organ, or what the images are for."""
    label_set_id: Mapped[UUID] = mapped_column(ForeignKey("label_set.id"), default=LESION_SET_ID)
    """New drawings are checked against it."""
    default_model: Mapped[str | None] = mapped_column(String(80))
    """`NAME` or `NAME@VERSION`; null is the site's default."""
    double_reading_share: Mapped[float | None] = mapped_column(Float)
    """Share of new images that two people read; null is the site's setting."""
    self_approval: Mapped[bool | None] = mapped_column(Boolean)
    """Whether reviewers may approve what they drew themselves; null is the site's setting."""
    blind_to_model: Mapped[bool] = mapped_column(Boolean, default=False)
    """Readers do not see the model's outline until they have handed in."""
    created_at: Mapped[datetime] = mapped_column(default=now)
