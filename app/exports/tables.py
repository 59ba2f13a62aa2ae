"""Tables of exports: the order, its masks, and the parts made so far."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now
from app.images.tables import Split
from app.jobs.tables import Job


class ExportFormat(StrEnum):
    """Layouts of an archive; `docs/formats.md` describes each."""

    PNG = "png"
    COCO = "coco"
    LABELME = "labelme"
    YOLO = "yolo-seg"
    VOC = "voc"
    TFRECORD = "tfrecord"
    NNUNET = "nnunet"


class Export(Base):
    """One archive, ordered by an admin. Its state is its job's."""

    __tablename__ = "export"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), unique=True)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    format: Mapped[ExportFormat]
    filters: Mapped[dict[str, Any]]
    lesion_names: Mapped[bool]
    """Whether the archive includes the names that people gave to lesions; they are free text."""
    licence: Mapped[str] = mapped_column(String(500))
    counts: Mapped[dict[str, Any]]
    """The selection when it was ordered."""
    left_out: Mapped[int] = mapped_column(Integer, default=0)
    """Images that were deleted after they were selected and before they were written."""
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    """When a picture in it was redacted; from then on the archive cannot be fetched."""

    job: Mapped[Job] = relationship(lazy="joined")


class ExportItem(Base):
    """One mask of an export, fixed when the export is made; ``number`` names its files."""

    __tablename__ = "export_item"

    export_id: Mapped[UUID] = mapped_column(
        ForeignKey("export.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    image_id: Mapped[UUID] = mapped_column(Uuid)
    """Not a foreign key: an image may be deleted while the list of what was exported stays."""
    frame_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Null if the image was deleted before exports recorded frames."""
    mask_id: Mapped[UUID] = mapped_column(Uuid)
    split: Mapped[Split]


class ExportPart(Base):
    """A finished piece of the archive, kept if the worker dies. The pieces in order are the
    download.

    Its bytes are stored under :func:`part_key`, the list of its files under :func:`index_key`, and
    its lines for the archive's closing files under :func:`notes_key`.
    """

    __tablename__ = "export_part"

    export_id: Mapped[UUID] = mapped_column(
        ForeignKey("export.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    items_done: Mapped[int] = mapped_column(Integer)
    """The last item's number; the next part begins after it."""
    left_out: Mapped[int] = mapped_column(Integer)
    """Items of this part whose image was deleted."""


def part_key(export_id: UUID, number: int) -> str:
    """Return the key of the blob of one piece of the archive."""
    return f"exports/{export_id}/parts/{number:05d}"


def index_key(export_id: UUID, number: int) -> str:
    """Return the key of the blob that lists the files in a piece."""
    return f"exports/{export_id}/index/{number:05d}"


def notes_key(export_id: UUID, number: int) -> str:
    """Return the key of the blob of notes on a piece's masks, for the archive's closing files."""
    return f"exports/{export_id}/notes/{number:05d}"


def export_prefix(export_id: UUID) -> str:
    """Return the prefix of the keys of an export's blobs."""
    return f"exports/{export_id}/"
