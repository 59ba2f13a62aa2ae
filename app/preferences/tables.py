"""The table of what people set for themselves."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import now


class PreferencePart(StrEnum):
    """The subject of a preference."""

    WORKLIST = "worklist"
    """Columns and saved views, as :class:`app.preferences.schemas.WorklistPreferences`."""

    KEYS = "keys"
    """Keys of commands, as :class:`app.preferences.schemas.KeyPreferences`."""


class Preference(Base):
    """One part of how a person has set up the pages; always replaced as a whole."""

    __tablename__ = "preference"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[PreferencePart] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
