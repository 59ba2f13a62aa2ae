"""Bytes to frames: an upload is read, de-identified and stored as an image.

Blobs are written first, then one transaction references them and turns the job into a predict job.
The same process continues with that at once, on the pixels in memory; if it dies, another process
starts from the stored frame.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.blobs import BlobStoreFullError
from app.core.broker import BACKGROUND_QUEUE
from app.core.database import WriteSession
from app.core.ids import new_id
from app.images.records import SPATIAL, insert_image, still_region
from app.images.tables import (
    Frame,
    Image,
    Region,
    RegionKind,
    SpacingSource,
    frame_key,
    subject_with,
    thumbnail_key,
)
from app.instances.records import InstanceCode, came_otherwise, code
from app.instances.records import note_image as note_image_of_instance
from app.jobs.tables import Job, source_key
from app.local_labels.records import attach
from app.projects.records import rules_of
from app.reviews.news import publish_created
from app.reviews.tables import chosen_for_double_reading, readers_needed
from app.sealed_references.records import keep as keep_reference
from app.segment.jobs import INGEST, PREDICT, IngestParameters, PredictParameters
from worker.depth_scale import ProposedScale, nearest
from worker.ingest import Decoded, DecodeError
from worker.ingest.attributes import NOTES
from worker.pipeline import Region as Area
from worker.pipeline import encode_png
from worker.runtime import Runtime
from worker.storage.pictures import (
    attributes_of,
    image_with,
    pixel_digest,
    series_of,
    thumbnail,
)
from worker.storage.text import file_notes, flat, keep_suspected
from worker.storage.writing import delete_all, start_puts, wait_for
from worker.tasks.lease import Lease, LostLeaseError, Progress
from worker.tasks.predict import Ingested, Predicting, failures_told
from worker.tasks.process import Read, read_upload

CHANGED = (
    "An instance with the same identifier came before with other contents; both images are kept."
)
"""Note of an image whose file has changed since it was first sent."""

SEVERAL = ("several-frames", "video")
"""Reasons why a file is not a still."""

_beside = ThreadPoolExecutor(1, thread_name_prefix="ingest")


def ingest(runtime: Runtime, lease: Lease, progress: Progress) -> Callable[[], None] | None:
    """Store an upload as an image and continue with its prediction; return what ends the job.

    A file of several frames is left to a worker of long jobs.

    Raises:
        JobFailedError: the upload is not a readable image, or it or the model is missing.
        LostLeaseError: another worker has the job now.
        BlobStoreFullError: nothing was stored.
    """
    wanted = INGEST.read(lease.job)
    progress("reading", 0.0)
    with failures_told(lease):
        runtime.network(wanted.model, lease.job.project_id)  # before anything is stored
        data = runtime.blobs.get(source_key(lease.job.id))
        try:
            read = read_upload(data, runtime.settings, proposes=True)
        except DecodeError as error:
            if error.code not in SEVERAL:
                raise
            _go_on_as_cine(runtime, lease, wanted, data, progress)
            return None
        del data
        predicting = Predicting(runtime, lease, wanted.model, draws=wanted.overlay)
        storing = _beside.submit(_store, runtime, lease, wanted, read)
        try:
            predicted = predicting.on_frame(read.decoded.frame, read.milliseconds, progress)
        except BaseException:
            _show_without_answer(runtime, lease, storing)
            raise
    progress("storing", 0.9)

    def finish() -> None:
        with failures_told(lease):
            predicting.store(predicted, storing.result())

    return finish


def _go_on_as_cine(
    runtime: Runtime, lease: Lease, wanted: IngestParameters, data: bytes, progress: Progress
) -> None:
    if lease.job.queue != BACKGROUND_QUEUE:
        # A cine takes as long as many stills whose senders are waiting.
        lease.leave_to(BACKGROUND_QUEUE)
        return
    from worker.tasks.cine import ingest_cine  # needs the functions below

    ingest_cine(runtime, lease, wanted, data, progress)


def _show_without_answer(runtime: Runtime, lease: Lease, storing: "Future[Ingested]") -> None:
    """Wait for an image whose prediction failed, and show it; it can be retried from there."""
    wait([storing])
    with suppress(Exception):  # its failure is the job's, which is already being reported
        stored = storing.result()
        if stored.frame_id is not None:
            with runtime.database.write() as session:
                job = lease.job
                publish_created(
                    session, runtime.broker, stored.image_id, job.project_id, job.owner_id
                )


def _store(runtime: Runtime, lease: Lease, wanted: IngestParameters, read: Read) -> Ingested:
    """Find the owner's image with these pixels, or store it.

    This also finds an image that had these pixels before some were blacked out. If two workers have
    the same pixels at the same time, the second finds the first one's image.

    Raises:
        LostLeaseError: another worker has the job now; nothing is left behind.
        BlobStoreFullError: nothing was stored.
    """
    decoded = read.decoded
    digest = pixel_digest(decoded.frame.pixels)
    go_on = partial(_go_on, runtime, lease, wanted, decoded)
    ingested = find(runtime, lease, decoded, digest, go_on)
    if ingested is None:
        try:
            ingested = _stored(runtime, lease, wanted, read, digest)
        except IntegrityError:  # another worker has stored the same pixels meanwhile
            ingested = find(runtime, lease, decoded, digest, go_on)
            if ingested is None:
                raise
    runtime.blobs.delete(source_key(lease.job.id))
    return ingested


def find(
    runtime: Runtime,
    lease: Lease,
    decoded: Decoded,
    digest: str,
    go_on: Callable[[WriteSession, Image | None], None],
) -> Ingested | None:
    """Return the image of the job's owner with these pixels, if there is one.

    Args:
        go_on: turns the job into the next kind, in the same transaction; without an image if that
            was deleted meanwhile.
    """
    job = lease.job
    with runtime.database.read() as session:
        image_id = image_with(session, digest, job.project_id, job.owner_id)
    if image_id is None:
        return None
    with runtime.database.write() as session:
        image = session.get(Image, image_id, with_for_update=True)
        if image is not None:
            first = Frame.image_id == image.id, Frame.index == 0
            frame = session.scalars(select(Frame).where(*first)).one()
            if frame.blanked is None and frame.picture_id is None:
                # It was stored by a version that did not record this; now its file was sent again.
                frame.blanked = flat(decoded.blanked)
                keep_suspected(session, image.id, decoded)
            keep_source(session, runtime, image.id, decoded)
        go_on(session, image)
    return Ingested(image_id, duplicate=True)


def _stored(
    runtime: Runtime, lease: Lease, wanted: IngestParameters, read: Read, digest: str
) -> Ingested:
    decoded = read.decoded
    pixels, image_id = decoded.frame.pixels, new_id()
    pictures = {
        frame_key(image_id, None): partial(encode_png, pixels),
        thumbnail_key(image_id, None): partial(thumbnail, pixels),
    }
    try:
        wait_for(start_puts(runtime.blobs, pictures))
        proposed = read.scale.result() if read.scale else None
        with runtime.database.write() as session:
            image = new_image(session, runtime, lease.job, wanted, decoded, image_id, digest)
            frame = _frame(decoded, image_id)
            insert_image(session, image, [frame], regions_of(decoded, proposed))
            keep_suspected(session, image_id, decoded)
            keep_source(session, runtime, image_id, decoded)
            _go_on(runtime, lease, wanted, decoded, session, image, known=False)
    except (LostLeaseError, IntegrityError, BlobStoreFullError):
        # Certainly not stored. After any other error the commit may have happened: a blob that it
        # did not reference is an orphan, which the sweeper deletes.
        delete_all(runtime.blobs, pictures)
        raise
    blanked, suspected = flat(decoded.blanked), flat(decoded.suspected)
    said = file_notes(image.acquisition.get(NOTES, []), blanked, suspected)
    return Ingested(image_id, frame_id=frame.id, said=said)


def _go_on(
    runtime: Runtime,
    lease: Lease,
    wanted: IngestParameters,
    decoded: Decoded,
    session: WriteSession,
    image: Image | None,
    *,
    known: bool = True,
) -> None:
    image_id = image.id if image is not None else None
    note_origin(session, runtime, lease, wanted, decoded, image_id)
    parameters = PredictParameters(model=wanted.model, overlay=wanted.overlay, duplicate=known)
    lease.become(session, PREDICT, parameters, image_id=image_id)


def note_origin(
    session: WriteSession,
    runtime: Runtime,
    lease: Lease,
    wanted: IngestParameters,
    decoded: Decoded,
    image_id: UUID | None,
) -> None:
    """Record which image an instance became, and its local label."""
    job = lease.job
    instance = _instance(runtime, wanted, decoded)
    if instance is not None and image_id is not None:
        note_image_of_instance(session, job.project_id, job.owner_id, instance, image_id)
    if wanted.labelled and image_id is not None:
        attach(session, job.id, image_id)


def keep_source(session: WriteSession, runtime: Runtime, image_id: UUID, decoded: Decoded) -> None:
    """Seal what is needed to write a result back to the file's origin, if it is known."""
    if decoded.reference is not None:
        keep_reference(session, runtime.site_key, image_id, decoded.reference)


