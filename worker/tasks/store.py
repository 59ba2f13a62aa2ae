"""Keeping a result: blobs first, then one transaction that names them and ends the job."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.blobs import BlobStore, BlobStoreFullError
from app.core.database import WriteSession, insert_row
from app.core.ids import new_id
from app.images.tables import (
    Frame,
    Image,
    ImageState,
    frame_key,
    mask_key,
    overlay_key,
    subject_with,
    thumbnail_key,
)
from app.jobs.tables import (
    Job,
    JobState,
    source_key,
    transient_mask_key,
    transient_overlay_key,
)
from app.masks.records import add_revision
from app.masks.tables import Mask, MaskSource
from app.projects.records import rules_of
from app.redaction.tables import SuspectedText
from app.reviews.news import Change, publish_change
from app.reviews.records import note_prediction
from app.reviews.tables import chosen_for_double_reading, readers_needed
from worker.ingest import Decoded
from worker.ingest.attributes import NOTES
from worker.pipeline import encode_png
from worker.runtime import Runtime
from worker.storage.pictures import PictureChangedError, image_with, pixel_digest, thumbnail
from worker.storage.text import flat, keep_suspected
from worker.tasks.lease import Lease, LostLeaseError
from worker.tasks.process import Processed, segment_stored

_writers = ThreadPoolExecutor(4, thread_name_prefix="blobs")
_beside = ThreadPoolExecutor(1, thread_name_prefix="place")


class ImageGoneError(Exception):
    """The image of this job was deleted while the job ran."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a result goes: an image that is there already, or a new one with its blobs stored.

    Attributes:
        picture_id: which pixels the image has now, as ``Image.picture_id``.
    """

    image_id: UUID
    is_new: bool
    pixel_sha256: str
    picture_id: UUID | None = None

    @property
    def blobs(self) -> list[str]:
        """Keys that no row names before the image is there."""
        if not self.is_new:
            return []
        return [frame_key(self.image_id, None), thumbnail_key(self.image_id, None)]


class Placing:
    """Finds the place of a picture while the pipeline runs, which needs nothing of it."""

    def __init__(self, runtime: Runtime, job: Job) -> None:
        self._runtime = runtime
        self._job = job
        self._place: Future[Destination] | None = None

    def begin(self, decoded: Decoded) -> None:
        """Start, where the job's result is to be stored."""
        if self._job.store:
            self._place = _beside.submit(place, self._runtime, self._job, decoded)

    def end(self) -> Destination:
        """The place, once it is found."""
        if self._place is None:
            raise RuntimeError("a result that is not stored has no place")
        return self._place.result()

    def forget(self) -> None:
        """Delete what was stored for a job that failed."""
        with suppress(Exception):  # its own failure is the job's, which is being told already
            if self._place:
                _delete_all(self._runtime.blobs, self._place.result().blobs)


def place(runtime: Runtime, job: Job, decoded: Decoded) -> Destination:
    """The image with these pixels of the job's owner; a new one's frame and thumbnail are stored.

    An image that had these pixels before some were blacked out is found as well.

    Raises:
        BlobStoreFullError: nothing was stored.
    """
    pixels = decoded.frame.pixels
    digest = pixel_digest(pixels)
    with runtime.database.read() as session:
        found = job.image_id or image_with(session, digest, job.project_id, job.owner_id)
        if found:
            picture = session.scalar(select(Image.picture_id).where(Image.id == found))
            return Destination(found, False, digest, picture)
    new = Destination(new_id(), True, digest)
    pictures = {
        frame_key(new.image_id, None): partial(encode_png, pixels),
        thumbnail_key(new.image_id, None): partial(thumbnail, pixels),
    }
    try:
        _wait(_start_puts(runtime.blobs, pictures))
    except BaseException:
        _delete_all(runtime.blobs, new.blobs)
        raise
    return new


def store(runtime: Runtime, lease: Lease, processed: Processed, placing: Placing) -> None:
    """Store a result and end the job, all or nothing.

    Killed before the commit, this leaves blobs without a row, which the sweeper deletes; the job
    runs again. Two workers with the same pixels at once: the second finds the first one's image.

    Raises:
        LostLeaseError: the job belongs to another worker now.
        ImageGoneError: the image was deleted meanwhile.
        BlobStoreFullError: nothing was stored.
    """
    if not lease.job.store:
        _store_transient(runtime, lease, processed)
    else:
        _store_found(runtime, lease, processed, placing.end())
    runtime.blobs.delete(source_key(lease.job.id))


