"""Heartbeats: a worker reports every few seconds that it lives and what it has loaded."""

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.ids import now
from app.core.settings import VERSION
from app.status.tables import WorkerHeartbeat

BEAT_SECONDS = 5.0
"""Time between two calls of :func:`record_heartbeat` by a worker."""
FRESH = timedelta(seconds=20)
"""A worker not seen for longer counts as dead."""
FORGET = timedelta(days=1)

# Uses the table and not its class: idle workers have imported no other table, and SQLAlchemy must
# not configure its mappers while a worker imports the others.
_beat = cast(Table, WorkerHeartbeat.__table__)
_AGAIN = update(_beat).where(_beat.c.id == bindparam("worker")).returning(_beat.c.id)
_FIRST = insert(_beat)
_REMOVE = delete(_beat).where(_beat.c.id == bindparam("worker"))
_FORGET = delete(_beat).where(_beat.c.seen_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that a worker has in memory."""

    name: str
    version: str
    sha256: str
    instead_of: str | None = None
    """`NAME@VERSION` that should serve and cannot; None if this is the right one."""


def record_heartbeat(
    session: WriteSession,
    worker_id: UUID,
    name: str,
    started_at: datetime,
    models: Sequence[LoadedModel],
    provider: str | None,
) -> None:
    """Write this process's heartbeat, and remove rows of workers long gone.

    Args:
        worker_id: an id that a worker process makes at each start.
        name: the worker's name at the broker (``sonoloop@host``).
        started_at: when the process started, with its zone.
        models: what is loaded in memory right now.
        provider: execution provider of the loaded models; None while none is loaded.
    """
    at = now()
    beat = {
        "name": name,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": started_at,
        "seen_at": at,
        "models": [asdict(model) for model in models],
        "provider": provider,
        "software": VERSION,
    }
    if session.execute(_AGAIN, beat | {"worker": worker_id}).first() is None:
        session.execute(_FIRST, beat | {"id": worker_id})
    session.execute(_FORGET, {"before": at - FORGET})


def remove_heartbeat(session: WriteSession, worker_id: UUID) -> None:
    """Remove the row of a worker that ends normally."""
    session.execute(_REMOVE, {"worker": worker_id})


def fresh(session: Session) -> list[WorkerHeartbeat]:
    """Return the workers seen recently, newest first."""
    query = (
        select(WorkerHeartbeat)
        .where(WorkerHeartbeat.seen_at > now() - FRESH)
        .order_by(WorkerHeartbeat.seen_at.desc())
    )
    return list(session.scalars(query))
