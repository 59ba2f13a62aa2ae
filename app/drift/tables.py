"""The table of weeks; each is analysed once, when it is over."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class DriftWeek(Base):
    """A week of a version's new images in a project, compared with those that it saw first."""

    __tablename__ = "drift_week"
    __table_args__ = (
        UniqueConstraint("project_id", "week", "model_name", "model_version"),
        Index(None, "project_id", "week"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    week: Mapped[datetime]
    """Its Monday, 0:00 UTC."""
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    images: Mapped[int] = mapped_column(Integer)
    patients: Mapped[int] = mapped_column(Integer)
    look: Mapped[int] = mapped_column(Integer)
    """The number of this analysis of this version in the project, from 1; 0 with too few images to
    judge."""
    figures: Mapped[list[Any]]
    """For each measure: name, mean before and now, patients and p value."""
    alarms: Mapped[list[Any]]
    """The measures that changed beyond chance, with the ids of the images that caused them."""
    created_at: Mapped[datetime] = mapped_column(default=now)
