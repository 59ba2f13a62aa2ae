"""The classes of an export, in an order that stays the same while it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exports.tables import Export, ExportItem
from app.images.tables import Image
from app.label_sets.records import classes_by_id, vocabulary_of
from app.label_sets.tables import LESION_CLASS_ID, Attribute, AttributeKind, LabelClass
from app.masks.tables import Mask
from worker.formats.sample import CATEGORY, LESION, Category


@dataclass(frozen=True)
class Categories:
    """The categories of an export's masks.

    Attributes:
        all: categories in the order of their numbers.
        numbers: number of each class by its id.
        attributes: names of attributes by id. Free text is left out, as it may name somebody.
    """

    all: tuple[Category, ...] = (LESION,)
    numbers: Mapping[UUID, int] = field(default_factory=lambda: {LESION_CLASS_ID: 1})
    attributes: Mapping[str, str] = field(default_factory=dict)

    def of(self, classes: Mapping[int, UUID], numbers: Sequence[int]) -> dict[int, Category]:
        """Return the category of each lesion by its number."""
        return {
            number: self.all[self.numbers[classes.get(number, LESION_CLASS_ID)] - 1]
            for number in numbers
        }

    def looked_for(self, mask_id: UUID) -> str:
        """Names of classes that are older than a mask, separated by semicolons; empty: all.

        The person who drew it did not look for newer ones, so their absence means nothing.
        """
        older = [
            self.all[number - 1].name for kind, number in self.numbers.items() if kind < mask_id
        ]
        return "" if len(older) == len(self.all) else ";".join([CATEGORY, *older])

    def by_name(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes by name."""
        return {self.attributes[key]: one for key, one in values.items() if key in self.attributes}


def categories_of(session: Session, export: Export) -> Categories:
    """Classes of the project's label set in its order, then others in the export's masks.

    Classes without masks are included, so that a project's archives number classes alike; archived
    classes are included only if a mask has them.
    """
    words = vocabulary_of(session, export.project_id)
    query = (
        select(Mask.labels["classes"], Image.lesion_count)
        .join(ExportItem, ExportItem.mask_id == Mask.id)
        .join(Image, Image.id == Mask.image_id)
        .where(ExportItem.export_id == export.id)
        .execution_options(yield_per=500)
    )
    there: set[UUID] = set()
    for classes, lesions in session.execute(query):
        there |= {UUID(one) for one in (classes or {}).values()}
        if lesions is None or len(classes or {}) < lesions:
            there.add(LESION_CLASS_ID)  # one of them names no class
    listed: dict[UUID, LabelClass] = {
        kind: row for kind, row in words.classes.items() if row.archived_at is None or kind in there
    }
    rest = classes_by_id(session, there - set(listed))
    listed |= dict(sorted(rest.items(), key=lambda entry: (entry[0] == LESION_CLASS_ID, entry[0])))
    numbers = {kind: number for number, kind in enumerate(listed, 1)}
    names: dict[str, int] = {}
    found = []
    for kind, row in listed.items():
        name = row.name
        if name.casefold() in names:  # from another set
            name = f"{name} ({numbers[kind]})"
        names[name.casefold()] = numbers[kind]
        parent = listed.get(row.parent_id) if row.parent_id else None
        code = (row.code_scheme, row.code_value, row.code_meaning)
        found.append(
            Category(
                number=numbers[kind],
                name=name,
                parent=parent.name if parent else None,
                code=(code[0], code[1], code[2]) if code[0] and code[1] and code[2] else None,
            )
        )
    asked: dict[str, str] = {str(one.id): one.name for one in words.attributes if _may_leave(one)}
    return Categories(tuple(found), numbers, asked)


def _may_leave(attribute: Attribute) -> bool:
    return attribute.kind != AttributeKind.TEXT
