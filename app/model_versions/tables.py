"""Model versions, whose bytes never change (a digest covers all files of a version), and the
periods in which a version ran beside the one that serves."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class Standing(StrEnum):
    """Whether a version may serve. Its other states follow from deployments and evaluations."""

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
    """The digest of the graph."""
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Digest of the list of all files; null for a version that an older release found in a folder
    and whose bytes are not stored here."""
    files: Mapped[dict[str, Any] | None]
    """SHA-256 of each file by name; the bytes lie under :func:`file_key`."""
    parent_digest: Mapped[str | None] = mapped_column(String(64))
    """The digest of the version that it was trained from."""
    standing: Mapped[Standing] = mapped_column(default=Standing.USABLE)
    reason: Mapped[str | None] = mapped_column(String(1000))
    """Why it may not serve."""
    verification: Mapped[dict[str, Any] | None]
    """The measurements of the last verification."""
    verified_at: Mapped[datetime | None]
    card: Mapped[dict[str, Any]]
    registered_at: Mapped[datetime] = mapped_column(default=now)
    imported_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if it came with the software or was found in a folder."""


class Shadow(Base):
    """A period in which a version runs beside the one that serves; one at a time in a project.

    Images whose id is above the shadow's are new: ids rise with time.
    """

    __tablename__ = "shadow"
    __table_args__ = (
        Index(None, "project_id", "id"),
        ForeignKeyConstraint(
            ["model_name", "model_version"], ["model_version.name", "model_version.version"]
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None]
    """Null while it runs."""
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if the software ended it."""
    end_reason: Mapped[str | None] = mapped_column(String(1000))
    figures: Mapped[dict[str, Any] | None]
    """Agreement of both versions with the approved masks, as last computed."""


PREFIX = "models"


def file_key(digest: str, name: str) -> str:
    """Return the blob key of a file of a model."""
    return f"{PREFIX}/{digest}/{name}"