def _instance(runtime: Runtime, wanted: IngestParameters, decoded: Decoded) -> InstanceCode | None:
    """Return the instance of a file, with its bytes; None if it is not a DICOM file."""
    if not decoded.instance_id or not wanted.contents:
        return None
    pseudonym = code(runtime.site_key, decoded.instance_id)
    return InstanceCode(pseudonym, wanted.contents)


def _notes(
    session: WriteSession, runtime: Runtime, job: Job, wanted: IngestParameters, decoded: Decoded
) -> dict[str, Any]:
    """The image's notes: whether the instance was sent before with other contents."""
    instance = _instance(runtime, wanted, decoded)
    if instance is None or not came_otherwise(session, job.project_id, instance):
        return {}
    return {NOTES: [*decoded.notes, CHANGED]}


def new_image(
    session: WriteSession,
    runtime: Runtime,
    job: Job,
    wanted: IngestParameters,
    decoded: Decoded,
    image_id: UUID,
    digest: str,
) -> Image:
    """Make the row of an image that comes from a file."""
    key, subject_id = runtime.site_key, wanted.subject_id
    if subject_id is None and decoded.patient_id:
        subject_id = subject_with(session, job.project_id, key.pseudonym(decoded.patient_id))
    series_id = series_of(session, job.project_id, key, decoded)
    attributes = attributes_of(session, runtime, decoded, job.project_id, subject_id, series_id)
    rules = rules_of(session, job.project_id, runtime.settings)
    double = chosen_for_double_reading(image_id, rules.double_reading_share)
    return Image(
        id=image_id,
        project_id=job.project_id,
        owner_id=job.owner_id,
        subject_id=subject_id,
        series_id=series_id,
        pixel_sha256=digest,
        format=decoded.format,
        source=wanted.source,
        acquisition=attributes | _notes(session, runtime, job, wanted, decoded),
        double_reading=double,
        model_hidden=rules.blind_to_model,
        readers_wanted=readers_needed(double),
    )


