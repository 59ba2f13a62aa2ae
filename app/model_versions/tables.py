"""The table of model versions. The bytes of one never change: its digest is over all its files."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import now


class Standing(StrEnum):
    """Whether a version may serve. What else it is follows from deployments and evaluations."""

    USABLE = "usable"
    BROKEN = "broken"
    """It failed its verification, or failed while it served; ``reason`` says how."""
    REJECTED = "rejected"
    """An admin decided against it."""


class ModelVersion(Base):
    """One model under one name and number."""

    __tablename__ = "model_version"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the graph."""
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the list of all files; null of a version that an older release saw in a folder and of
    which no bytes are here."""
    files: Mapped[dict[str, Any] | None]
    """SHA-256 of each file by name; the bytes lie under :func:`file_key`."""
    parent_digest: Mapped[str | None] = mapped_column(String(64))
    """Of the version that it was trained from."""
    standing: Mapped[Standing] = mapped_column(default=Standing.USABLE)
    reason: Mapped[str | None] = mapped_column(String(1000))
    """Why it may not serve."""
    verification: Mapped[dict[str, Any] | None]
    """What the last verification measured."""
    verified_at: Mapped[datetime | None]
    card: Mapped[dict[str, Any]]
    registered_at: Mapped[datetime] = mapped_column(default=now)
    imported_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null of one that came with the software, or lay in a folder."""


PREFIX = "models"


def file_key(digest: str, name: str) -> str:
    """Blob of a file of a model."""
    return f"{PREFIX}/{digest}/{name}"
