"""Frozen sets of images, evaluations on them, and a row for each image and version."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now
from app.jobs.tables import Job

PREFIX = "evaluations"


class SetRole(StrEnum):
    """The purpose of a frozen set."""

    TEST = "test"
    """The test part of the project's pool, on which a version has to be better."""
    REFERENCE = "reference"
    """Images of another project, on which a version must not be worse."""


class FrozenSet(Base):
    """Masks that reviewers had signed at one time; a version's rows on the set never change."""

    __tablename__ = "frozen_set"
    __table_args__ = (UniqueConstraint("project_id", "role", "digest"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    """The project whose pool it was taken from."""
    role: Mapped[SetRole]
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the items."""
    items: Mapped[list[Any]]
    """``[mask id, group]`` ordered by mask id; a group is a patient, or a single image if the
    patient is unknown."""
    counts: Mapped[dict[str, Any]]
    """Numbers of images, of patients, and of images without a lesion."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    retired_at: Mapped[datetime | None]
    """When a reference set was retired; later evaluations leave it out."""


class Evaluation(Base):
    """A comparison of a version with the one that serves. Its state is that of its job."""

    __tablename__ = "evaluation"
    __table_args__ = (Index(None, "project_id", "id"), Index(None, "model_name", "model_version"))

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    serving_name: Mapped[str] = mapped_column(String(80))
    serving_version: Mapped[str] = mapped_column(String(40))
    """The version that served at the time of the request."""
    set_ids: Mapped[list[Any]]
    look: Mapped[int] = mapped_column(Integer)
    """The number of this look at the project's test part, from 1."""
    verdict: Mapped[dict[str, Any] | None]
    """The gate's verdict, once the evaluation is done."""

    job: Mapped[Job] = relationship(lazy="joined")


class EvaluationRow(Base):
    """A version's result on one image of a frozen set, compared with the signed mask."""

    __tablename__ = "evaluation_row"

    set_id: Mapped[UUID] = mapped_column(ForeignKey("frozen_set.id"), primary_key=True)
    model_name: Mapped[str] = mapped_column(String(80), primary_key=True)
    model_version: Mapped[str] = mapped_column(String(40), primary_key=True)
    mask_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    image_id: Mapped[UUID] = mapped_column(Uuid)
    frame_index: Mapped[int] = mapped_column(Integer)
    patient: Mapped[str] = mapped_column(String(40))
    """The group that the set gives the image; images of one group belong together."""
    scanner: Mapped[str | None] = mapped_column(String(160))
    lesion_class: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[str | None] = mapped_column(String(20))
    """Size of the lesion: small, medium or large; null without one."""
    truth_px: Mapped[int] = mapped_column(BigInteger)
    """Pixels of the signed lesion; 0 without one."""
    iou: Mapped[float] = mapped_column(Float)
    outlined: Mapped[bool] = mapped_column(Boolean)
    """Whether the version draws anything."""
    missed: Mapped[bool] = mapped_column(Boolean)
    """Whether there is a lesion and the version draws no part of it."""
    brier: Mapped[float] = mapped_column(Float)
    """Mean squared error of the pixels' probabilities."""
    presence: Mapped[float | None] = mapped_column(Float)
    flagged: Mapped[bool | None] = mapped_column(Boolean)
    """Whether it says that the image is unlike its training images; null if it cannot tell."""
    milliseconds: Mapped[float] = mapped_column(Float)
    fault: Mapped[str | None] = mapped_column(String(300))
    """Why it gave no answer, which counts as an empty outline."""
    classes: Mapped[dict[str, Any] | None]
    """Pixels of each class, if the version tells classes apart and the signed mask names them:
    ``{"classes": {name: [in both, in the answer, signed]}, "right": …, "pixels": …}``, background
    under the name ""."""


def outline_key(evaluation_id: UUID, mask_id: UUID, whose: str) -> str:
    """Return the key of the blob of an outline in the report.

    Args:
        whose: `before` or `after`.
    """
    return f"{PREFIX}/{evaluation_id}/{mask_id}/{whose}.png"


def report_key(order_id: UUID) -> str:
    """Return the key of a report's blob, which is kept until fetched or swept."""
    return f"transient/{order_id}/report.pdf"
