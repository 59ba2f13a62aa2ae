"""Tables of projects and of who works in them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Float, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now

DEFAULT_PROJECT = UUID("019b0000-0000-7000-8000-000000000001")
"""The project that every site begins with; a migration makes it."""

TRASH = UUID("019b0000-0000-7000-8000-000000000002")
"""The project of deleted images until they are erased. Nobody belongs to it, not even site admins,
so no list, picture, export or count includes its images."""


LESION_SET_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The label set that every project begins with; a migration makes it."""


class Role(StrEnum):
    """A role in a project; each includes the ones before it."""

    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def allows(self, needed: "Role") -> bool:
        """Whether this role is at least ``needed``."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Project(Base):
    """Images of one organ or for one purpose, with the rules by which they are read."""

    __tablename__ = "project"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    purpose: Mapped[str] = mapped_column(String(200), default="")
    """The organ, or what the images are for."""
    label_set_id: Mapped[UUID] = mapped_column(ForeignKey("label_set.id"), default=LESION_SET_ID)
    """New drawings are checked against it."""
    double_reading_share: Mapped[float | None] = mapped_column(Float)
    """Share of new images that two people read; null is the site's setting."""
    self_approval: Mapped[bool | None] = mapped_column(Boolean)
    """Whether reviewers may approve their own drawings; null is the site's setting."""
    blind_to_model: Mapped[bool] = mapped_column(Boolean, default=False)
    """Readers do not see the model's outline until they have handed in."""
    retain_patient_characteristics: Mapped[bool | None] = mapped_column(Boolean)
    """Keep sex, age, size, weight, pregnancy and smoking of DICOM files (PS3.15 E.3.7); null is the
    site's setting."""
    retain_shifted_dates: Mapped[bool | None] = mapped_column(Boolean)
    """Keep dates of examinations, shifted (PS3.15 E.3.6); null is the site's setting."""
    case_rule: Mapped[str | None] = mapped_column(String(100))
    """Reads the case from the names of files that arrive without one; null reads none."""
    model_classes: Mapped[dict[str, Any] | None]
    """An admin's mapping of models' classes: by the model's name and the class's name, the id of a
    class of the label set, or "leave-out"."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(Base):
    """A person's role in a project. Site admins are admins in every project, with or without a row;
    with one, they can be assigned images there."""

    __tablename__ = "membership"

    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role]
    """The highest of their own role and those of their groups; every check reads this."""
    own_role: Mapped[Role | None]
    """Given to the person and not to a group; null if only a group makes them a member."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class PeopleGroup(Base):
    """People of the site who are given roles in projects together."""

    __tablename__ = "people_group"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class GroupMember(Base):
    """Somebody who belongs to a group."""

    __tablename__ = "group_member"

    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("people_group.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class GroupRole(Base):
    """The role in a project that a group gives to its people."""

    __tablename__ = "group_role"

    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("people_group.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role]


class RetentionKind(StrEnum):
    """The subject of a retention rule."""

    NEVER_SUBMITTED = "never-submitted"
    """Images that nobody has handed in, counted from the last work on them."""
    RETURNED = "returned"
    """Images that a reviewer gave back, counted from then or from the last work on them."""
    EXPORTS = "exports"
    """Archives of the pool, counted from when they were finished."""
    DELETED_IMAGES = "deleted-images"
    """When deleted images are erased; replaces the site's setting."""
    JOBS = "jobs"
    """Rows of jobs that have ended and that nothing else needs."""


class RetentionAction(StrEnum):
    """The action of a retention rule on what it applies to."""

    ARCHIVE = "archive"
    DELETE = "delete"


class RetentionRule(Base):
    """The number of days after which something of a project is put aside or deleted."""

    __tablename__ = "retention_rule"

    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[RetentionKind] = mapped_column(primary_key=True)
    action: Mapped[RetentionAction]
    days: Mapped[int] = mapped_column(Integer)
    keep_pool: Mapped[bool] = mapped_column(Boolean, default=True)
    """Spare what is or ever was in the training pool."""
    begins_at: Mapped[datetime]
    """The end of the notice period; nothing happens before it."""
    set_at: Mapped[datetime] = mapped_column(default=now)
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
