"""From bytes to a mask without storing anything, for ``store=false``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.dicom_results.records import put_sealed
from app.jobs.tables import JobState, source_key
from app.segment.jobs import (
    SEGMENT,
    TransientPrediction,
    transient_mask_key,
    transient_overlay_key,
)
from worker.ingest import Decoded
from worker.runtime import Runtime
from worker.storage.text import file_notes, flat
from worker.storage.writing import start_puts, wait_for
from worker.tasks.answering import answer
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.predict import failures_told
from worker.tasks.process import Predicted, predict_frame, read_upload

if TYPE_CHECKING:
    from worker.dicom.source import Source


def segment(runtime: Runtime, lease: Lease, progress: Progress) -> Callable[[], None]:
    """Run the pipeline on an upload; return what leaves the result to be fetched.

    Raises:
        JobFailedError: the upload is not a readable image, or it or the model is missing.
    """
    wanted = SEGMENT.read(lease.job)
    progress("reading", 0.0)
    with failures_told(lease):
        runtime.network(wanted.model, lease.job.project_id)
        read = read_upload(runtime.blobs.get(source_key(lease.job.id)), runtime.settings)
        frame, decoded = read.decoded.frame, read.decoded
        source = _source(decoded) if wanted.objects else None
        predicted = answer(
            runtime,
            wanted.model,
            lease.job.project_id,
            lambda network: predict_frame(
                frame, network, read.milliseconds, progress, draws=wanted.overlay
            ),
        )
    progress("storing", 0.9)
    notes = file_notes(decoded.notes, flat(decoded.blanked), flat(decoded.suspected))
    outcome = TransientPrediction(**(predicted.result.fields() | dict(notes)))

    def finish() -> None:
        if source is not None:
            _leave_objects(runtime, lease, source, decoded, predicted)
        _leave(runtime, lease, predicted, outcome)

    return finish


def _source(decoded: Decoded) -> "Source":
    """The instance of the upload, which was not stored."""
    from worker.dicom.source import NoSourceError, from_reference
    from worker.tasks.dicom import no_source

    try:
        if decoded.reference is not None:
            return from_reference(decoded.reference)
    except NoSourceError as error:
        raise JobFailedError(no_source(str(error))) from None
    raise JobFailedError(no_source())


def _leave_objects(
    runtime: Runtime, lease: Lease, source: "Source", decoded: Decoded, predicted: Predicted
) -> None:
    from worker.dicom.objects import write
    from worker.dicom.result import Kind
    from worker.storage.results import result_of_answer

    kinds = [Kind(kind) for kind in SEGMENT.read(lease.job).objects]
    result = result_of_answer(
        lease.job.created_at,
        source,
        decoded.frame,
        predicted.mask_png,
        predicted.probability,
        predicted.result.provenance,
        predicted.numbers,
        {one.label: one.class_name for one in predicted.result.lesions if one.class_name},
        may_show_text=bool(decoded.suspected),
    )
    put_sealed(runtime.blobs, runtime.site_key, lease.job.id, write(result, kinds))


def _leave(
    runtime: Runtime, lease: Lease, predicted: Predicted, outcome: TransientPrediction
) -> None:
    job_id = lease.job.id
    blobs: dict[str, Callable[[], bytes]] = {transient_mask_key(job_id): lambda: predicted.mask_png}
    if predicted.overlay_png is not None:
        blobs[transient_overlay_key(job_id)] = predicted.overlay_png.result
    wait_for(start_puts(runtime.blobs, blobs))
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, result=outcome.kept(), input_bytes=0)
    runtime.blobs.delete(source_key(job_id))