def _store_found(runtime: Runtime, lease: Lease, processed: Processed, found: Destination) -> None:
    while True:
        try:
            if found.picture_id != processed.picture_id:
                raise PictureChangedError
            _store_image(runtime, lease, processed, found)
        except IntegrityError:
            if not found.is_new:
                raise
            found = place(runtime, lease.job, processed.decoded)
        except PictureChangedError:
            # Pixels that came in must not undo a redaction, nor show in an overlay: the result is
            # that of the pixels that are kept.
            network = runtime.network(lease.job.model_name)
            processed = segment_stored(runtime, found.image_id, network)
            found = replace(found, picture_id=processed.picture_id)
        else:
            return


def _store_transient(runtime: Runtime, lease: Lease, processed: Processed) -> None:
    job_id = lease.job.id
    blobs: dict[str, Callable[[], bytes]] = {transient_mask_key(job_id): lambda: processed.mask_png}
    if processed.overlay_png is not None:
        blobs[transient_overlay_key(job_id)] = processed.overlay_png.result
    _wait(_start_puts(runtime.blobs, blobs))
    with runtime.database.write() as session:
        decoded = processed.decoded
        text = _said_of_text(flat(decoded.blanked), flat(decoded.suspected))
        result = {**processed.result, "notes": list(decoded.notes), **text}
        lease.end(session, JobState.DONE, result=result, has_source=False)


def _store_image(runtime: Runtime, lease: Lease, processed: Processed, place: Destination) -> None:
    mask_id = new_id()
    blobs: dict[str, Callable[[], bytes]] = {
        mask_key(place.image_id, mask_id): lambda: processed.mask_png
    }
    if processed.overlay_png is not None:
        key = overlay_key(place.image_id, processed.picture_id, mask_id)
        blobs[key] = processed.overlay_png.result
    putting = _start_puts(runtime.blobs, blobs)
    try:
        with runtime.database.write() as session:
            kept = _commit(session, runtime, lease, processed, place, mask_id)
            _wait(putting)  # no row is committed before its blobs are there
    except (
        LostLeaseError,
        ImageGoneError,
        IntegrityError,
        BlobStoreFullError,
        PictureChangedError,
    ):
        # Certainly not stored. After any other error the commit may have happened: what it did
        # not name is an orphan, which the sweeper deletes.
        wait(putting)
        _delete_all(runtime.blobs, [*blobs, *place.blobs])
        raise
    if kept != mask_id:
        # The same model had drawn the same mask before; its row and blobs stay the only ones.
        _delete_all(runtime.blobs, blobs)


def _commit(
    session: WriteSession,
    runtime: Runtime,
    lease: Lease,
    processed: Processed,
    place: Destination,
    mask_id: UUID,
) -> UUID:
    """The rows of a result; returns the mask's id, which is an older one's if it is equal."""
    job = lease.job
    equal = None
    if place.is_new:
        image, frame = _new_image(session, runtime, job, processed, place)
    else:
        found = session.get(Image, place.image_id, with_for_update=True)
        if found is None:
            raise ImageGoneError
        if found.picture_id != processed.picture_id:
            raise PictureChangedError
        image = found
        frame = session.scalars(select(Frame).where(Frame.image_id == image.id)).one()
        equal = session.scalar(
            select(Mask.id)
            .where(
                Mask.frame_id == frame.id,
                Mask.source == MaskSource.MODEL,
                Mask.settings_digest == processed.settings_digest,
            )
            .limit(1)
        )
    if equal is None:
        mask = _new_mask(job, processed, image, frame, mask_id)
        note_prediction(image, mask)
        if place.is_new:
            insert_row(session, image)
            insert_row(session, frame)
            keep_suspected(session, image.id, processed.decoded)
        add_revision(session, mask, on_newest=True, is_first=place.is_new)
    if job.has_source and processed.picture_id is None and frame.blanked is None:
        # Stored by a version that did not say it; now its file came again.
        frame.blanked = flat(processed.decoded.blanked)
        keep_suspected(session, image.id, processed.decoded)
    notes = {"notes": frame.attributes.get(NOTES, [])}
    lease.end(
        session,
        JobState.DONE,
        result={**processed.result, **notes, **_text_of(session, frame)},
        image_id=image.id,
        mask_id=equal or mask_id,
        duplicate=not place.is_new and job.image_id is None,
        has_source=False,
    )
    publish_change(
        session, runtime.broker, image, Change.CREATED if place.is_new else Change.CHANGED
    )
    return equal or mask_id


