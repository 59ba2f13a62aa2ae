"""Running one job of any kind, from its row to its end.

The work of a kind is a function ``work(runtime, lease, progress)`` that reads ``lease.job``,
reports to ``progress``, and calls ``lease.end`` in the transaction that stores its result. It may
leave storing to a function that it returns, which then runs in parallel with the next job's work:
one waits for the disk while the other computes. Everything else (taking the lease, renewing it,
failing with a reason, retrying) is done here.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.blobs import BlobStoreFullError
from app.core.disk import is_full
from app.core.problems import Problem
from app.core.settings import Settings
from app.jobs.records import what_to_do
from app.jobs.tables import Job, JobState, source_key
from app.site_settings.records import follow
from worker.memory import give_back
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError
from worker.tasks.registry import TASKS

log = logging.getLogger(__name__)

DATABASE_PAUSE = 0.5
"""Seconds between two checks whether the database is back."""

_NO_ROOM = "A disk of this site is full. Nothing was lost; try again when room was made."

T = TypeVar("T")

Finish = Callable[[], None]

_finisher = ThreadPoolExecutor(1, thread_name_prefix="finish")
_finishing: Future[None] | None = None


def run(runtime: Runtime, queue: str, message_id: UUID | None = None) -> bool:
    """Run the job whose turn it is to its end: a result, a clear failure, or a return to the queue.

    Messages may come twice or late; if no job waits there is nothing to do. When this returns, the
    last part of the job may still be running; see :func:`finish_all`.

    Returns:
        Whether there was a job.
    """
    global _finishing
    follow(runtime)
    seconds = runtime.settings.job_lease_seconds
    lease = Lease.take(runtime.database, runtime.broker, queue, seconds, message_id)
    if lease is None:
        return False
    started = time.perf_counter()
    with ExitStack() as stack:
        progress = stack.enter_context(lease.renewed())
        work = TASKS[lease.job.kind].load()
        finish = _attempt(runtime, lease, lambda: work(runtime, lease, progress))
        if finish is not None:
            finish_all()  # the previous job's part: at most one is ever unfinished
            renewing = stack.pop_all()
            _finishing = _finisher.submit(_finish, runtime, lease, finish, renewing, started)
            return True
    _log_end(lease, started)
    return True


def finish_all() -> None:
    """Wait until no job of this process is unfinished."""
    if _finishing is not None:
        _finishing.result()


def _finish(
    runtime: Runtime, lease: Lease, finish: Finish, renewing: ExitStack, started: float
) -> None:
    with renewing:
        _attempt(runtime, lease, finish)
    _log_end(lease, started)


def _log_end(lease: Lease, started: float) -> None:
    milliseconds = (time.perf_counter() - started) * 1000
    give_back()
    log.info("%s job %s ended after %.0f ms", lease.job.kind, lease.job.id, milliseconds)


def _attempt(runtime: Runtime, lease: Lease, part: Callable[[], T]) -> T | None:
    """Run a part of the job; if that fails, fail or requeue the job and return None."""
    try:
        try:
            return part()
        except (LostLeaseError, DBAPIError):
            raise
        except JobFailedError as failure:
            _fail(runtime, lease, failure.problem, retryable=failure.retryable)
        except SoftTimeLimitExceeded:
            _fail(runtime, lease, too_long(runtime.settings, lease.job))
        except MemoryError:
            detail = "Processing needs more memory than a worker may have; send less at a time."
            _fail(runtime, lease, Problem(413, "too-much-memory", detail))
        except BlobStoreFullError as error:
            _fail(runtime, lease, Problem(507, "storage-full", str(error)), retryable=True)
        except Exception as error:
            if is_full(error):  # the disk of temporary files
                log.error("job %s: a disk is full", lease.job.id)
                _fail(runtime, lease, Problem(507, "storage-full", _NO_ROOM), retryable=True)
                return None
            log.exception("job %s failed in attempt %d", lease.job.id, lease.job.attempts)
            if lease.job.attempts < runtime.settings.job_max_attempts:
                lease.give_back()
            else:
                _fail(
                    runtime,
                    lease,
                    failed(lease.job),
                    # The file may be the cause, and may name a patient, so it is not kept on disk.
                    retryable=lease.job.input_bytes == 0,
                )
    except LostLeaseError:
        log.warning("job %s is not this worker's any more; nothing was stored", lease.job.id)
    except DBAPIError as error:
        log.exception("job %s: the database is away", lease.job.id)
        # SQLite is never unreachable, and a statement that it refuses must count as a failed
        # attempt.
        if isinstance(error, OperationalError) and not isinstance(error.orig, sqlite3.Error):
            _queue_again(lease)
        # Otherwise the lease expires, and the sweeper queues the job again.
    return None


def _queue_again(lease: Lease) -> None:
    """Queue a job again once the database is back; its outage is not a failed attempt of the job.

    The number of attempts that may end with their worker is small, and an upload is deleted after
    them.
    """
    given_up = time.monotonic() + lease.seconds
    while time.monotonic() < given_up:
        try:
            lease.give_back(attempts=lease.job.attempts - 1)
        except LostLeaseError:
            return
        except DBAPIError:
            time.sleep(DATABASE_PAUSE)
        else:
            return


def failed(job: Job) -> Problem:
    """Return the problem of a job that failed with an unexpected error on every attempt."""
    detail = (
        f"Processing failed {job.attempts} times. {what_to_do(job)}; if it happens again, "
        "tell your administrator the job's id."
    )
    return Problem(500, "processing-failed", detail)


def too_long(settings: Settings, job: Job) -> Problem:
    """The problem of a job that ran out of time."""
    seconds = settings.job_time_limit_seconds
    detail = f"Processing took longer than {seconds} seconds; {TASKS[job.kind].kind.less}."
    return Problem(422, "took-too-long", detail)


def _fail(runtime: Runtime, lease: Lease, problem: Problem, *, retryable: bool = False) -> None:
    """End the job with a reason; its upload is kept only if another attempt may read it."""
    keep = retryable and lease.job.input_bytes > 0
    with runtime.database.write() as session:
        lease.end(
            session,
            JobState.FAILED,
            problem=problem.document(),
            retryable=retryable,
            input_bytes=lease.job.input_bytes if keep else 0,
        )
    if not keep:
        runtime.blobs.delete(source_key(lease.job.id))