def _frame(decoded: Decoded, image_id: UUID) -> Frame:
    height, width = decoded.frame.pixels.shape[:2]
    return Frame(
        id=new_id(),
        image_id=image_id,
        width=width,
        height=height,
        blanked=flat(decoded.blanked),
    )


def regions_of(decoded: Decoded, proposed: ProposedScale | None) -> list[Region]:
    """Return the regions that the file states; else one region, the effective area.

    Args:
        decoded: the file.
        proposed: the scale printed in its picture, stored with the regions that it is next to.
    """
    regions = _stated_regions(decoded)
    silent = [one for one in regions if RegionKind(one.kind) in SPATIAL and not one.row_mm]
    if proposed is not None:
        for one in nearest(silent, proposed):
            one.proposed_scale = proposed.to_json()
    return regions


def _stated_regions(decoded: Decoded) -> list[Region]:
    frame = decoded.frame
    pictures = [one for one in decoded.regions if RegionKind(one["kind"]) in SPATIAL]
    stated = [
        Region(**one, spacing_source=SpacingSource.FILE if one["row_mm"] else None)
        for one in decoded.regions
    ]
    if len(pictures) > 1:
        return stated
    others = [one for one in stated if RegionKind(one.kind) not in SPATIAL]
    area = frame.region or Area(0, 0, frame.height, frame.width)
    shown = still_region(area._asdict(), frame.spacing, SpacingSource.FILE)
    if pictures:
        shown.kind = RegionKind(pictures[0]["kind"])
    return [shown, *others] if pictures or not others else others
