"""The table of workers that were last seen alive."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class WorkerHeartbeat(Base):
    """A worker process as it last reported; its row is removed when it ends."""

    __tablename__ = "worker_heartbeat"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)
    models: Mapped[list[Any]]
    """Models loaded in memory: ``[{"name": …, "version": …, "sha256": …}, …]``."""
    provider: Mapped[str | None] = mapped_column(String(60))
    """Execution provider that runs them; null while none is loaded."""
    software: Mapped[str] = mapped_column(String(60))
