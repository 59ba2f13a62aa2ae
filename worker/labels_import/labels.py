"""One decoded label of an archive, and what it would change here."""

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
from app.images.tables import Image, ImageState, SpacingSource, Split, mask_key
from app.imports.tables import ImportAs
from app.label_sets.records import ClassHandling, ClassMapping, vocabulary_of
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Assessment, Mask, MaskSource
from app.redaction.tables import PixelAlias
from app.reviews.tables import Reading
from worker.decoding import decode, decode_label
from worker.formats.label_pictures import decoded_by
from worker.formats.originals import image_of
from worker.formats.source import Finding, LabelError, Labelled
from worker.ingest import Decoded, DecodeError, DecodeLimits
from worker.labels_import.archive import printable
from worker.labels_import.table import Row
from worker.pipeline import decode_mask_png
from worker.pipeline.components import numbered
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, drawing_here
from worker.storage.pictures import pixel_digest

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """The outcome of storing a label.

    An image that is approved, or that other people are reading, keeps its revisions: an import
    never overrules a person.
    """

    NEW_IMAGE = "new_images"
    NEW_REVISION = "new_revisions"
    UNCHANGED = "unchanged"
    KEPT_ASIDE = "kept_aside"


@dataclass(frozen=True, slots=True)
class Owner:
    """The project of imported labels, the owner of their revisions, and their state."""

    project_id: UUID
    user_id: UUID
    stored_as: ImportAs
    mapping: Mapping[str, str] | None = None
    """A person's mapping of found classes. None if nobody was asked yet: unknown classes then stay
    open.
    """
    keeps_splits: bool = False
    """Whether the archive is another site's pool: its test data are not used for training here. Its
    subjects belong to that archive alone, so none of them has another part here.
    """


@dataclass(frozen=True)
class Decided:
    """A valid label and its consequences.

    Attributes:
        decoded: the image, de-identified.
        pixel_sha256: identity of its pixels.
        labels: uint8 [H,W], lesion numbers.
        found: the archive's class name of each lesion, including excluded ones; "" if it has none.
        names: names of lesions.
        drawing: the labels with their classes, in the layers that these require.
        subject: identifier from the archive, or None.
        image_id: the image with these pixels here, or None.
        split: the part for a new image; None if its subject decides.
    """

    name: str
    decoded: Decoded
    pixel_sha256: str
    labels: NDArray[np.uint8]
    names: Mapping[int, str]
    drawing: Drawing
    found: Mapping[int, str]
    subject: str | None
    outcome: Outcome
    image_id: UUID | None
    spacing_source: SpacingSource
    split: Split | None = None

    @property
    def lesions(self) -> int:
        """Number of lesions."""
        return len(np.unique(self.labels[self.labels > 0]))

    @property
    def patient(self) -> str | None:
        """The patient's identifier. The file's own takes precedence over a table's."""
        return self.decoded.patient_id or self.subject or None


