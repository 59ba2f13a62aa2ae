"""Leases: a job belongs to the worker that holds its token, as long as it renews the lease.

A worker that dies stops renewing; the sweeper then gives the job to another. A worker that was
wrongly presumed dead finds its token gone when it tries to end the job, and stores nothing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, or_, select, update
from sqlalchemy.exc import DBAPIError

from app.core.broker import BrokerClient
from app.core.database import Database, UtcDateTime, WriteSession, after_commit
from app.core.ids import new_id, now
from app.core.problems import Problem
from app.hooks.records import note_end
from app.jobs.kinds import Kind, P
from app.jobs.tables import Job, JobState, announce

log = logging.getLogger(__name__)

_JOB = cast(Table, Job.__table__)
_waiting = _JOB.alias("waiting")
NEXT = (
    select(_waiting.c.id)
    .where(
        _waiting.c.state == JobState.QUEUED,
        _waiting.c.queue == bindparam("from_queue"),
        or_(_waiting.c.lease_until.is_(None), _waiting.c.lease_until < bindparam("at")),
    )
    .order_by(_waiting.c.turn, _waiting.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_TAKE = (
    update(_JOB)
    .where(_JOB.c.id == NEXT, _JOB.c.state == JobState.QUEUED)
    .values(
        state=JobState.RUNNING,
        attempts=_JOB.c.attempts + 1,
        lease_token=bindparam("token", type_=Uuid),
        lease_until=bindparam("until", type_=UtcDateTime),
        message_id=bindparam("message", type_=Uuid),
        started_at=bindparam("at", type_=UtcDateTime),
        stage="starting",
        progress=0.0,
    )
    .returning(_JOB)
)
_CLAIM = (
    update(_JOB)
    .where(_JOB.c.id == bindparam("held_job"), _JOB.c.lease_token == bindparam("held_token"))
    .returning(_JOB.c.id)
)
"""The columns that it sets are its remaining parameters."""

RENEWALS_PER_LEASE = 3
PROGRESS_SECONDS = 0.1
AGAIN_AFTER = timedelta(seconds=4)
"""A missing object may exist by then. It is shorter than the time after which the sweeper repeats a
message.
"""


class LostLeaseError(Exception):
    """The job was taken by another worker or cancelled; its result must be discarded."""


class JobFailedError(Exception):
    """The job ends with this problem; another attempt would fail the same way.

    Args:
        problem: shown to the job's owner.
        retryable: a person may retry it later, when what was missing may be available.
    """

    def __init__(self, problem: Problem, *, retryable: bool = False) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that this process may work on.

    `job` is the row as of when the lease was taken.
    """

    database: Database
    broker: BrokerClient
    job: Job
    token: UUID
    seconds: float

    @classmethod
    def take(
        cls,
        database: Database,
        broker: BrokerClient,
        queue: str,
        seconds: float,
        message_id: UUID | None = None,
    ) -> "Lease | None":
        """Take the queued job whose turn it is; None if no job waits, which is not an error."""
        token = new_id()
        # If a power cut undoes a lease, the job is still queued.
        with database.write(durable=False) as session:
            at = now()
            row = session.execute(
                _TAKE,
                {
                    "from_queue": queue,
                    "token": token,
                    "message": message_id,
                    "until": at + timedelta(seconds=seconds),
                    "at": at,
                },
            ).first()
        if row is None:
            return None
        return cls(database, broker, Job(**row._asdict()), token, seconds)

    def claim(self, session: WriteSession, **values: Any) -> None:
        """Change the job within a transaction, only while this lease still holds.

        Raises:
            LostLeaseError: it does not.
        """
        held = {"held_job": self.job.id, "held_token": self.token}
        if session.execute(_CLAIM, {**values, **held}).first() is None:
            raise LostLeaseError(f"job {self.job.id}")

    def become(
        self, session: WriteSession, kind: Kind[P, Any], parameters: P, *, image_id: UUID | None
    ) -> None:
        """Turn the job into the next kind; this worker continues with it under the same lease.

        The job's input file is no longer needed; the caller deletes it after the commit.

        The client has one address for both. If this worker dies, another starts with the next kind.

        Raises:
            LostLeaseError: another worker has the job now.
        """
        changes = {
            "kind": kind.name,
            "queue": kind.queue,
            "parameters": parameters.model_dump(mode="json"),
            "image_id": image_id,
            "input_bytes": 0,
        }
        self.claim(session, **changes)

        def note() -> None:
            for name, value in changes.items():
                setattr(self.job, name, value)

        after_commit(session, note)

    def end(self, session: WriteSession, state: JobState, **values: Any) -> None:
        """End the job in the transaction that stores its result.

        Raises:
            LostLeaseError: another worker has the job now.
        """
        done = 1.0 if state == JobState.DONE else 0.0
        changes = {**values, "state": state, "stage": None, "progress": done}
        self.claim(session, finished_at=now(), lease_token=None, lease_until=None, **changes)
        note_end(session, self.broker, self.job, state, **values)
        after_commit(session, lambda: announce(self.broker, self.job, **changes))

    def give_back(self, after: timedelta = AGAIN_AFTER, **values: Any) -> None:
        """Queue the job for another attempt; the sweeper sends its message after that time.

        Args:
            values: additional columns.
        """
        with self.database.write() as session:
            changes = {"state": JobState.QUEUED, "stage": None, "progress": 0.0, **values}
            pause = now() + after
            self.claim(session, notified_at=now(), lease_token=None, lease_until=pause, **changes)
            after_commit(session, lambda: announce(self.broker, self.job, **changes))

    def leave_to(self, queue: str) -> None:
        """Pass the job, on which no work was done, to the workers of another queue."""
        with self.database.write() as session:
            changes = {"state": JobState.QUEUED, "stage": None, "progress": 0.0, "queue": queue}
            self.claim(
                session,
                notified_at=now(),
                lease_token=None,
                lease_until=None,
                attempts=self.job.attempts - 1,
                **changes,
            )

            def publish() -> None:
                self.broker.notify(queue)
                announce(self.broker, self.job, state=JobState.QUEUED, stage=None, progress=0.0)

            after_commit(session, publish)

    @contextmanager
    def renewed(self) -> Iterator["Progress"]:
        """Renew the lease in the background while the block runs.

        The owner is told that the job is running only after a noticeable time: most jobs end
        sooner.
        """
        progress = Progress(self)
        stop = threading.Event()

        def renew() -> None:
            if stop.wait(PROGRESS_SECONDS):
                return
            progress(progress.stage, progress.fraction)
            while not stop.wait(self.seconds / RENEWALS_PER_LEASE):
                try:
                    with self.database.write(durable=False) as session:
                        self.claim(
                            session,
                            lease_until=now() + timedelta(seconds=self.seconds),
                            stage=progress.stage,
                            progress=progress.fraction,
                        )
                except LostLeaseError:
                    log.warning("job %s was taken away", self.job.id)
                    return
                except DBAPIError:
                    log.warning("the lease of job %s could not be renewed yet", self.job.id)

        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield progress
        finally:
            stop.set()
            thread.join()


class Progress:
    """The progress of a job; sent to browsers, but not more often than they can show it."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._told = monotonic()
        self.stage = "starting"
        self.fraction = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        """Record a stage and the share of the whole job that is done, 0 to 1."""
        self.stage, self.fraction = stage, min(max(fraction, 0.0), 1.0)
        if monotonic() - self._told < PROGRESS_SECONDS:
            return
        self._told = monotonic()
        announce(self._lease.broker, self._lease.job, stage=stage, progress=self.fraction)
