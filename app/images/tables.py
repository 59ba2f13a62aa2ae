"""Tables of ingested images. Nothing here identifies the patient."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Computed,
    Float,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    UniqueConstraint,
    Uuid,
    false,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.accounts.tables import User
from app.core.database import Base
from app.core.ids import new_id, now
from app.core.security import subject_code


class ImageState(StrEnum):
    """Progress of an image, from upload to approval."""

    UNLABELLED = "unlabelled"
    """No mask yet."""
    PREDICTED = "predicted"
    """The newest mask is a model's; nobody has worked on it."""
    IN_CORRECTION = "in-correction"
    """Somebody has saved a revision or has a draft."""
    SUBMITTED = "submitted"
    """Every reader has handed in; a reviewer is next."""
    RETURNED = "returned"
    """A reviewer wants something changed."""
    APPROVED = "approved"
    """A reviewer has signed a revision, which is part of the training pool."""


class Split(StrEnum):
    """The part of the training pool that an image belongs to, decided once per subject."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class ImageSource(StrEnum):
    """The way in which an image came here."""

    UPLOAD = "upload"
    """A person sent it from a browser."""
    SCRIPT = "script"
    """A program sent it with a token."""
    IMPORT = "import"
    """It was in an archive of labels."""
    PACS = "pacs"
    """It came from another system by DICOM."""


class RegionKind(StrEnum):
    """The content of a region (DICOM PS3.3 C.8.5.5.1.1 and C.8.5.5.1.2)."""

    TWO_D = "2-d"
    """Tissue in two dimensions."""
    COLOUR = "colour"
    """Flow in colour over tissue, on the same grid."""
    M_MODE = "m-mode"
    SPECTRAL = "spectral"
    """Doppler spectrum: time across, velocity or frequency down."""
    TRACE = "trace"
    """A wave form or a graph."""
    OTHER = "other"
    """Drawings of the scanner, or a kind that the standard does not name."""


class SpacingSource(StrEnum):
    """The source of a region's spacing in mm."""

    FILE = "file"
    TABLE = "table"
    """A table beside the image in an archive of labels."""
    MANUAL = "manual"
    """A person measured a known distance."""


class Subject(Base):
    """A patient under a pseudonym: the HMAC of the identifier that came with the image.

    Two projects with images of the same patient learn nothing about each other: each has its own
    subject under the same pseudonym.
    """

    __tablename__ = "subject"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    pseudonym: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(12), index=True)
    """The pseudonym's beginning, for people to read."""
    created_at: Mapped[datetime] = mapped_column(default=now)


def subject_with(session: Session, project_id: UUID, pseudonym: str) -> UUID:
    """Return the id of the project's subject with this pseudonym, creating it if needed."""
    query = select(Subject.id).where(
        Subject.project_id == project_id, Subject.pseudonym == pseudonym
    )
    found = session.scalar(query)
    if found:
        return found
    subject = Subject(project_id=project_id, pseudonym=pseudonym, code=subject_code(pseudonym))
    try:
        with session.begin_nested():
            session.add(subject)
    except IntegrityError:  # another process made it in the meantime
        return session.scalars(query).one()
    return subject.id


MOST_FRAMES = 10_000
"""Every cine has fewer frames than this, whatever a site allows."""

RANKS = ("uncertainty_rank", "disagreement_rank", "id")
"""The columns that the order of priority sorts by."""


