"""Reading and deleting images; what of them a caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.pagination import decode_cursor, encode_cursor
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.schemas import (
    FrameDetails,
    ImageDetails,
    ImagePage,
    ImageSummary,
    LesionFilter,
    MaskDetails,
    ModelName,
    OwnerFilter,
    Person,
    Sort,
    SubjectReference,
)
from app.images.tables import (
    Frame,
    Image,
    ImageState,
    Subject,
    frame_key,
    mask_key,
    overlay_key,
    thumbnail_key,
)
from app.masks.tables import Mask
from app.segment.schemas import Spacing, StoredResult

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


def visible(session: Session, principal: Principal, image_id: UUID) -> Image:
    """The image, if the caller may see it: annotators their own, others all.

    Raises:
        Problem: 404.
    """
    image = session.get(Image, image_id)
    if image is None or not _sees(principal, image):
        raise not_found("image")
    return image


def _sees(principal: Principal, image: Image) -> bool:
    return principal.has(Role.REVIEWER) or image.owner_id == principal.user.id


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
        items=[ImageSummary(**_summary(image)) for image in page],
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


def _summary(image: Image) -> dict[str, Any]:
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
        "model": _model(image.model_name, image.model_version),
        "thumbnail_url": f"/images/{image.id}/thumbnail",
    }


def _model(name: str | None, version: str | None) -> ModelName | None:
    return ModelName(name=name, version=version) if name and version else None


def details(session: Session, principal: Principal, image_id: UUID) -> ImageDetails:
    """An image with its frame and its masks.

    Raises:
        Problem: 404.
    """
    image = session.scalar(
        select(Image)
        .where(Image.id == image_id)
        .options(joinedload(Image.owner), joinedload(Image.subject), selectinload(Image.frames))
    )
    if image is None or not _sees(principal, image):
        raise not_found("image")
    frame = image.frames[0]
    return ImageDetails(
        **_summary(image),
        frame=FrameDetails(
            id=frame.id,
            width=frame.width,
            height=frame.height,
            spacing_mm=_spacing(frame),
            attributes=frame.attributes,
        ),
        masks=[
            MaskDetails(
                id=mask.id,
                revision=mask.revision,
                source=mask.source,
                model=_model(mask.model_name, mask.model_version),
                created_at=mask.created_at,
                result=StoredResult.model_validate(mask.result),
            )
            for mask in masks(session, image)
        ],
    )


def _spacing(frame: Frame) -> Spacing | None:
    if frame.row_mm is None or frame.column_mm is None:
        return None
    return Spacing(row=frame.row_mm, column=frame.column_mm)


def masks(session: Session, image: Image) -> Sequence[Mask]:
    """All revisions, newest first."""
    query = select(Mask).where(Mask.image_id == image.id).order_by(Mask.revision.desc())
    return session.scalars(query).all()


def mask_of(session: Session, image: Image, revision: int | None) -> Mask:
    """One revision, or the newest.

    Raises:
        Problem: 404.
    """
    query = select(Mask).where(Mask.image_id == image.id).order_by(Mask.revision.desc()).limit(1)
    if revision is not None:
        query = query.where(Mask.revision == revision)
    mask = session.scalar(query)
    if mask is None:
        raise not_found("mask")
    return mask


def remove(session: WriteSession, state: State, principal: Principal, image_id: UUID) -> None:
    """Delete an image with its masks and blobs; its owner or an admin may.

    Raises:
        Problem: 403, 404.
    """
    image = visible(session, principal, image_id)
    if image.owner_id != principal.user.id and not principal.has(Role.ADMIN):
        raise Problem(403, "not-owner", "Only the image's owner or an admin can delete it.")
    keys = [frame_key(image.id), thumbnail_key(image.id)]
    for mask in masks(session, image):
        keys += [mask_key(image.id, mask.id), overlay_key(image.id, mask.id)]
    owner = image.owner_id
    audit.record(session, state.site_key, principal.actor, "image.deleted", "image", image.id)
    session.delete(image)
    session.flush()

    def clean() -> None:
        event = {"id": str(image_id), "change": "deleted", "at": now().isoformat()}
        state.bell.publish(f"user:{owner}", {"event": "image", "data": event})
        for key in keys:
            state.blobs.delete(key)

    after_commit(session, clean)
