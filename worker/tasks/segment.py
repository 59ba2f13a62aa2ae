"""The mask of an upload, or of a stored image again."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.blobs import BlobNotFoundError
from app.core.problems import Problem
from worker.ingest import DecodeError
from worker.pipeline import ModelError
from worker.runtime import Runtime
from worker.tasks import no_model
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.process import process
from worker.tasks.store import ImageGoneError, Placing, store

log = logging.getLogger(__name__)


def segment(runtime: Runtime, lease: Lease, progress: Progress) -> Callable[[], None]:
    """Run the pipeline on the job's pixels; returns what stores the result.

    Raises:
        JobFailedError: the upload is no image that can be read, or it or the model is not there.
    """
    placing = Placing(runtime, lease.job)
    with told_failures(lease):
        try:
            processed = process(runtime, lease.job, progress, placing.begin)
        except BaseException:
            placing.forget()
            raise
    progress("storing", 0.9)

    def finish() -> None:
        with told_failures(lease):
            store(runtime, lease, processed, placing)

    return finish


@contextmanager
def told_failures(lease: Lease) -> Iterator[None]:
    """Failures that another try would only repeat, as :class:`JobFailedError`."""
    try:
        yield
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
        raise JobFailedError(no_model.problem(error), retryable=True) from error
