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
    """Bytes to frames; continues as a predict."""
    PREDICT = "predict"
    """Frames to masks, for an upload or a stored image."""
    PREDICT_FRAMES = "predict-frames"
    """The same for several frames of a cine."""
    PROPAGATE = "propagate"
    """Lesions of frames that a person corrected, carried to nearby frames as suggestions."""
    SEGMENT = "segment"
    """Bytes to a mask; nothing is stored."""
    MEASURE = "measure"
    """Lesions, overlay and effort of a person's revision."""
    AGREEMENT = "agreement"
    """Dice and the like between two blind readings."""
    CONSENSUS = "consensus"
    """A mask made from several readings."""
    REDACT = "redact"
    """Permanent black boxes in a stored picture."""
    TEXT_SEARCH = "text-search"
    """Search for text in pictures that were stored without one."""
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
    """A signed bundle from another site."""
    TRAIN = "train"
    EVALUATE = "evaluate"
    """A version compared with the one that serves, on frozen images."""
    RERUN = "rerun"
    """Predictions that nobody has touched, made again by the version that serves now."""
    DRIFT = "drift"
    """A week of a project compared with what came before."""
    RETENTION = "retention"
    """Archiving and deleting under a project's retention rules."""
    SHADOW = "shadow"
    """New images by a version that runs beside the one that serves."""


class Job(Base):
    """One piece of work for a worker.

    A worker that takes a job writes ``lease_token`` and ``lease_until`` and renews the lease
    while it lives. Ending the job requires the current token, so if two workers ran the same job,
    only one stores a result.
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
    """The parameters of its kind; never anything that identifies a patient."""
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    awaited: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether somebody waits for the job; see :mod:`app.jobs.turns`."""
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    """Queued jobs run in the order of their turns; see :mod:`app.jobs.turns`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    notified_at: Mapped[datetime] = mapped_column(default=now)
    """When workers were last sent a message about the waiting job."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    lease_until: Mapped[datetime | None]
    """When a released job may be taken again."""
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The message that woke the worker that last took the job."""
    stage: Mapped[str | None] = mapped_column(String(40))
    progress: Mapped[float] = mapped_column(Float, default=0.0)

    input_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    """Size of the job's uploaded file while stored under :func:`source_key`, else 0."""
    image_id: Mapped[UUID | None] = mapped_column(ForeignKey("image.id", ondelete="SET NULL"))
    """The image that it is about; null before one exists and after it is deleted."""
    result: Mapped[dict[str, Any] | None]
    """The result, of its kind."""
    problem: Mapped[dict[str, Any] | None]
    retryable: Mapped[bool] = mapped_column(Boolean, default=False)


def source_key(job_id: UUID) -> str:
    """Return the key of the uploaded bytes, which are deleted once the job has ended."""
    return f"uploads/{job_id}"


def job_event(job: Job, **changes: Any) -> dict[str, Any]:
    """Return the event that browsers get when a job changes.

    Args:
        job: the row as last read.
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
    """Notify the owner's browsers of a change, and whoever waits for the job of its end.

    Args:
        broker: sends the event.
        job: the row as last read.
        changes: columns that were written since.
    """
    event = job_event(job, **changes)
    told = (f"user:{job.owner_id}", {"event": "job", "data": event})
    if event["state"].final:
        broker.publish((f"job:{job.id}", event), told)  # the job first: a request waits for it
    else:
        broker.publish(told)