def decide(
    runtime: Runtime, owner: Owner, labelled: Labelled, row: Row | None
) -> Decided | Finding:
    """Decode a label and its image, and compare them with stored data. Writes nothing.

    The spacing of a new image comes from its file, else from the table of samples; a stored image
    is measured with its known spacing.

    An image is de-identified like an upload, unless exactly its pixels are already stored: those
    have been de-identified, and a second time might find another sector.
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
        labels, said = _labels(labelled, decoded.frame.height, decoded.frame.width)
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
        spacing, spacing_source = decoded.frame.spacing, SpacingSource.FILE
        if image is None and spacing is None and row is not None:
            spacing, spacing_source = row.spacing, SpacingSource.TABLE
        words = vocabulary_of(session, owner.project_id)
        numbers = [int(number) for number in np.unique(labels) if number]
        if not said and row is not None and set(row.classes) == set(numbers):
            said = row.classes  # numbers in both a table and a picture
        found = {number: said.get(number, "") for number in numbers}
        try:
            placed = placed_by(ClassMapping(words, owner.mapping or {}), found, owner.mapping)
        except LabelError as error:
            return Finding(name, error.code, error.reason)
        classes, left_out = placed
        if left_out:
            labels = np.where(np.isin(labels, list(left_out)), 0, labels).astype(np.uint8)
            if not labels.any():
                reason = "All its lesions are of classes that are left out."
                return Finding(name, "left-out", reason, bad=False)
        drawing = drawing_here(words, labels, classes)
        outcome = _outcome(session, runtime, owner.user_id, image, drawing)
    decoded = replace(decoded, frame=replace(decoded.frame, spacing=spacing))
    names = labelled.names or (row.names if row else {})
    return Decided(
        name=name,
        decoded=decoded,
        pixel_sha256=digest,
        labels=labels,
        # A label equal to the class's name adds nothing.
        names={
            number: text
            for number, text in names.items()
            if (labels == number).any() and (number not in classes or text != said.get(number))
        },
        drawing=drawing,
        found=found,
        subject=row.subject if row else None,
        outcome=outcome,
        image_id=image.id if image else None,
        spacing_source=spacing_source,
        split=Split(row.split) if owner.keeps_splits and row and row.split in set(Split) else None,
    )


def _labels(
    labelled: Labelled, height: int, width: int
) -> tuple[NDArray[np.uint8], Mapping[int, str]]:
    """Return the label, and the classes of its lesions if it states them.

    An error in our code fails one label, not the import.

    Raises:
        LabelError: the label cannot be used.
    """
    try:
        with decoded_by(decode_label):
            labels = labelled.labels(height, width)
            classes = labelled.classify(labels) if labelled.classify else labelled.classes
            return labels, classes
    except LabelError:
        raise
    except Exception as error:
        # Neither the message nor the file is logged: both may identify somebody.
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} at {PurePath(where.filename).name}:{where.lineno}"
        log.error("a label was refused for an error of its reader: %s", place)
        raise LabelError(
            "unreadable", "The label cannot be read; export it from its tool again."
        ) from None


def _image(session: Session, owner: Owner, digest: str) -> Image | None:
    """The project's image with these pixels, the owner's before others'."""
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
    drawing: Drawing,
) -> Outcome:
    if image is None:
        return Outcome.NEW_IMAGE
    if _has(session, runtime, image, drawing):
        return Outcome.UNCHANGED
    others = select(Reading.id).where(Reading.image_id == image.id, Reading.reader_id != owner_id)
    settled = image.state == ImageState.APPROVED or image.double_reading
    if settled or session.scalar(others.limit(1)):
        return Outcome.KEPT_ASIDE
    return Outcome.NEW_REVISION


def _has(session: Session, runtime: Runtime, image: Image, drawing: Drawing) -> bool:
    """Whether a person's revision, or a consensus, has the same lesions."""
    query = (
        select(Mask, FrameRow.height, FrameRow.width)
        .join(FrameRow, FrameRow.id == Mask.frame_id)
        .where(
            Mask.image_id == image.id,
            Mask.source != MaskSource.MODEL,
            Mask.answer != Assessment.CANNOT_JUDGE,
        )
        .order_by(Mask.revision.desc())
    )
    for mask, height, width in session.execute(query):
        if mask.labels is not None:
            stored = Drawing.from_json(mask.labels, height, width)
        else:
            try:
                pixels = decode_mask_png(runtime.blobs.get(mask_key(image.id, mask.id)))
                stored = Drawing(numbered(pixels))
            except BlobNotFoundError:
                continue
        if _same(stored, drawing):
            return True
    return False


def _same(one: Drawing, other: Drawing) -> bool:
    """Whether both have the same lesions of the same classes."""
    if one.numbers != other.numbers:
        return False
    alike = all(one.class_of(number) == other.class_of(number) for number in one.numbers)
    return alike and all(
        np.array_equal(one.lesion(number), other.lesion(number)) for number in one.numbers
    )


def placed_by(
    mapping: ClassMapping, found: Mapping[int, str], asked: Mapping[str, str] | None
) -> tuple[dict[int, UUID], set[int]]:
    """Return the class of each lesion, and the excluded lesions.

    A lesion of the class "lesion" is not listed, because that is the default.

    Args:
        found: names of classes by lesion.
        asked: None if nobody was asked yet: lesions of unknown classes then have no class.

    Raises:
        LabelError: a class is refused or unknown.
    """
    classes, left_out = {}, set()
    refused, unknown = set(), set()
    for number, name in found.items():
        target = mapping.of(name)
        if target is ClassHandling.LEAVE_OUT:
            left_out.add(number)
        elif target is ClassHandling.REFUSE:
            refused.add(name or "none")
        elif target is None:
            unknown.add(name or "none")
        elif target != LESION_CLASS_ID:
            classes[number] = target
    if refused:
        listed = ", ".join(sorted(refused))[:200]
        raise LabelError("refused-class", f"Labels with these classes are refused: {listed}.")
    if unknown and asked is not None:
        raise LabelError(
            "unknown-class",
            f"The label set “{mapping.words.name}” does not have the class of some lesions "
            f"({', '.join(sorted(unknown))[:200]}); say where it goes.",
        )
    return classes, left_out