def _new_image(
    session: WriteSession, runtime: Runtime, job: Job, processed: Processed, place: Destination
) -> tuple[Image, Frame]:
    """The rows of an image that was not there before; not inserted yet."""
    decoded = processed.decoded
    image_id = place.image_id
    subject_id = job.subject_id
    key = runtime.site_key
    patient = decoded.patient_id
    if subject_id is None and patient:
        subject_id = subject_with(session, job.project_id, key.pseudonym(patient))
    rules = rules_of(session, job.project_id, runtime.settings)
    double = chosen_for_double_reading(image_id, rules.double_reading_share)
    image = Image(
        id=image_id,
        project_id=job.project_id,
        owner_id=job.owner_id,
        subject_id=subject_id,
        study_pseudonym=key.pseudonym(decoded.study_id) if decoded.study_id else None,
        pixel_sha256=place.pixel_sha256,
        format=decoded.format,
        state=ImageState.UNLABELLED,
        double_reading=double,
        model_hidden=rules.blind_to_model,
        readers_wanted=readers_needed(double),
    )
    height, width = processed.decoded.frame.pixels.shape[:2]
    spacing = decoded.frame.spacing
    frame = Frame(
        id=new_id(),
        image_id=image_id,
        width=width,
        height=height,
        row_mm=spacing[0] if spacing else None,
        column_mm=spacing[1] if spacing else None,
        region=processed.result["crop"],
        attributes=decoded.attributes,
        blanked=flat(decoded.blanked),
    )
    return image, frame


_BOX = ("kind", "top", "left", "height", "width")


def _text_of(session: Session, frame: Frame) -> dict[str, Any]:
    """What is known of text in a stored frame, as ``StoredResult`` says it."""
    blanked = frame.blanked
    query = select(SuspectedText).where(
        SuspectedText.image_id == frame.image_id, SuspectedText.judgement.is_(None)
    )
    suspected = [
        {name: getattr(row, name) for name in _BOX}
        for row in session.scalars(query.order_by(SuspectedText.id))
    ]
    return _said_of_text(blanked, None if blanked is None else suspected)


def _said_of_text(
    blanked: list[dict[str, Any]] | None, suspected: list[dict[str, Any]] | None
) -> dict[str, Any]:
    def boxes(found: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        return None if found is None else [{name: one[name] for name in _BOX} for one in found]

    return {"blanked": boxes(blanked), "suspected": boxes(suspected)}


def _new_mask(job: Job, processed: Processed, image: Image, frame: Frame, mask_id: UUID) -> Mask:
    """The row of the mask, without a number."""
    model = processed.result["provenance"]["model"]
    return Mask(
        id=mask_id,
        image_id=image.id,
        frame_id=frame.id,
        source=MaskSource.MODEL,
        job_id=job.id,
        model_name=model["name"],
        model_version=model["version"],
        result=processed.result,
        settings_digest=processed.settings_digest,
    )


def _start_puts(blobs: BlobStore, items: Mapping[str, Callable[[], bytes]]) -> list[Future[None]]:
    """Make and put all at once; each waits for the disk or the network by itself."""

    def put(key: str, make: Callable[[], bytes]) -> None:
        blobs.put(key, make())

    return [_writers.submit(put, key, make) for key, make in items.items()]


def _wait(putting: list[Future[None]]) -> None:
    """Return when all are put; fails as the first that failed, and then none is under way."""
    wait(putting)
    for put in putting:
        put.result()


def _delete_all(blobs: BlobStore, keys: Iterable[str]) -> None:
    for key in keys:
        blobs.delete(key)
