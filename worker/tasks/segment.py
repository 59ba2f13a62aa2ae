"""Bytes to a mask of which nothing is kept: what ``store=false`` asks for."""

from collections.abc import Callable

from app.jobs.tables import JobState, source_key
from app.segment.jobs import SEGMENT, transient_mask_key, transient_overlay_key
from worker.runtime import Runtime
from worker.storage.text import flat, said_of_text
from worker.storage.writing import start_puts, wait_for
from worker.tasks.lease import Lease, Progress
from worker.tasks.predict import failures_told
from worker.tasks.process import Predicted, predict_frame, read_upload


def segment(runtime: Runtime, lease: Lease, progress: Progress) -> Callable[[], None]:
    """Run the pipeline on an upload; returns what leaves the result to be fetched.

    Raises:
        JobFailedError: the upload is no image that can be read, or it or the model is not there.
    """
    wanted = SEGMENT.read(lease.job)
    progress("reading", 0.0)
    with failures_told(lease):
        network = runtime.network(wanted.model, lease.job.project_id)
        read = read_upload(runtime.blobs.get(source_key(lease.job.id)), runtime.settings)
        frame, decoded = read.decoded.frame, read.decoded
        predicted = predict_frame(frame, network, read.milliseconds, progress, draws=wanted.overlay)
    progress("storing", 0.9)
    text = said_of_text(flat(decoded.blanked), flat(decoded.suspected))
    result = {**predicted.result, "notes": list(decoded.notes), **text}
    return lambda: _leave(runtime, lease, predicted, result)


def _leave(runtime: Runtime, lease: Lease, predicted: Predicted, result: dict[str, object]) -> None:
    job_id = lease.job.id
    blobs: dict[str, Callable[[], bytes]] = {transient_mask_key(job_id): lambda: predicted.mask_png}
    if predicted.overlay_png is not None:
        blobs[transient_overlay_key(job_id)] = predicted.overlay_png.result
    wait_for(start_puts(runtime.blobs, blobs))
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, result=result, input_bytes=0)
    runtime.blobs.delete(source_key(job_id))
