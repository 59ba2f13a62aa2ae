"""A label set as needed for checking drawings, and the mapping of other classes to it; for the api
and for workers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.core.database import WriteSession
from app.core.ids import now
from app.label_sets.tables import (
    LESION_CLASS_ID,
    Attribute,
    AttributeSubject,
    LabelClass,
    LabelSet,
)
from app.projects.tables import Project


@dataclass(frozen=True)
class Vocabulary:
    """The classes and attributes of one set, in order.

    Attributes:
        classes: by id, archived ones too.
    """

    set_id: UUID
    name: str
    classes: Mapping[UUID, LabelClass]
    attributes: tuple[Attribute, ...]

    @property
    def only(self) -> UUID | None:
        """The class of a lesion without one: "lesion" if it is in the set, else None."""
        if LESION_CLASS_ID in self.classes:
            return LESION_CLASS_ID
        return None

    @property
    def implied(self) -> UUID | None:
        """The class that a saved lesion without one gets: the set's only class, if not "lesion"."""
        if LESION_CLASS_ID in self.classes:
            return None
        open_ones = [one for one in self.classes.values() if one.archived_at is None]
        if len(open_ones) != 1 or open_ones[0].overlaps:
            return None
        return open_ones[0].id

    def asked_of(self, subject: AttributeSubject, class_id: UUID | None) -> list[Attribute]:
        """Return the attributes of the image, or of lesions of a class, that are not archived."""
        return [
            one
            for one in self.attributes
            if one.subject == subject
            and one.archived_at is None
            and (not one.class_ids or str(class_id) in one.class_ids)
        ]


def vocabulary_of(session: Session, project_id: UUID) -> Vocabulary:
    """Return the set that new drawings of a project follow; its rows must not be changed."""
    query = (
        select(LabelSet)
        .join(Project, Project.label_set_id == LabelSet.id)
        .where(Project.id == project_id)
        .options(selectinload(LabelSet.classes), selectinload(LabelSet.attributes))
    )
    found = session.scalars(query).one()
    return Vocabulary(
        set_id=found.id,
        name=found.name,
        classes={one.id: one for one in found.classes},
        attributes=tuple(found.attributes),
    )


def classes_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, LabelClass]:
    """Return classes of any set; unknown ids are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.scalars(select(LabelClass).where(LabelClass.id.in_(wanted)))
    return {row.id: row for row in rows}


def mark_used(
    session: WriteSession, class_ids: Iterable[UUID], attribute_ids: Iterable[UUID] = ()
) -> None:
    """Record that a revision has these, so from now on they can be archived but not deleted."""
    for table, ids in ((LabelClass, set(class_ids)), (Attribute, set(attribute_ids))):
        if ids:
            session.execute(
                update(table)
                .where(table.id.in_(ids), table.used_at.is_(None))
                .values(used_at=now())
                .execution_options(synchronize_session=False)
            )


class ClassHandling(StrEnum):
    """Handling of lesions whose class is not imported."""

    LEAVE_OUT = "leave-out"
    """They are left out; the image's other lesions are stored."""
    REFUSE = "refuse"
    """Labels with such a lesion are refused, each by name."""


def folded(name: str) -> str:
    """Return a class's name in the form used for comparing names."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True)
class ClassMapping:
    """The mapping of found names to classes: as a person chose, else to the class of that name.

    Args:
        words: the project's label set.
        asked: class ids or ways of handling, by the names that were found; "" is the name of
            lesions without a class.
    """

    words: Vocabulary
    asked: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> UUID | ClassHandling | None:
        """Return the class of the set, or the handling; None if unknown: nothing is guessed."""
        asked = {folded(one): target for one, target in self.asked.items()}.get(folded(name))
        if asked is not None:
            return ClassHandling(asked) if asked in list(ClassHandling) else self._open(UUID(asked))
        for one in self.words.classes.values():
            if one.archived_at is None and folded(one.name) == folded(name):
                return one.id
        return self._only_class() if not name else None

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return the unknown names, sorted."""
        return sorted(name for name in names if self.of(name) is None)

    def _open(self, class_id: UUID) -> UUID | None:
        found = self.words.classes.get(class_id)
        return class_id if found is not None and found.archived_at is None else None

    def _only_class(self) -> UUID | None:
        """Return the class of lesions without one if the set has only one class."""
        if set(self.words.classes) == {LESION_CLASS_ID}:
            return LESION_CLASS_ID
        return self.words.implied
