"""The search text of the worklist, as conditions on images.

Codes, ids, notes and classes are in separate tables. One condition with OR over them makes the
database read every image of the project. So if few images match, they are found first, each kind
by its own index, and the page is made from them.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, cast, false, func, or_, select, union
from sqlalchemy.orm import Session

from app.images.tables import Image, Subject
from app.label_sets.records import vocabulary_of
from app.local_labels.records import plain
from app.masks.tables import FrameClass, FrameNote

FEW = 2000
"""With more matches than this, walking any order finds a page quickly."""


def classes_named(session: Session, project_id: UUID, text: str) -> Sequence[UUID]:
    """Return the classes of the project's label set whose name contains the text."""
    words = vocabulary_of(session, project_id)
    return [one.id for one in words.classes.values() if plain(text.strip()) in plain(one.name)]


def condition(
    session: Session, project_id: UUID, kinds: Sequence[Select[UUID]], named: Sequence[UUID] = ()
) -> tuple[ColumnElement[bool], bool]:
    """Return the condition that an image is in a query or among `named`, and whether few are."""
    limited = [query.limit(FEW + 1).subquery() for query in kinds]
    found = union(*(select(*part.c) for part in limited))
    few = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    several = few > FEW
    parts = kinds if several else [select(found.subquery().c[0])]
    among = [Image.id.in_(query) for query in parts]
    return or_(*among, Image.id.in_(named)) if named else or_(*among), not several


def beginning(project_id: UUID, text: str) -> list[Select[UUID]]:
    """Return queries for images whose subject's code or id begins with a text, as index ranges.

    They include subjects of other projects: the caller restricts the images.
    """
    code = text.strip().upper()
    found = [_of_subjects(Subject.code >= code, Subject.code < code + "\x7f")]
    if digits := _digits(text):
        first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        within = (Image.project_id == project_id, Image.id >= first, Image.id <= last)
        found.append(select(Image.id).where(*within))
    return found


def holding(project_id: UUID, text: str, classes: Sequence[UUID]) -> list[Select[UUID]]:
    """Return queries for images whose code, id or note contains a text or that show a class."""
    noted = [FrameNote.note.contains(word, autoescape=True) for word in plain(text).split()]
    found = [
        _of_subjects(Subject.code.icontains(text.strip(), autoescape=True)),
        select(FrameNote.image_id).where(*(noted or [false()])),
        select(FrameClass.image_id).where(FrameClass.class_id.in_(classes)),
    ]
    if digits := _digits(text):
        hexadecimal = func.replace(cast(Image.id, String), "-", "")
        within = (Image.project_id == project_id, hexadecimal.contains(digits, autoescape=True))
        found.append(select(Image.id).where(*within))
    return found


def _of_subjects(*conditions: ColumnElement[bool]) -> Select[UUID]:
    return select(Image.id).where(Image.subject_id.in_(select(Subject.id).where(*conditions)))


def _digits(text: str) -> str:
    """Return the hexadecimal digits of a text that may be part of an id, else an empty string."""
    low = text.strip().lower().replace("-", "")
    return low if len(low) <= 32 and not set(low) - set("0123456789abcdef") else ""
