"""One job from its row to its result."""

import logging
import time
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DBAPIError

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.problems import Problem
from app.jobs.tables import JobState, source_key
from worker.ingest import DecodeError
from worker.pipeline import ModelError
from worker.runtime import Runtime
from worker.tasks.lease import Lease, LostLeaseError, Progress
from worker.tasks.process import process
from worker.tasks.store import ImageGoneError, store

log = logging.getLogger(__name__)


def segment(runtime: Runtime, job_id: UUID) -> None:
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
    log.info("job %s ended after %.0f ms", job_id, (time.perf_counter() - started) * 1000)


def _run(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    try:
        processed = process(runtime, lease.job, progress)
        progress("storing", 0.9)
        store(runtime, lease, processed)
    except (LostLeaseError, DBAPIError):
        raise
    except DecodeError as error:
        problem = Problem(error.status, error.code, error.detail, title=error.title)
        _fail(runtime, lease, problem)
    except ImageGoneError:
        _fail(runtime, lease, Problem(410, "image-deleted", "The image was deleted meanwhile."))
    except BlobNotFoundError:
        detail = "The upload is not there any more; send the image again."
        _fail(runtime, lease, Problem(410, "upload-gone", detail))
    except SoftTimeLimitExceeded:
        seconds = runtime.settings.job_time_limit_seconds
        detail = f"Processing took longer than {seconds} seconds; send a smaller image."
        _fail(runtime, lease, Problem(422, "took-too-long", detail))
    except ModelError as error:
        log.error("job %s: %s", lease.job.id, error)
        detail = "The model cannot be loaded; tell your administrator to run `sonoloop doctor`."
        _fail(runtime, lease, Problem(503, "model-unavailable", detail), retryable=True)
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
