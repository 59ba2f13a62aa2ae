"""The table of settings that an administrator has changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import now


class SiteSetting(Base):
    """One setting that replaces the environment's; without a row the environment's applies."""

    __tablename__ = "site_setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    """A field of :class:`app.site_settings.values.Changeable`."""
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if a command did it."""
