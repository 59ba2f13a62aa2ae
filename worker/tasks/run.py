"""One job from its row to its end, whatever its kind.

The work of a kind is a function ``work(runtime, lease, progress)`` that reads ``lease.job``, tells
``progress`` where it is, and calls ``lease.end`` in the transaction that stores its result. All
else (taking the lease, renewing it, failing with a reason, trying again) is done here.
"""

import logging
import time
from collections.abc import Callable
from pkgutil import resolve_name
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DBAPIError

from app.core.blobs import BlobStoreFullError
from app.core.problems import Problem
from app.jobs.tables import JobKind, JobState, source_key
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError, Progress

log = logging.getLogger(__name__)

Work = Callable[[Runtime, Lease, Progress], None]

WORK: dict[JobKind, str] = {
    JobKind.SEGMENT: "worker.tasks.segment:segment",
    JobKind.MEASURE: "worker.tasks.measure:measure",
    JobKind.AGREEMENT: "worker.tasks.agreement:agreement",
    JobKind.CONSENSUS: "worker.tasks.consensus:consensus",
    JobKind.EXPORT: "worker.tasks.export:export",
    JobKind.IMPORT: "worker.tasks.imports:import_labels",
}
"""Where the work of each kind is; imported at its first job, so that a worker which only segments
loads nothing of the rest."""


def run(runtime: Runtime, job_id: UUID) -> None:
    """Run a job to its end: a result, a clear failure, or back into the queue.

    Messages may come twice or late; a job that no longer waits is left alone.
    """
    lease = Lease.take(runtime.database, runtime.bell, job_id, runtime.settings.job_lease_seconds)
    if lease is None:
        return
    started = time.perf_counter()
    try:
        with lease.renewed() as progress:
            _run(runtime, lease, progress)
    except LostLeaseError:
        log.warning("job %s belongs to another worker now; nothing was stored", job_id)
        return
    except DBAPIError:
        # Nothing can be written now. The lease runs out and the sweeper queues the job again.
        log.exception("job %s: the database is away", job_id)
        return
    milliseconds = (time.perf_counter() - started) * 1000
    log.info("%s job %s ended after %.0f ms", lease.job.kind, job_id, milliseconds)


def _run(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    try:
        work: Work = resolve_name(WORK[lease.job.kind])
        work(runtime, lease, progress)
    except (LostLeaseError, DBAPIError):
        raise
    except JobFailedError as failure:
        _fail(runtime, lease, failure.problem, retryable=failure.retryable)
    except SoftTimeLimitExceeded:
        seconds = runtime.settings.job_time_limit_seconds
        detail = f"Processing took longer than {seconds} seconds; send a smaller image."
        _fail(runtime, lease, Problem(422, "took-too-long", detail))
    except BlobStoreFullError as error:
        _fail(runtime, lease, Problem(507, "storage-full", str(error)), retryable=True)
    except Exception:
        log.exception("job %s failed in attempt %d", lease.job.id, lease.job.attempts)
        if lease.job.attempts < runtime.settings.job_max_attempts:
            lease.give_back()
            return
        detail = (
            f"Processing failed {lease.job.attempts} times. Try again; if it happens again, "
            "tell your administrator the job's id."
        )
        _fail(runtime, lease, Problem(500, "processing-failed", detail), retryable=True)


def _fail(runtime: Runtime, lease: Lease, problem: Problem, *, retryable: bool = False) -> None:
    """End the job with a reason; its upload stays only where another try may help."""
    keep = retryable and lease.job.has_source
    with runtime.database.write() as session:
        lease.end(
            session,
            JobState.FAILED,
            problem=problem.document(),
            retryable=keep,
            has_source=keep,
        )
    if not keep:
        runtime.blobs.delete(source_key(lease.job.id))
