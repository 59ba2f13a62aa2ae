"""Keeping a result: blobs first, then one transaction that names them and ends the job."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.blobs import BlobStore
from app.core.database import WriteSession
from app.core.ids import new_id, now
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
from app.masks.news import Change, tell
from app.masks.tables import Mask, MaskSource
from app.reviews.tables import chosen_for_double_reading, readers_needed
from worker.runtime import Runtime
from worker.tasks.lease import Lease
from worker.tasks.process import Processed

_writers = ThreadPoolExecutor(4, thread_name_prefix="blobs")


class ImageGoneError(Exception):
    """The image of this job was deleted while the job ran."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes: an image that is there already, or a new one."""

    image_id: UUID
    is_new: bool


def store(runtime: Runtime, lease: Lease, processed: Processed) -> None:
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
        try:
            _store_image(runtime, lease, processed)
        except IntegrityError:
            _store_image(runtime, lease, processed)
    runtime.blobs.delete(source_key(lease.job.id))


def _store_transient(runtime: Runtime, lease: Lease, processed: Processed) -> None:
    job_id = lease.job.id
    blobs = {
        transient_mask_key(job_id): processed.mask_png,
        transient_overlay_key(job_id): processed.overlay_png,
    }
    _put_all(runtime.blobs, blobs)
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, result=processed.result, has_source=False)


def _store_image(runtime: Runtime, lease: Lease, processed: Processed) -> None:
    job = lease.job
    with runtime.database.read() as session:
        target = _target(session, job, processed)
    mask_id = new_id()
    blobs = {
        mask_key(target.image_id, mask_id): processed.mask_png,
        overlay_key(target.image_id, mask_id): processed.overlay_png,
    }
    if target.is_new:
        blobs[frame_key(target.image_id)] = processed.frame_png
        blobs[thumbnail_key(target.image_id)] = processed.thumbnail
    _put_all(runtime.blobs, blobs)
    try:
        with runtime.database.write() as session:
            kept = _commit(session, runtime, lease, processed, target, mask_id)
    except BaseException:
        _delete_all(runtime.blobs, blobs)
        raise
    if kept != mask_id:
        # The same model had drawn the same mask before; its row and blobs stay the only ones.
        _delete_all(runtime.blobs, {key: b"" for key in blobs if str(mask_id) in key})


def _target(session: Session, job: Job, processed: Processed) -> Target:
    if job.image_id is not None:
        return Target(job.image_id, is_new=False)
    query = select(Image.id).where(
        Image.owner_id == job.owner_id, Image.pixel_sha256 == processed.pixel_sha256
    )
    found = session.scalar(query)
    return Target(found, is_new=False) if found else Target(new_id(), is_new=True)


def _commit(
    session: WriteSession,
    runtime: Runtime,
    lease: Lease,
    processed: Processed,
    target: Target,
    mask_id: UUID,
) -> UUID:
    """The rows of a result; returns the mask's id, which is an older one's if it is equal."""
    job = lease.job
    if target.is_new:
        image, frame = _new_image(session, runtime, job, processed, target.image_id)
    else:
        found = session.get(Image, target.image_id, with_for_update=True)
        if found is None:
            raise ImageGoneError
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
        _new_mask(session, job, processed, image, frame, mask_id)
    lease.end(
        session,
        JobState.DONE,
        result=processed.result,
        image_id=image.id,
        mask_id=equal or mask_id,
        duplicate=not target.is_new and job.image_id is None,
        has_source=False,
    )
    session.flush()
    tell(session, runtime.bell, image, Change.CREATED if target.is_new else Change.CHANGED)
    return equal or mask_id


def _new_image(
    session: WriteSession, runtime: Runtime, job: Job, processed: Processed, image_id: UUID
) -> tuple[Image, Frame]:
    decoded = processed.decoded
    subject_id = job.subject_id
    key = runtime.site_key
    patient = decoded.patient_id
    if subject_id is None and patient:
        subject_id = subject_with(session, key.pseudonym(patient))
    double = chosen_for_double_reading(image_id, runtime.settings.double_reading_share)
    image = Image(
        id=image_id,
        owner_id=job.owner_id,
        subject_id=subject_id,
        study_pseudonym=key.pseudonym(decoded.study_id) if decoded.study_id else None,
        pixel_sha256=processed.pixel_sha256,
        format=decoded.format,
        double_reading=double,
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
    )
    session.add(image)
    session.flush()
    session.add(frame)
    session.flush()
    return image, frame


def _new_mask(
    session: WriteSession, job: Job, processed: Processed, image: Image, frame: Frame, mask_id: UUID
) -> None:
    last = session.execute(
        select(Mask.id, Mask.revision)
        .where(Mask.frame_id == frame.id)
        .order_by(Mask.revision.desc())
        .limit(1)
    ).first()
    result = processed.result
    model = result["provenance"]["model"]
    session.add(
        Mask(
            id=mask_id,
            image_id=image.id,
            frame_id=frame.id,
            revision=last.revision + 1 if last else 1,
            parent_id=last.id if last else None,
            source=MaskSource.MODEL,
            job_id=job.id,
            model_name=model["name"],
            model_version=model["version"],
            result=result,
            settings_digest=processed.settings_digest,
        )
    )
    axes = [lesion["long_axis_mm"] for lesion in result["lesions"] if lesion["long_axis_mm"]]
    if image.state == ImageState.UNLABELLED:  # another model's opinion undoes nobody's work
        image.state, image.state_changed_at = ImageState.PREDICTED, now()
    image.latest_mask_id = mask_id
    image.lesion_count = len(result["lesions"])
    image.uncertainty_score = result["uncertainty"]["score"]
    image.long_axis_mm = max(axes, default=None)
    image.model_name, image.model_version = model["name"], model["version"]
    session.flush()


def _put_all(blobs: BlobStore, items: dict[str, bytes]) -> None:
    """Put all at once; each waits for the disk or the network by itself."""
    for done in [_writers.submit(blobs.put, key, data) for key, data in items.items()]:
        done.result()


def _delete_all(blobs: BlobStore, items: dict[str, bytes]) -> None:
    for key in items:
        blobs.delete(key)
