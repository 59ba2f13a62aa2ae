"""The table of imports."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now
from app.jobs.tables import Job


class ImportPhase(StrEnum):
    """The phase of an import's job."""

    CHECK = "check"
    """Read everything, write nothing, report."""
    APPLY = "apply"
    """Store the labels that passed the check."""


class ImportAs(StrEnum):
    """Progress of imported labels."""

    SUBMITTED = "submitted"
    """A reviewer is next."""
    APPROVED = "approved"
    """They were signed elsewhere and join the training pool."""


class Import(Base):
    """One archive of images and labels. Its state follows from its phase and its job."""

    __tablename__ = "import"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    """The job of the current phase."""
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    phase: Mapped[ImportPhase] = mapped_column(default=ImportPhase.CHECK)
    stored_as: Mapped[ImportAs] = mapped_column(default=ImportAs.SUBMITTED)
    mapping: Mapped[dict[str, Any] | None]
    """The person's mapping of the archive's class names: ids of classes, or
    :class:`app.label_sets.records.ClassHandling`, by name."""
    checked: Mapped[dict[str, Any] | None]
    """Report of the check. It may name files of the archive, and goes with the import."""
    applied: Mapped[dict[str, Any] | None]
    """Report of what was stored."""
    position: Mapped[int] = mapped_column(Integer, default=0)
    """Number of the archive's labels that this phase has finished."""
    has_archive: Mapped[bool] = mapped_column(default=True)
    """Whether the archive is still stored under :func:`archive_key`."""

    job: Mapped[Job] = relationship(lazy="joined")


def archive_key(import_id: UUID) -> str:
    """Return the key of the blob of the archive as it was sent."""
    return f"imports/{import_id}"
