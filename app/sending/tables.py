"""Tables of where results are sent and of what was sent there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class Protocol(StrEnum):
    """The protocols by which results are sent."""

    C_STORE = "c-store"
    STOW_RS = "stow-rs"


class Destination(Base):
    """A PACS that a project's results go to, under the patient's name."""

    __tablename__ = "destination"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    protocol: Mapped[Protocol]
    ae_title: Mapped[str | None] = mapped_column(String(16))
    """The PACS's title; it and the next three fields belong to C-STORE."""
    calling_ae_title: Mapped[str | None] = mapped_column(String(16))
    host: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None] = mapped_column(Integer)
    tls: Mapped[bool] = mapped_column(Boolean, default=False)
    ca_certificate: Mapped[str | None] = mapped_column(Text)
    """PEM of the authorities that its certificate is checked against; null means those of the
    machine."""
    url: Mapped[str | None] = mapped_column(String(500))
    """The DICOMweb service; ``/studies`` is appended to it."""
    sealed_credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The value of an Authorization header, encrypted under the site key, bound to the row."""
    objects: Mapped[list[Any]]
    """Kinds of objects, see :mod:`app.dicom_results.records`."""
    on_approval: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether approved revisions are sent automatically."""
    paused_until: Mapped[datetime | None]
    """It did not answer; it is not tried again before this time."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Base):
    """One revision for one destination, to be delivered once."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("mask_id", "destination_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    mask_id: Mapped[UUID] = mapped_column(ForeignKey("mask.id", ondelete="CASCADE"))
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destination.id", ondelete="CASCADE"))
    job_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The job that delivers or delivered it."""
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
