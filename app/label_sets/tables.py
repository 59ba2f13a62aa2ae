"""Tables of label sets, their classes and attributes."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Float, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now

LESION_CLASS_ID = UUID("00000000-0000-7000-8000-000000000002")
"""The one class of the set that every project begins with (:data:`app.projects.tables.\
LESION_SET_ID`): that of every lesion whose drawing names no class."""


class ClassKind(StrEnum):
    """The geometry of a class's lesions."""

    INSTANCE = "instance"
    """One of possibly several, each with a number."""
    REGION = "region"
    """All pixels of the class together: an image has at most one."""


class AttributeSubject(StrEnum):
    """The subject of an attribute."""

    LESION = "lesion"
    IMAGE = "image"


class AttributeKind(StrEnum):
    """The type of an attribute's value."""

    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


class LabelSet(Base):
    """A vocabulary for drawings. A project has one, which several projects may share."""

    __tablename__ = "label_set"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer, default=1)
    """Counts the changes, so that an editor notices another's changes."""
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if it came with the program."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]

    classes: Mapped[list["LabelClass"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="LabelClass.position"
    )
    attributes: Mapped[list["Attribute"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="Attribute.position"
    )


class LabelClass(Base):
    """One class of a set. Once a drawing has it, it can be archived but not deleted."""

    __tablename__ = "label_class"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    label_set_id: Mapped[UUID] = mapped_column(
        ForeignKey("label_set.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(Integer)
    """Order in lists, from 0; also the order of the keys 1 to 9."""
    name: Mapped[str] = mapped_column(String(80))
    term: Mapped[str | None] = mapped_column(String(80))
    """Key of the name in a ready set (:data:`app.label_sets.ready.TERMS`); null if a person wrote
    the name."""
    colour: Mapped[str] = mapped_column(String(7))
    """#rrggbb."""
    code_scheme: Mapped[str | None] = mapped_column(String(16))
    """Coding scheme designator (DICOM PS3.16 section 8), such as SCT."""
    code_value: Mapped[str | None] = mapped_column(String(64))
    code_meaning: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[ClassKind] = mapped_column(default=ClassKind.INSTANCE)
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("label_class.id", ondelete="SET NULL")
    )
    overlaps: Mapped[bool] = mapped_column(Boolean, default=False)
    """Its lesions may share pixels with those of other classes and have their own layer."""
    used_at: Mapped[datetime | None]
    """When a revision first had it."""
    archived_at: Mapped[datetime | None]


class Attribute(Base):
    """A property of a lesion or of an image, besides its class."""

    __tablename__ = "attribute"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    label_set_id: Mapped[UUID] = mapped_column(
        ForeignKey("label_set.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    term: Mapped[str | None] = mapped_column(String(80))
    """As of a class."""
    subject: Mapped[AttributeSubject]
    kind: Mapped[AttributeKind]
    required: Mapped[bool] = mapped_column(Boolean, default=False)
    """A drawing cannot be handed in without it."""
    class_ids: Mapped[list[Any]]
    """Classes whose lesions have it; empty means all."""
    choices: Mapped[list[Any]]
    """``{"value": "…", "meaning": "…", "term": null}`` each, in order."""
    unit: Mapped[str | None] = mapped_column(String(20))
    minimum: Mapped[float | None] = mapped_column(Float)
    maximum: Mapped[float | None] = mapped_column(Float)
    used_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
