"""Storing a label: first blobs, then one transaction, as for an upload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.images.records import still_region
from app.images.tables import (
    Frame,
    Image,
    ImageSource,
    ImageState,
    frame_key,
    mask_key,
    overlay_key,
    subject_with,
    thumbnail_key,
)
from app.imports.tables import ImportAs
from app.label_sets.records import mark_used
from app.masks.records import add_revision, publish
from app.masks.tables import Assessment, Mask, MaskSource
from app.reviews.news import Change, publish_change, publish_created
from app.reviews.records import approve, take_figures, update_state
from app.reviews.tables import Reading, ReadingState, Review, Verdict
from worker.labels_import.labels import Decided, Outcome, Owner
from worker.pipeline import Region, encode_mask_png, encode_png
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import measured
from worker.storage.figures import figures
from worker.storage.pictures import attributes_of, series_of, stored_frame, thumbnail
from worker.storage.text import flat, keep_suspected

REVIEW_COMMENT = "Imported as approved."
"""The comment in the history for a label that was signed elsewhere."""


class ChangedMeanwhileError(Exception):
    """Somebody worked on the image after the decision and before storing; decide again."""


def store(
    runtime: Runtime, owner: Owner, decided: Decided, then: Callable[[WriteSession], None]
) -> UUID:
    """Store a new image or a new revision; return the image's id.

    Args:
        then: what else belongs in the same transaction, such as the import's progress.

    Raises:
        ChangedMeanwhileError: the image has changed since the decision.
        BlobStoreFullError: nothing was stored.
    """
    is_new = decided.outcome == Outcome.NEW_IMAGE
    image_id = decided.image_id or new_id()
    mask_id = new_id()
    frame, picture_id = decided.decoded.frame, None
    if not is_new:
        # Labels of a known image belong to its stored frame: some of the archive's pixels may be
        # black there, and only the stored frame has regions.
        try:
            stored = stored_frame(runtime, image_id)
        except BlobNotFoundError as error:
            raise ChangedMeanwhileError from error
        frame, picture_id = stored.frame, stored.picture_id
    pixels = frame.pixels
    mask = decided.drawing.mask
    lesions = measured(decided.drawing, mask, frame.lengths)
    blobs = {
        mask_key(image_id, mask_id): encode_mask_png(mask),
        overlay_key(image_id, picture_id, mask_id): encode_png(draw_overlay(pixels, mask, lesions)),
    }
    if is_new:
        blobs[frame_key(image_id, None)] = encode_png(pixels)
        blobs[thumbnail_key(image_id, None)] = thumbnail(pixels)
    row = Mask(
        id=mask_id,
        image_id=image_id,
        source=MaskSource.HUMAN,
        author_id=owner.user_id,
        answer=Assessment.LESIONS if mask.any() else Assessment.NO_LESION,
        labels=replace(decided.drawing, names=decided.names).to_json(),
        result=figures(frame.height, frame.width, frame.spacing, lesions).kept(),
    )

    def drop() -> None:
        for key in blobs:
            runtime.blobs.delete(key)

    try:
        for key, data in blobs.items():
            runtime.blobs.put(key, data)
    except BaseException:
        drop()
        raise
    with runtime.database.write(otherwise=drop) as session:
        image, frame_row = _commit(session, runtime, owner, decided, row)
        if frame_row.picture_id != picture_id:
            raise ChangedMeanwhileError
        mark_used(session, decided.drawing.classes.values())
        then(session)
        session.flush()
        if is_new:
            publish_created(session, runtime.broker, image.id, image.project_id, image.owner_id)
        else:
            publish_change(session, runtime.broker, image, Change.MASK, revision=row.revision)
    return image_id


def _commit(
    session: WriteSession, runtime: Runtime, owner: Owner, decided: Decided, row: Mask
) -> tuple[Image, Frame]:
    if decided.outcome == Outcome.NEW_IMAGE:
        image, frame = _new_image(session, runtime, owner, decided, row.image_id)
    else:
        found = session.get(Image, row.image_id, with_for_update=True, populate_existing=True)
        if found is None or found.state == ImageState.APPROVED:
            raise ChangedMeanwhileError
        image = found
        first = Frame.image_id == image.id, Frame.index == 0
        frame = session.scalars(select(Frame).where(*first)).one()
    reading = _reading(session, image, owner)
    row.frame_id, row.reading_id = frame.id, reading.id
    add_revision(session, row, on_newest=True)
    publish(frame, row)
    reading.submitted_at, reading.submitted_mask_id = now(), row.id
    if owner.stored_as == ImportAs.SUBMITTED:
        reading.state = ReadingState.SUBMITTED
        take_figures(session, image, frame)
        update_state(session, image)
        return image, frame
    reading.state = ReadingState.APPROVED
    approve(session, image, [(frame, row)])
    session.add(
        Review(
            image_id=image.id,
            mask_id=row.id,
            reviewer_id=owner.user_id,
            verdict=Verdict.APPROVED,
            comment=REVIEW_COMMENT,
        )
    )
    return image, frame


def _reading(session: WriteSession, image: Image, owner: Owner) -> Reading:
    """Return the owner's reading of the image; start one if there is none.

    Raises:
        ChangedMeanwhileError: somebody else has started to read it.
    """
    readings = session.scalars(select(Reading).where(Reading.image_id == image.id)).all()
    if any(one.reader_id != owner.user_id for one in readings):
        raise ChangedMeanwhileError
    if readings:
        return readings[0]
    reading = Reading(id=new_id(), image_id=image.id, reader_id=owner.user_id)
    session.add(reading)
    session.flush()
    return reading


def _new_image(
    session: WriteSession, runtime: Runtime, owner: Owner, decided: Decided, image_id: UUID
) -> tuple[Image, Frame]:
    decoded = decided.decoded
    key, patient = runtime.site_key, decided.patient
    subject_id = (
        subject_with(session, owner.project_id, key.pseudonym(patient)) if patient else None
    )
    series_id = series_of(session, owner.project_id, key, decoded)
    image = Image(
        id=image_id,
        project_id=owner.project_id,
        owner_id=owner.user_id,
        subject_id=subject_id,
        series_id=series_id,
        pixel_sha256=decided.pixel_sha256,
        format=decoded.format,
        source=ImageSource.IMPORT,
        acquisition=attributes_of(
            session, runtime, decoded, owner.project_id, subject_id, series_id
        ),
        split=decided.split,
    )
    frame = Frame(
        id=new_id(),
        image_id=image_id,
        width=decoded.frame.width,
        height=decoded.frame.height,
        blanked=flat(decoded.blanked),
    )
    area = decoded.frame.region or Region(0, 0, decoded.frame.height, decoded.frame.width)
    region = still_region(area._asdict(), decoded.frame.spacing, decided.spacing_source)
    session.add_all([image])
    session.flush()
    session.add(frame)
    region.image_id, region.number = image_id, 0
    session.add(region)
    session.flush()
    keep_suspected(session, image_id, decoded)
    return image, frame