class Study(Base):
    """An examination of a patient: a project's images whose files name the same study."""

    __tablename__ = "study"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    pseudonym: Mapped[str] = mapped_column(String(64))
    """HMAC of its Study Instance UID."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Series(Base):
    """A part of a study: the images that a scanner grouped."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "pseudonym"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id"))
    pseudonym: Mapped[str] = mapped_column(String(64))
    """HMAC of its Series Instance UID, or of its study's UID if a file names no series."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Image(Base):
    """One still or one cine, de-identified.

    Within a project, an owner has only one image with the same pixels.

    The columns from ``lesion_count`` to ``model_version`` repeat values of the frames and their
    newest masks, so that a worklist of 100,000 images sorts and filters by an index; they change
    only when a mask is added.
    """

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("project_id", "owner_id", "pixel_sha256"),
        # Every list belongs to one project, so every index begins with the project.
        Index(None, "project_id", "id"),
        Index(None, "project_id", "owner_id", "id"),
        Index(None, "project_id", "state", "id"),
        Index(None, "project_id", "uncertainty_score", "id"),
        Index(None, "project_id", "owner_id", "uncertainty_score", "id"),
        Index(None, "project_id", "model_name", "id"),
        Index(None, "project_id", "lesion_count", "id"),
        Index(None, "project_id", "approved_at", "id"),
        # Only for counting: these hold every column that the count of a queue needs.
        Index(None, "project_id", "readers_wanted"),
        Index(None, "project_id", "owner_id", "readers_wanted"),
        Index(None, "project_id", "state", "double_reading"),
        Index(None, "owner_id", "stored_bytes"),
        Index(
            "ix_image_archived",
            "project_id",
            "id",
            sqlite_where=text("archived_at IS NOT NULL"),
            postgresql_where=text("archived_at IS NOT NULL"),
        ),
        Index("ix_image_priority", "project_id", *RANKS),
        Index("ix_image_state_priority", "project_id", "state", *RANKS),
        Index("ix_image_owner_priority", "project_id", "owner_id", *RANKS),
        Index("ix_image_wanted_priority", "project_id", "wants_readers", *RANKS),
        Index("ix_image_owner_wanted_priority", "project_id", "owner_id", "wants_readers", *RANKS),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"), index=True)
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("series.id"), index=True)
    """Null if the file names no study."""
    pixel_sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Digest of the original pixels; it does not change when some of them are blacked out."""
    format: Mapped[str] = mapped_column(String(20))
    source: Mapped[ImageSource | None]
    """Null if it was stored by a version that did not record the source."""
    frame_count: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    frames_per_second: Mapped[float | None] = mapped_column(Float)
    """Frame rate of a cine; null for a still, or if the file does not state it."""
    acquisition: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", deferred=True
    )
    """Allow-listed attributes of scanner and acquisition, and only those of patient and dates that
    the site keeps; see `app.deidentification.records`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[ImageState] = mapped_column(default=ImageState.UNLABELLED)
    lesion_count: Mapped[int | None] = mapped_column(Integer)
    """The largest number that one of its frames shows."""
    possible_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The number of possible lesions among these, over all of its frames."""
    uncertainty_score: Mapped[float | None] = mapped_column(Float)
    """The score of its most uncertain frame."""
    long_axis_mm: Mapped[float | None] = mapped_column(Float)
    """The longest axis over all frames."""
    model_name: Mapped[str | None] = mapped_column(String(80))
    model_version: Mapped[str | None] = mapped_column(String(40))
    state_changed_at: Mapped[datetime] = mapped_column(default=now)
    disagreement: Mapped[float | None] = mapped_column(Float)
    """1 minus the Dice of two blind readings; null if there are not two."""
    double_reading: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether two people read it without seeing each other's masks."""
    model_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether its readers see no model's outline before they have handed in."""
    readers_wanted: Mapped[int] = mapped_column(Integer, default=1)
    """Number of people who should still read it: two in all for a double reading, else one."""
    wants_readers: Mapped[bool] = mapped_column(
        Boolean, Computed("readers_wanted > 0", persisted=True)
    )
    uncertainty_rank: Mapped[float] = mapped_column(
        Float, Computed("-coalesce(uncertainty_score, -1.0)", persisted=True)
    )
    """The negated score, null last: all columns of the order of priority ascend, so that a page of
    it is one range of one index on both SQLite and PostgreSQL."""
    disagreement_rank: Mapped[float] = mapped_column(
        Float, Computed("-coalesce(disagreement, -1.0)", persisted=True)
    )
    stored_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """The size of its files; null until the sweeper has counted them."""
    approved_at: Mapped[datetime | None]
    """When a reviewer signed; the frames hold the ids of the masks."""
    archived_at: Mapped[datetime | None]
    """When it was archived: then it is in no list or queue except the archive and needs no reader;
    the pool keeps it."""
    restored_at: Mapped[datetime | None]
    """When it was last restored from the archive or from deletion; retention rules count from
    then."""
    split: Mapped[Split | None]
    """Set at the first approval and never changed afterwards."""

    owner: Mapped[User] = relationship(lazy="raise")
    subject: Mapped[Subject | None] = relationship(lazy="raise")
    first_frame: Mapped["Frame"] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin="and_(Image.id == foreign(Frame.image_id), Frame.index == 0)",
    )
    """The only frame of a still."""
    regions: Mapped[list["Region"]] = relationship(
        lazy="raise", viewonly=True, order_by="Region.number"
    )


