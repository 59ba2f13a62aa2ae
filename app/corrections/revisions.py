"""The revisions that a person may see, as JSON."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row, select
from sqlalchemy.orm import Session, defer

from app.accounts.tables import User
from app.core.problems import Problem, not_found
from app.images.schemas import Person, model_of
from app.images.tables import Frame
from app.masks.drawing import measured, stored_labels
from app.masks.schemas import Labels, MaskDetails, MaskFigures, MaskResult, MaskSummary
from app.masks.tables import Mask
from app.reviews.visibility import View

_SAID = tuple(Mask.labels[key].label(key) for key in ("names", "classes", "measurements", "note"))
Kind = TypeVar("Kind", bound=MaskFigures)


def revisions(session: Session, view: View, frame_id: UUID) -> list[MaskSummary]:
    """Return all revisions of a frame that the person may see, newest first."""
    # The drawings may be long, so only their short columns are read.
    rows = session.execute(
        select(Mask, *_SAID)
        .where(Mask.frame_id == frame_id, view.masks)
        .order_by(Mask.revision.desc())
        .options(defer(Mask.labels))
    ).all()
    authors = _authors(session, (row.Mask.author_id for row in rows))
    numbers = {row.Mask.id: row.Mask.revision for row in rows}
    found = [
        MaskSummary(**_fields(row, authors, numbers), result=_measured(row.Mask, MaskFigures))
        for row in rows
    ]
    return [_without_model(one) for one in found] if view.model_hidden else found


def seen_details(session: Session, view: View, mask_id: UUID) -> MaskDetails:
    """Return one revision as far as the person may see it.

    Raises:
        Problem: 404 if it was deleted.
    """
    found = mask_details(session, mask_id)
    return _without_model(found) if view.model_hidden else found


Said = TypeVar("Said", bound=BaseModel)


def _without_model(mask: Said) -> Said:
    """Return the mask without the figures that would reveal the model's mask."""
    return mask.model_copy(update={"dice": None, "untouched": None})


def mask_details(session: Session, mask_id: UUID) -> MaskDetails:
    """Return one revision; the caller has checked that it may be seen.

    Raises:
        Problem: 404 if it was deleted.
    """
    row = session.execute(
        select(Mask, *_SAID).where(Mask.id == mask_id).options(defer(Mask.labels))
    ).one_or_none()
    if row is None:
        raise not_found("mask")
    mask: Mask = row.Mask
    numbers = {}
    if mask.parent_id is not None:
        query = select(Mask.revision).where(Mask.id == mask.parent_id)
        numbers[mask.parent_id] = session.scalars(query).one()
    fields = _fields(row, _authors(session, [mask.author_id]), numbers)
    return MaskDetails(**fields, result=_measured(mask, MaskResult))


def _measured(mask: Mask, kind: type[Kind]) -> Kind | None:
    return kind.model_validate(mask.result) if mask.result else None


def _authors(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    wanted = {author for author in ids if author is not None}
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: Person(id=row.id, name=row.name) for row in rows}


def _fields(row: Row[Any], authors: dict[UUID, Person], numbers: dict[UUID, int]) -> dict[str, Any]:
    """Return all fields of a :class:`MaskSummary` except the measured ones."""
    mask: Mask = row.Mask
    return {
        "id": mask.id,
        "revision": mask.revision,
        "parent_revision": numbers.get(mask.parent_id) if mask.parent_id else None,
        "source": mask.source,
        "author": authors.get(mask.author_id) if mask.author_id else None,
        "model": model_of(mask.model_name, mask.model_version),
        "created_at": mask.created_at,
        "answer": mask.answer,
        "answer_reason": mask.answer_reason,
        "seconds": mask.seconds,
        "dice": mask.dice,
        "untouched": mask.untouched,
        "reading_id": mask.reading_id,
        "names": row.names or {},
        "classes": row.classes or {},
        "measurements": measured(row.measurements or (), _spacing(mask)),
        "note": row.note or "",
    }


def _spacing(mask: Mask) -> tuple[float, float] | None:
    """Return the spacing (row, column) in mm that the revision was measured with, if any."""
    found = (mask.result or {}).get("spacing_mm")
    return (found["row"], found["column"]) if found else None


def labels_of(session: Session, mask: Mask) -> Labels:
    """Return the drawing of a revision.

    Raises:
        Problem: 404 if lesions are the mask's connected components.
    """
    if mask.labels is None:
        raise Problem(
            404,
            "no-labels",
            "This revision's lesions are the connected parts of its mask; fetch that instead.",
        )
    frame = session.get_one(Frame, mask.frame_id)
    return stored_labels(mask.labels, frame)
