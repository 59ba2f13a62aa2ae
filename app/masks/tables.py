"""The table of masks. A row never changes; a correction is a new one that names its parent."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class MaskSource(StrEnum):
    """The author of a mask: a model, a person, or a consensus."""

    MODEL = "model"
    HUMAN = "human"
    CONSENSUS = "consensus"


class Assessment(StrEnum):
    """A reader's conclusion about a frame."""

    LESIONS = "lesions"
    NO_LESION = "no-lesion"
    CANNOT_JUDGE = "cannot-judge"


class Mask(Base):
    """One revision. ``job_id`` is unique: a job makes one result, however often it was tried.

    Pixels, parent, author and answer never change. A worker measures ``result``, ``dice`` and
    ``untouched`` of a person's revision once, after it was saved.
    """

    __tablename__ = "mask"
    __table_args__ = (UniqueConstraint("frame_id", "revision"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    frame_id: Mapped[UUID] = mapped_column(ForeignKey("frame.id", ondelete="CASCADE"))
    revision: Mapped[int] = mapped_column(Integer)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("mask.id", ondelete="CASCADE"))
    source: Mapped[MaskSource]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    job_id: Mapped[UUID | None] = mapped_column(Uuid, unique=True)
    model_name: Mapped[str | None] = mapped_column(String(80))
    model_version: Mapped[str | None] = mapped_column(String(40))
    model_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of all files of that version; null for masks from before digests were kept."""
    result: Mapped[dict[str, Any] | None]
    """Lesions; for a model's mask also uncertainty, crop, provenance and timings. Null until a
    person's revision is measured."""
    settings_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of model and settings: equal ones on equal pixels give an equal mask."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    reading_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    """The reading that a person's revision belongs to."""
    answer: Mapped[Assessment | None]
    """The author's conclusion; null on a model's mask."""
    answer_reason: Mapped[str | None] = mapped_column(String(500))
    """Why it cannot be judged."""
    labels: Mapped[dict[str, Any] | None]
    """Lesion numbers by pixel, ``{"runs": [label, length, …], "names": {"1": "…"}}``, if lesions
    are numbered; null if they are the mask's connected components. If there are any, also
    ``classes`` (``{"1": class id}``; a lesion without one is of the class "lesion"),
    ``overlays`` (``[{"class_id": …, "runs": […]}]``, a layer for each class whose lesions may
    overlap), ``overlap`` (whether any share pixels), ``attributes`` (``{"1": {attribute id:
    value}}``), ``image_attributes``, ``measurements`` (``[{"kind": "ruler", "lines": [[[x, y], [x,
    y]]]}]`` in px of the frame), ``note`` (free text, which no export holds) and ``kept`` (labels
    of possible lesions that the author took as they are)."""
    seconds: Mapped[float | None] = mapped_column(Float)
    """Seconds at the image for this revision, including its drafts."""
    prediction_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The model's mask that the author started from or saw."""
    dice: Mapped[float | None] = mapped_column(Float)
    """Between this revision and the prediction; both empty is 1."""
    untouched: Mapped[bool | None] = mapped_column(Boolean)
    """Every pixel equals the prediction's."""
    consensus: Mapped[dict[str, Any] | None]
    """Origin of a consensus: ``method``, ``of`` (the ids of the masks that it was made from)
    and, for STAPLE, each one's estimated ``sensitivity`` and ``specificity``; with several
    classes, these are in ``by_class`` by the class's id."""


class FrameClass(Base):
    """A class of the mask that represents a frame in lists, if a person drew the mask."""

    __tablename__ = "frame_class"
    __table_args__ = (Index(None, "class_id", "image_id"),)

    frame_id: Mapped[UUID] = mapped_column(
        ForeignKey("frame.id", ondelete="CASCADE"), primary_key=True
    )
    class_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)


class FrameNote(Base):
    """The note of that mask, if it has one, as searched."""

    __tablename__ = "frame_note"

    frame_id: Mapped[UUID] = mapped_column(
        ForeignKey("frame.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    note: Mapped[str] = mapped_column(Text)
    """Lower case, without accents."""


class Draft(Base):
    """A drawing that a person has not saved yet: one per person and frame, overwritten."""

    __tablename__ = "draft"

    frame_id: Mapped[UUID] = mapped_column(
        ForeignKey("frame.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    """Counts the writes, so that a tab notices the writes of another."""
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("mask.id", ondelete="SET NULL"))
    """The revision that the drawing started from."""
    labels: Mapped[dict[str, Any]]
    """As ``Mask.labels``."""
    answer: Mapped[Assessment | None]
    answer_reason: Mapped[str | None] = mapped_column(String(500))
    seconds: Mapped[float] = mapped_column(Float, default=0.0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class SuggestionState(StrEnum):
    """The state of a suggestion."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class SuggestionWay(StrEnum):
    """The origin of a suggestion."""

    PROPAGATED = "propagated"
    """One frame that a person corrected."""
    INTERPOLATED = "interpolated"
    """Two corrected frames, one on either side."""


class Suggestion(Base):
    """Lesions of corrected frames, carried over to another frame: one per person and frame, visible
    only to the person who asked. It becomes a revision when that person accepts it."""

    __tablename__ = "suggestion"

    frame_id: Mapped[UUID] = mapped_column(
        ForeignKey("frame.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    labels: Mapped[dict[str, Any]]
    """As ``Mask.labels``, with ``suggested``: ``{"way": …, "frames": [index of a key frame, …]}``,
    which the revision keeps."""
    way: Mapped[SuggestionWay]
    key_frames: Mapped[list[Any]]
    """Indices of the frames that it comes from."""
    state: Mapped[SuggestionState] = mapped_column(default=SuggestionState.OPEN)
    decision_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Identifies the suggestions accepted or rejected in one act, which can be undone."""
    mask_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The revision that it became."""
    before_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The frame's latest mask before that."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Presence(Base):
    """A person who has an image open now; a row that is not renewed is ignored and swept."""

    __tablename__ = "presence"

    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("image.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    frame_index: Mapped[int] = mapped_column(Integer, default=0)
    """The frame that they look at."""
    editing: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)