class Frame(Base):
    """One picture of an image, stored as lossless PNG, black outside its regions."""

    __tablename__ = "frame"
    __table_args__ = (UniqueConstraint("image_id", "index"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"))
    index: Mapped[int] = mapped_column(Integer, default=0)
    """From 0, in order of time."""
    time_ms: Mapped[float | None] = mapped_column(Float)
    """Time since the first frame; null for a still, or if the file does not state it."""
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    picture_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Part of the keys of the current pixels' blobs. Null only for a first frame of which nothing
    was permanently blacked out."""
    blanked: Mapped[list[Any] | None]
    """Areas that de-identification blacked out: kind, score and box; null if unknown."""
    latest_mask_id: Mapped[UUID | None] = mapped_column(Uuid)
    withdrawn_revision: Mapped[int | None] = mapped_column(Integer)
    """The highest number of a revision that its author took back; the number is never reused."""
    approved_mask_id: Mapped[UUID | None] = mapped_column(Uuid)
    lesion_count: Mapped[int | None] = mapped_column(Integer)
    """Copied, like the next three, from the mask that represents the frame in lists."""
    possible_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The number of possible lesions among these."""
    uncertainty_score: Mapped[float | None] = mapped_column(Float)
    long_axis_mm: Mapped[float | None] = mapped_column(Float)


class Region(Base):
    """A part of some frames of an image that shows one thing on one scale."""

    __tablename__ = "region"

    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """From 0, in the order of the file."""
    first_frame: Mapped[int] = mapped_column(Integer, default=0)
    last_frame: Mapped[int] = mapped_column(Integer, default=0)
    """Index of the last frame with this region."""
    top: Mapped[int] = mapped_column(Integer)
    left: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    width: Mapped[int] = mapped_column(Integer)
    kind: Mapped[RegionKind]
    row_mm: Mapped[float | None] = mapped_column(Float)
    """Distance between the centres of two rows in mm; null if unknown or if rows are not
    lengths."""
    column_mm: Mapped[float | None] = mapped_column(Float)
    spacing_source: Mapped[SpacingSource | None]
    """Null if no spacing is known."""
    calibrated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """The person who measured the spacing by hand."""
    calibrated_at: Mapped[datetime | None]
    proposed_scale: Mapped[dict[str, Any] | None]
    """A scale that is printed in the picture, for a person to confirm: px from mark to mark, mm if
    known, confidence, number of marks, start and end as (x, y) px. It is not used for measuring."""
    scale_confirmed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the spacing by hand is that of the printed scale."""
    units: Mapped[dict[str, Any] | None]
    """Steps and units of a region whose rows or columns are not lengths: ``{"row": {"step": …,
    "unit": "cm/s"}, "column": {…}}``."""


UNSEARCHED = select(Frame.image_id).where(Frame.blanked.is_(None))
"""Images that were not searched for text, because an earlier version stored them."""


def unsearched_in(project_id: UUID) -> Select[Any]:
    """Return the same for one project."""
    return UNSEARCHED.join(Image, Image.id == Frame.image_id).where(Image.project_id == project_id)


def picture_version(frame: Frame) -> str:
    """Return a word that changes when the pixels change."""
    return frame.picture_id.hex if frame.picture_id else "0"


def _pictures(image_id: UUID, picture_id: UUID | None) -> str:
    return f"images/{image_id}/{picture_id}" if picture_id else f"images/{image_id}"


def frame_key(image_id: UUID, picture_id: UUID | None) -> str:
    """Return the key of the blob of the de-identified frame.

    Args:
        picture_id: ``Frame.picture_id``, read in the transaction that decides what is served; a
            stale one may lead to pixels that have since been blacked out.
    """
    return f"{_pictures(image_id, picture_id)}/frame.png"


def thumbnail_key(image_id: UUID, picture_id: UUID | None) -> str:
    """Return the key of the blob of the frame at most 256 px wide and high."""
    return f"{_pictures(image_id, picture_id)}/thumbnail.jpg"


def preview_key(image_id: UUID, picture_id: UUID | None) -> str:
    """Return the key of the blob of a frame as a JPEG of its size; only cines have these."""
    return f"{_pictures(image_id, picture_id)}/preview.jpg"


def overlay_key(image_id: UUID, picture_id: UUID | None, mask_id: UUID) -> str:
    """Return the key of the blob of the frame with one mask revision drawn on it."""
    return f"{_pictures(image_id, picture_id)}/overlays/{mask_id}.png"


def mask_key(image_id: UUID, mask_id: UUID) -> str:
    """Return the key of the blob of one mask revision, a 1-bit PNG."""
    return f"images/{image_id}/masks/{mask_id}.png"


def file_stem(image: Image, frame: Frame) -> str:
    """Return the beginning of a file's name for people who save it."""
    return f"{image.id}" if image.frame_count == 1 else f"{image.id}_frame_{frame.index}"


def pixels_address(image_id: UUID, frame: Frame) -> str:
    """Return the address of a frame's lossless picture."""
    short = f"/images/{image_id}/frame"
    return versioned(short if frame.index == 0 else f"{short}s/{frame.index}/pixels", frame)


def versioned(address: str, frame: Frame) -> str:
    """Return the address of a picture. It changes when pixels are blacked out, so that no browser
    shows an outdated copy from its cache."""
    return f"{address}?v={picture_version(frame)}"
