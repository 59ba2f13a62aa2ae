"""The tables of snapshots of the pool and of the runs that train on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now
from app.jobs.tables import Job


class PoolSnapshot(Base):
    """The masks of a project's pool at one moment, and the part that each belongs to."""

    __tablename__ = "pool_snapshot"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the mask ids and parts, in order, the classes, and the replayed items."""
    items: Mapped[list[Any]]
    """``[mask id, part, group]`` by mask id; a group is a patient, or an image if none is known."""
    counts: Mapped[dict[str, Any]]
    """A :class:`app.training.schemas.Part` for each part."""
    classes: Mapped[list[Any] | None]
    """``id`` and ``name`` of each class to distinguish; null in rows of older versions."""
    replay: Mapped[list[Any] | None]
    """For each reference set, ``name`` and ``items`` of the training part of its project."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class TrainingRun(Base):
    """One run, with its progress so far. Its state is that of its job."""

    __tablename__ = "training_run"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("pool_snapshot.id"))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    parent_name: Mapped[str] = mapped_column(String(80))
    parent_version: Mapped[str] = mapped_column(String(40))
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    """The version of the candidate that the run makes."""
    epochs: Mapped[int] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    loss: Mapped[float | None] = mapped_column(Float)
    seconds_left: Mapped[float | None] = mapped_column(Float)
    curve: Mapped[list[Any] | None]
    """A record for each finished epoch."""
    log: Mapped[list[Any] | None]
    """As :class:`app.training.schemas.LogEntry`."""
    outcome: Mapped[dict[str, Any] | None]
    """Share of the new weights, the curve that chose it, notes, the candidate's digest."""

    job: Mapped[Job] = relationship(lazy="joined")
    snapshot: Mapped[PoolSnapshot] = relationship(lazy="joined")
