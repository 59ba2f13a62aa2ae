"""The work on each image of a worklist page, read in a few queries for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Uuid, bindparam, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.principal import Principal
from app.accounts.tables import Role, User
from app.core.ids import now
from app.images.tables import Image
from app.masks.tables import Draft, Presence
from app.redaction.tables import unjudged_areas
from app.reviews.tables import Reading, ReadingState
from app.reviews.visibility import PRESENT_FOR, View, hides_model, view_from
from app.worklist.schemas import ReaderState

_THESE: BindParameter[Any] = bindparam("image_ids", type_=Uuid, expanding=True)
_READINGS = (
    select(Reading)
    .where(Reading.image_id.in_(_THESE))
    .options(joinedload(Reading.reader))
    .order_by(Reading.id)
)
_DRAFTS = select(Draft.image_id).where(
    Draft.user_id == bindparam("user_id"), Draft.image_id.in_(_THESE)
)
_EDITING = (
    select(Presence.image_id, User.id, User.name)
    .join(User, User.id == Presence.user_id)
    .where(
        Presence.image_id.in_(_THESE),
        Presence.editing.is_(True),
        Presence.seen_at > bindparam("since"),
    )
    .order_by(User.name, User.id)
)
"""Queries of a page, built once because every page of the worklist uses them."""


@dataclass(slots=True)
class Work:
    """The work on one image, as far as one person may know it; see :class:`ImageSummary`."""

    readers: list[ReaderState] = field(default_factory=list)
    due_at: datetime | None = None
    has_draft: bool = False
    suspected_text: int = 0
    model_hidden: bool = False
    """The model's result is hidden from the person."""
    editing: list[str] = field(default_factory=list)


def work_on(session: Session, principal: Principal, images: Sequence[Image]) -> dict[UUID, Work]:
    """Return the work on each of these images, as far as the caller may know it."""
    user_id, image_ids = principal.user.id, [image.id for image in images]
    work = {one: Work() for one in image_ids}
    views: dict[UUID, View] = {}
    for image_id, readings in _readings(session, image_ids).items():
        view = views[image_id] = view_from(readings, image_id, user_id)
        work[image_id].readers = [
            ReaderState(id=one.reader.id, name=one.reader.name, state=one.state)
            for one in readings
            if view.sees_work_of(one.reader_id)
        ]
        if view.reading and view.reading.state in (ReadingState.OPEN, ReadingState.RETURNED):
            work[image_id].due_at = view.reading.due_at
    for image in images:
        mine = views.get(image.id)
        work[image.id].model_hidden = hides_model(
            image,
            mine.reading if mine else None,
            reviewer=principal.is_in(image.project_id, Role.REVIEWER),
        )
    for image_id in session.scalars(_DRAFTS, {"user_id": user_id, "image_ids": image_ids}):
        work[image_id].has_draft = True
    for image_id, number in unjudged_areas(session, image_ids).items():
        work[image_id].suspected_text = number
    for image_id, person, name in _editing(session, image_ids):
        known = views.get(image_id)
        if person != user_id and (known is None or known.sees_work_of(person)):
            work[image_id].editing.append(name)
    return work


def _readings(session: Session, image_ids: Sequence[UUID]) -> dict[UUID, list[Reading]]:
    found: dict[UUID, list[Reading]] = defaultdict(list)
    for reading in session.scalars(_READINGS, {"image_ids": image_ids}):
        found[reading.image_id].append(reading)
    return found


def _editing(session: Session, image_ids: Sequence[UUID]) -> Iterable[tuple[UUID, UUID, str]]:
    """Return image, id and name of everybody who is changing one of these images right now."""
    named = {"image_ids": image_ids, "since": now() - PRESENT_FOR}
    return ((row[0], row[1], row[2]) for row in session.execute(_EDITING, named))
