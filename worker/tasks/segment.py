"""The mask of an upload, or of a stored image again."""

import logging

from app.core.blobs import BlobNotFoundError
from app.core.problems import Problem
from worker.ingest import DecodeError
from worker.pipeline import ModelError
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.process import process
from worker.tasks.store import ImageGoneError, Placing, store

log = logging.getLogger(__name__)


def segment(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Run the pipeline on the job's pixels and store what it finds.

    Raises:
        JobFailedError: the upload is no image that can be read, or it or the model is not there.
        LostLeaseError: the job belongs to another worker now.
        BlobStoreFullError: nothing was stored.
    """
    try:
        _segment(runtime, lease, progress)
    except DecodeError as error:
        problem = Problem(error.status, error.code, error.detail, title=error.title)
        raise JobFailedError(problem) from error
    except ImageGoneError as error:
        gone = Problem(410, "image-deleted", "The image was deleted meanwhile.")
        raise JobFailedError(gone) from error
    except BlobNotFoundError as error:
        detail = "The upload is not there any more; send the image again."
        raise JobFailedError(Problem(410, "upload-gone", detail)) from error
    except ModelError as error:
        log.error("job %s: %s", lease.job.id, error)
        detail = "The model cannot be loaded; tell your administrator to run `sonoloop doctor`."
        unavailable = Problem(503, "model-unavailable", detail)
        raise JobFailedError(unavailable, retryable=True) from error


def _segment(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    placing = Placing(runtime, lease.job)
    try:
        processed = process(runtime, lease.job, progress, placing.begin)
    except BaseException:
        placing.forget()
        raise
    progress("storing", 0.9)
    store(runtime, lease, processed, placing)
