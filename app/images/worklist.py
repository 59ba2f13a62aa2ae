"""The worklist: images that a caller may see, filtered, sorted, paged by keyset."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.pagination import decode_cursor, encode_cursor
from app.core.problems import Problem
from app.images.schemas import (
    ImagePage,
    ImageSummary,
    LesionFilter,
    ModelName,
    OwnerFilter,
    Person,
    Sort,
    SubjectReference,
)
from app.images.tables import Image, ImageState, Subject

COUNT_UP_TO = 10_000
"""Counting more matches than this would cost more than the page itself."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the worklist is narrowed to."""

    q: str | None = None
    """Beginning of a subject's code or of an image's id."""
    state: ImageState | None = None
    model: str | None = None
    lesions: LesionFilter | None = None
    owner: OwnerFilter = OwnerFilter.ALL
    created_from: datetime | None = None
    created_to: datetime | None = None


def worklist(
    session: Session,
    principal: Principal,
    filters: Filters,
    sort: Sort,
    cursor: str | None,
    limit: int,
) -> ImagePage:
    """One page of images, in the order asked for, by keyset."""
    conditions = _conditions(principal, filters)
    rows = session.scalars(
        _ordered(select(Image).where(*conditions), sort, cursor)
        .options(joinedload(Image.owner), joinedload(Image.subject), selectinload(Image.frames))
        .limit(limit + 1)
    ).all()
    matching = select(Image.id).where(*conditions).limit(COUNT_UP_TO + 1).subquery()
    total = session.scalar(select(func.count()).select_from(matching)) or 0
    page = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        last = page[-1]
        next_cursor = encode_cursor(sort, last.uncertainty_score, last.id)
    return ImagePage(
        items=[ImageSummary(**summary_fields(image)) for image in page],
        next_cursor=next_cursor,
        total=min(total, COUNT_UP_TO),
        total_is_capped=total > COUNT_UP_TO,
    )


def _conditions(principal: Principal, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not principal.has(Role.REVIEWER) or filters.owner == OwnerFilter.ME:
        found.append(Image.owner_id == principal.user.id)
    if filters.state:
        found.append(Image.state == filters.state)
    if filters.model:
        found.append(Image.model_name == filters.model)
    if filters.lesions == LesionFilter.NONE:
        found.append(Image.lesion_count == 0)
    elif filters.lesions == LesionFilter.ONE:
        found.append(Image.lesion_count == 1)
    elif filters.lesions == LesionFilter.SEVERAL:
        found.append(Image.lesion_count > 1)
    if filters.created_from:
        found.append(Image.created_at >= filters.created_from)
    if filters.created_to:
        found.append(Image.created_at < filters.created_to)
    if filters.q:
        found.append(_matches(filters.q))
    return found


def _matches(q: str) -> ColumnElement[bool]:
    """Codes and ids that begin so, as ranges, which an index finds."""
    text = q.strip()
    code = text.upper()
    subjects = select(Subject.id).where(Subject.code >= code, Subject.code < code + "\x7f")
    by_code = Image.subject_id.in_(subjects)
    low = text.lower().replace("-", "")
    if not low or len(low) > 32 or set(low) - set("0123456789abcdef"):
        return by_code
    first, last = UUID(low.ljust(32, "0")), UUID(low.ljust(32, "f"))
    return or_(by_code, and_(Image.id >= first, Image.id <= last))


def _ordered(query: Select[Image], sort: Sort, cursor: str | None) -> Select[Image]:
    position = decode_cursor(cursor, 3) if cursor else None
    last: UUID | None = None
    if position is not None:
        try:
            last = UUID(str(position[2]))
        except ValueError as error:
            raise _foreign_cursor() from error
        if position[0] != sort:
            raise _foreign_cursor()
    if sort == Sort.OLDEST:
        query = query.where(Image.id > last) if last else query
        return query.order_by(Image.id)
    if sort == Sort.NEWEST:
        query = query.where(Image.id < last) if last else query
        return query.order_by(Image.id.desc())
    # Images without a mask have no score and are not part of this order.
    query = query.where(Image.uncertainty_score.is_not(None))
    if last and position:
        if not isinstance(position[1], int | float):
            raise _foreign_cursor()
        query = query.where(
            tuple_(Image.uncertainty_score, Image.id) < tuple_(float(position[1]), last)
        )
    return query.order_by(Image.uncertainty_score.desc(), Image.id.desc())


def _foreign_cursor() -> Problem:
    return Problem(422, "invalid-cursor", "This cursor is not one of this list; leave it out.")


def summary_fields(image: Image) -> dict[str, Any]:
    """The fields of :class:`ImageSummary`; owner, subject and frames must be loaded."""
    frame = image.frames[0]
    return {
        "id": image.id,
        "created_at": image.created_at,
        "state": image.state,
        "owner": Person(id=image.owner.id, name=image.owner.name),
        "subject": SubjectReference(id=image.subject.id, code=image.subject.code)
        if image.subject
        else None,
        "width": frame.width,
        "height": frame.height,
        "format": image.format,
        "lesion_count": image.lesion_count,
        "uncertainty_score": image.uncertainty_score,
        "long_axis_mm": image.long_axis_mm,
        "model": model_of(image.model_name, image.model_version),
        "thumbnail_url": f"/images/{image.id}/thumbnail",
    }


def model_of(name: str | None, version: str | None) -> ModelName | None:
    """A model's name and version, where both are known."""
    return ModelName(name=name, version=version) if name and version else None
