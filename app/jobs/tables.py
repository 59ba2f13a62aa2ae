"""The table of jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Uuid, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE, BrokerClient
from app.core.database import Base
from app.core.ids import new_id, now
from app.images.tables import Image
from app.masks.tables import Mask


class JobState(StrEnum):
    """Where a job is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobKind(StrEnum):
    """What a job does; decides the queue that it waits in."""

    SEGMENT = "segment"
    """Mask of an upload, or of a stored image again."""
    MEASURE = "measure"
    """Lesions, overlay and effort of a person's revision."""
    AGREEMENT = "agreement"
    """Dice and the like between two blind readings."""
    CONSENSUS = "consensus"
    """A mask out of several readings."""
    REDACT = "redact"
    """Black boxes in a stored picture, for good."""
    TEXT_SEARCH = "text-search"
    """Text in pictures that were stored before a worker looked for it."""
    EXPORT = "export"
    IMPORT = "import"


class Job(Base):
    """One piece of work for a worker: most often to segment an upload.

    A worker that takes a job writes ``lease_token`` and ``lease_until`` and renews the lease
    while it lives. Whoever ends the job must still hold its token, so that of two workers that
    ran the same job only one leaves a result.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "state", "turn", "id"),
        Index(None, "owner_id", "awaited", "state", "turn"),
        Index(None, "owner_id", "kind", "id"),
        Index(None, "state", "lease_until"),
        Index(None, "store", "finished_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[JobKind] = mapped_column(default=JobKind.SEGMENT)
    parameters: Mapped[dict[str, Any] | None]
    """What the job is to do besides, by kind; never anything that identifies a patient."""
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    awaited: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether somebody waits for the job; see :mod:`app.jobs.turns`."""
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    """Queued jobs run in the order of their turns; see :mod:`app.jobs.turns`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    rung_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    lease_until: Mapped[datetime | None]
    """Of a queued job: it was given back, and nobody may take it before."""
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The message that woke the worker which took the job last."""
    stage: Mapped[str | None] = mapped_column(String(40))
    progress: Mapped[float] = mapped_column(Float, default=0.0)

    store: Mapped[bool] = mapped_column(Boolean, default=True)
    has_source: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the upload's bytes still lie under :func:`source_key`."""
    source_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    model_name: Mapped[str | None] = mapped_column(String(80))
    """The model asked for; null is the default one."""
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))

    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("image.id", ondelete="SET NULL"))
    mask_id: Mapped[UUID | None] = mapped_column(ForeignKey("mask.id", ondelete="SET NULL"))
    frame_id: Mapped[UUID | None] = column_property(
        select(Mask.frame_id).where(Mask.id == mask_id).correlate_except(Mask).scalar_subquery()
    )
    """Of the mask; read in the same statement."""
    picture_id: Mapped[UUID | None] = column_property(
        select(Image.picture_id)
        .where(Image.id == image_id)
        .correlate_except(Image)
        .scalar_subquery()
    )
    """Of the image; read in the same statement."""
    duplicate: Mapped[bool] = mapped_column(Boolean, default=False)
    result: Mapped[dict[str, Any] | None]
    """``SegmentResult`` without the mask's bytes."""
    problem: Mapped[dict[str, Any] | None]
    retryable: Mapped[bool] = mapped_column(Boolean, default=False)

    @property
    def wants_overlay(self) -> bool:
        """Whether the overlay is made with the mask."""
        return bool((self.parameters or {}).get("overlay"))

    @property
    def has_overlay(self) -> bool:
        """Whether a done job has an overlay, or one can be drawn of what is stored."""
        return self.store or self.wants_overlay


_LONG = (JobKind.EXPORT, JobKind.IMPORT, JobKind.TEXT_SEARCH)


def queue_of(kind: JobKind) -> str:
    """The queue that jobs of this kind wait in."""
    return BACKGROUND_QUEUE if kind in _LONG else SEGMENT_QUEUE


def kinds_in(queue: str) -> list[JobKind]:
    """The kinds of jobs that wait in this queue."""
    return [kind for kind in JobKind if queue_of(kind) == queue]


def source_key(job_id: UUID) -> str:
    """Blob of the bytes as they were uploaded; gone once the job has ended."""
    return f"uploads/{job_id}"


def transient_mask_key(job_id: UUID) -> str:
    """Mask of a ``store=false`` job until it is fetched."""
    return f"transient/{job_id}/mask.png"


def transient_overlay_key(job_id: UUID) -> str:
    """Overlay of a ``store=false`` job until it is fetched."""
    return f"transient/{job_id}/overlay.png"


def job_event(job: Job, **changes: Any) -> dict[str, Any]:
    """What browsers are told when a job changes.

    Args:
        job: the row as it was read last.
        changes: columns that were written since.
    """
    image_id = changes.get("image_id", job.image_id)
    return {
        "id": str(job.id),
        "kind": job.kind,
        "image_id": str(image_id) if image_id else None,
        **{name: changes.get(name, getattr(job, name)) for name in _TOLD},
    }


_TOLD = ("state", "stage", "progress", "duplicate", "problem")


def announce(broker: BrokerClient, job: Job, **changes: Any) -> None:
    """Tell the job's owner's browsers, and whoever waits for the job of its end.

    Args:
        broker: that sends the event.
        job: the row as it was read last.
        changes: columns that were written since.
    """
    event = job_event(job, **changes)
    told = (f"user:{job.owner_id}", {"event": "job", "data": event})
    if event["state"].final:
        broker.publish((f"job:{job.id}", event), told)  # in this order: a request waits for it
    else:
        broker.publish(told)
