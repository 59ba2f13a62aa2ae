"""One label of an archive, decoded: what it would change here."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import PurePath
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame as FrameRow
from app.images.tables import Image, ImageState, mask_key
from app.imports.tables import ImportAs
from app.masks.tables import Answer, Mask, MaskSource
from app.redaction.tables import PixelAlias
from app.reviews.tables import Reading
from worker.decoding import decode, decode_label
from worker.formats.label_pictures import decoded_by
from worker.formats.originals import image_of
from worker.formats.source import Finding, LabelError, Labelled
from worker.ingest import Decoded, DecodeError, DecodeLimits
from worker.interactive.runs import decode_runs
from worker.labels_import.archive import printable
from worker.labels_import.table import Row
from worker.pipeline import decode_mask_png
from worker.pipeline.components import numbered
from worker.runtime import Runtime
from worker.storage.pictures import pixel_digest

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What storing a label does. An image that is approved, or that other people are reading,
    keeps what it has: an import never overrules a person."""

    NEW_IMAGE = "new_images"
    NEW_REVISION = "new_revisions"
    UNCHANGED = "unchanged"
    KEPT_ASIDE = "kept_aside"


@dataclass(frozen=True, slots=True)
class Owner:
    """Where imported labels go, whose revisions they become, and how far they have come."""

    project_id: UUID
    user_id: UUID
    stored_as: ImportAs


@dataclass(frozen=True)
class Decided:
    """A label that is good, and what follows.

    Attributes:
        decoded: the image, de-identified.
        pixel_sha256: identity of its pixels.
        labels: uint8 [H,W], lesion numbers.
        names: of lesions.
        subject: identifier that the archive gives, or None.
        image_id: the image that has these pixels here, or None.
    """

    name: str
    decoded: Decoded
    pixel_sha256: str
    labels: NDArray[np.uint8]
    names: Mapping[int, str]
    subject: str | None
    outcome: Outcome
    image_id: UUID | None

    @property
    def lesions(self) -> int:
        """How many there are."""
        return len(np.unique(self.labels[self.labels > 0]))


def decide(
    runtime: Runtime, owner: Owner, labelled: Labelled, row: Row | None
) -> Decided | Finding:
    """Decode a label and its image, and compare them with what is here. Writes nothing.

    Spacing comes from where it is surest: of an image that is here from its row, else from the
    image file, else from the table of samples.

    An image is de-identified as an upload is, unless exactly its pixels are stored already:
    what is stored has been through that, and a second time might find another sector.
    """
    name = printable(labelled.name)
    settings = runtime.settings
    limits = DecodeLimits(
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_side=settings.max_side,
    )
    try:
        decoded = image_of(labelled, partial(decode, limits=limits), DecodeError)
        labels = _labels(labelled, decoded.frame.height, decoded.frame.width)
    except DecodeError as error:
        return Finding(name, error.code, error.detail)
    except LabelError as error:
        return Finding(name, error.code, error.reason)
    digest = pixel_digest(decoded.frame.pixels)
    with runtime.database.read() as session:
        image = _image(session, owner, digest)
        if image is None:
            decoded = decoded.deidentified()
            digest = pixel_digest(decoded.frame.pixels)
            image = _image(session, owner, digest)
        spacing = _stored_spacing(session, image) if image else decoded.frame.spacing
        if image is None and spacing is None and row is not None:
            spacing = row.spacing
        outcome = _outcome(session, runtime, owner.user_id, image, labels)
    decoded = replace(decoded, frame=replace(decoded.frame, spacing=spacing))
    names = labelled.names or (row.names if row else {})
    return Decided(
        name=name,
        decoded=decoded,
        pixel_sha256=digest,
        labels=labels,
        names={number: text for number, text in names.items() if (labels == number).any()},
        subject=row.subject if row else None,
        outcome=outcome,
        image_id=image.id if image else None,
    )


def _labels(labelled: Labelled, height: int, width: int) -> NDArray[np.uint8]:
    """The label; an error of ours costs one label, not the import.

    Raises:
        LabelError: it cannot be used.
    """
    try:
        with decoded_by(decode_label):
            return labelled.labels(height, width)
    except LabelError:
        raise
    except Exception as error:
        # Neither the message nor the file is logged: both may quote what identifies somebody.
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} at {PurePath(where.filename).name}:{where.lineno}"
        log.error("a label was refused for an error of its reader: %s", place)
        raise LabelError(
            "unreadable", "The label cannot be read; export it from its tool again."
        ) from None


def _stored_spacing(session: Session, image: Image) -> tuple[float, float] | None:
    frame = session.scalars(select(FrameRow).where(FrameRow.image_id == image.id)).one()
    return (frame.row_mm, frame.column_mm) if frame.row_mm and frame.column_mm else None


def _image(session: Session, owner: Owner, digest: str) -> Image | None:
    """The project's image with these pixels, one's own before others'."""
    own_first = case((Image.owner_id == owner.user_id, 0), else_=1)
    redacted = select(PixelAlias.image_id).where(PixelAlias.pixel_sha256 == digest)
    same = or_(Image.pixel_sha256 == digest, Image.id.in_(redacted))
    query = (
        select(Image)
        .where(Image.project_id == owner.project_id, same)
        .order_by(own_first, Image.id)
    )
    return session.scalar(query.limit(1))


def _outcome(
    session: Session,
    runtime: Runtime,
    owner_id: UUID,
    image: Image | None,
    labels: NDArray[np.uint8],
) -> Outcome:
    if image is None:
        return Outcome.NEW_IMAGE
    if _has(session, runtime, image, labels):
        return Outcome.UNCHANGED
    others = select(Reading.id).where(Reading.image_id == image.id, Reading.reader_id != owner_id)
    settled = image.state == ImageState.APPROVED or image.double_reading
    if settled or session.scalar(others.limit(1)):
        return Outcome.KEPT_ASIDE
    return Outcome.NEW_REVISION


def _has(session: Session, runtime: Runtime, image: Image, labels: NDArray[np.uint8]) -> bool:
    """Whether a person's revision, or a consensus, tells the lesions apart in the same way."""
    query = (
        select(Mask, FrameRow.height, FrameRow.width)
        .join(FrameRow, FrameRow.id == Mask.frame_id)
        .where(
            Mask.image_id == image.id,
            Mask.source != MaskSource.MODEL,
            Mask.answer != Answer.CANNOT_JUDGE,
        )
        .order_by(Mask.revision.desc())
    )
    for mask, height, width in session.execute(query):
        if mask.labels is not None:
            stored = decode_runs(mask.labels["runs"], height, width)
        else:
            try:
                stored = numbered(decode_mask_png(runtime.blobs.get(mask_key(image.id, mask.id))))
            except BlobNotFoundError:
                continue
        if np.array_equal(stored, labels):
            return True
    return False
