"""The table of jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.broker import BrokerClient
from app.core.database import Base
from app.core.ids import new_id, now


class JobState(StrEnum):
    """The state of a job; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobKind(StrEnum):
    """The kind of a job."""

    INGEST = "ingest"
    """Bytes to frames; goes on as the next."""
    PREDICT = "predict"
    """Frames to masks, of an upload or of a stored image again."""
    PREDICT_FRAMES = "predict-frames"
    """The same for several frames of a cine."""
    PROPAGATE = "propagate"
    """Lesions of frames that a person corrected, in the frames around them, as suggestions."""
    SEGMENT = "segment"
    """Bytes to a mask, of which nothing is kept."""
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
    SEND = "send"
    """Results to a PACS."""
    HOOK = "hook"
    """An event to another system."""
    EXPORT = "export"
    IMPORT = "import"
    MODEL_IMPORT = "model-import"
    """A model into the registry, after a verification."""
    MODEL_VERIFY = "model-verify"
    BUNDLE = "bundle"
    """A signed bundle of another site."""
    TRAIN = "train"
    EVALUATE = "evaluate"
    """A version against the one that serves, on frozen images."""
    RERUN = "rerun"
    """Predictions that nobody has touched, by what serves now."""
    DRIFT = "drift"
    """A week of a project against what came before."""
    RETENTION = "retention"
    """Archiving and deleting by a project's retention rules."""
    SHADOW = "shadow"
    """New images by a version that runs beside what serves."""


class Job(Base):
    """One piece of work for a worker.

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
        Index(None, "kind", "finished_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[JobKind]
    queue: Mapped[str] = mapped_column(String(40))
    """The queue that it waits in."""
    parameters: Mapped[dict[str, Any] | None]
    """Parameters of its kind; never anything that identifies a patient."""
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    awaited: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether somebody waits for the job; see :mod:`app.jobs.turns`."""
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    """Queued jobs run in the order of their turns; see :mod:`app.jobs.turns`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    notified_at: Mapped[datetime] = mapped_column(default=now)
    """When the last message about the waiting job was sent to workers."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    lease_until: Mapped[datetime | None]
    """When a queued job that was given back may be taken again."""
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The message that woke the worker which took the job last."""
    stage: Mapped[str | None] = mapped_column(String(40))
    progress: Mapped[float] = mapped_column(Float, default=0.0)

    input_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    """Size of the file that came with the job while it lies under :func:`source_key`, else 0."""
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("image.id", ondelete="SET NULL"))
    """The image that it is about; null before there is one, and once it is deleted."""
    result: Mapped[dict[str, Any] | None]
    """The result of its kind."""
    problem: Mapped[dict[str, Any] | None]
    retryable: Mapped[bool] = mapped_column(Boolean, default=False)


def source_key(job_id: UUID) -> str:
    """Blob of the bytes as they were uploaded; gone once the job has ended."""
    return f"uploads/{job_id}"


def job_event(job: Job, **changes: Any) -> dict[str, Any]:
    """The event that browsers get when a job changes.

    Args:
        job: the row as it was read last.
        changes: columns that were written since.
    """
    image_id = changes.get("image_id", job.image_id)
    return {
        "id": str(job.id),
        "kind": job.kind,
        "project_id": str(job.project_id),
        "image_id": str(image_id) if image_id else None,
        "duplicate": bool((changes.get("result", job.result) or {}).get("duplicate")),
        **{name: changes.get(name, getattr(job, name)) for name in _TOLD},
    }


_TOLD = ("state", "stage", "progress", "problem")


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
