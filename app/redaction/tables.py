"""Tables of areas that look like text in a picture, and of areas that people blacked out."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Uuid, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class Judgement(StrEnum):
    """The judgement of an area that looks like text."""

    KEPT = "kept"
    """A person marked it as no text, or as text that identifies nobody."""
    BLACKED_OUT = "blacked-out"
    """All of its pixels are black now."""


class SuspectedText(Base):
    """An area that looks like text and was kept, in every frame; the text itself is not stored."""

    __tablename__ = "suspected_text"
    __table_args__ = (Index(None, "judgement", "image_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    top: Mapped[int] = mapped_column(Integer)
    left: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    width: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    score: Mapped[float] = mapped_column(Float)
    """Confidence that this is text, 0 to 1."""
    judgement: Mapped[Judgement | None]
    """Null while nobody has judged it."""
    judged_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    judged_at: Mapped[datetime | None]


SUSPECTED = select(SuspectedText.image_id).where(SuspectedText.judgement.is_(None))
"""Images with an area that looks like text and that nobody has judged."""


class Redaction(Base):
    """Areas that a person had blacked out for good; a job does it."""

    __tablename__ = "redaction"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    first_frame: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_frame: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Index of the last frame in which the areas are blacked out."""
    areas: Mapped[list[Any]]
    """Rectangles and polygons in px of the frame, see :mod:`app.redaction.schemas`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]
    """Null until the pixels are black."""


class PixelAlias(Base):
    """Pixels that an image had after a redaction: if they are sent again, they are the same image.

    ``image.pixel_sha256`` stays that of the original pixels, so that the original file, sent again,
    also finds the redacted image.
    """

    __tablename__ = "pixel_alias"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    pixel_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)


_UNJUDGED = (
    select(SuspectedText.image_id, func.count().label("areas"))
    .where(
        SuspectedText.image_id.in_(bindparam("image_ids", type_=Uuid, expanding=True)),
        SuspectedText.judgement.is_(None),
    )
    .group_by(SuspectedText.image_id)
)


def unjudged_areas(session: Session, image_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the number of areas in each of these images that look like text and are unjudged."""
    rows = session.execute(_UNJUDGED, {"image_ids": image_ids})
    return {row.image_id: row.areas for row in rows}
