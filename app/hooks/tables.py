"""The table of webhooks."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, LargeBinary, String, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class HookEvent(StrEnum):
    """An event of a project that a webhook may receive."""

    DONE = "done"
    """A model has answered."""
    FAILED = "failed"
    """An upload or a model's run has failed."""
    SUBMITTED = "submitted"
    """A reader has handed in."""
    APPROVED = "approved"
    """A reviewer has signed."""
    DRIFT = "drift"
    """Images, answers or corrections of a week differ from earlier ones."""


class Webhook(Base):
    """An address that receives a project's events."""

    __tablename__ = "webhook"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), index=True
    )
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[Any]]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    """The secret that signs its messages, encrypted under the site key, bound to the row."""
    paused: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether it is paused; events in the meantime are never sent."""
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
