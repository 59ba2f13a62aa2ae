"""Queues: which images wait for a person, as conditions on images and as counts."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    exists,
    false,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.ids import now
from app.images.tables import Image, ImageState
from app.masks.tables import Draft
from app.reviews.schemas import QueueCounts
from app.reviews.tables import Reading, ReadingState

Conditions = list[ColumnElement[bool]]
"""Conditions on :class:`Image`; an image must meet all of them."""

BUSY = (ReadingState.OPEN, ReadingState.RETURNED)
"""Readings that their reader still has to hand in."""


class Queue(StrEnum):
    """Images that wait for the caller, by what has to be done."""

    TO_CORRECT = "to-correct"
    """Open readings, and own images that need a reader."""
    RETURNED = "returned"
    """Readings that a reviewer gave back."""
    SUBMITTED_BY_ME = "submitted-by-me"
    """Handed in and not reviewed."""
    TO_REVIEW = "to-review"
    """Handed in by others, single readings."""
    TO_ADJUDICATE = "to-adjudicate"
    """Double readings that are both handed in."""
    OVERDUE = "overdue"
    """Own readings past their due date."""
    DRAFTS = "drafts"
    """Drawn and not saved."""
    UNASSIGNED = "unassigned"
    """Too few people have a reading."""
    APPROVED = "approved"
    """In the training pool."""
    ARCHIVED = "archived"
    """Put aside; not in any other queue."""


ARCHIVED = Image.archived_at.is_not(None)
"""Written as in its index."""


_OTHER = aliased(Image)
_ARCHIVED_IDS = select(_OTHER.id).where(_OTHER.archived_at.is_not(None))
"""Built once, because every page of the worklist asks."""


def in_lists(project_id: UUID) -> ColumnElement[bool]:
    """Images of a project that are not archived.

    Excludes the few that are archived, from their own index: looking at each image's row would
    make a count of many images an order of magnitude slower.
    """
    return Image.id.not_in(_ARCHIVED_IDS.where(_OTHER.project_id == project_id))


REVIEWERS = (Queue.TO_REVIEW, Queue.TO_ADJUDICATE, Queue.UNASSIGNED)
"""Queues that are empty for annotators."""


def branches(principal: Principal, queue: Queue, *, own_too: bool) -> list[Conditions]:
    """Return the queue as several sets of conditions; an image must meet one of the sets.

    They are separate on purpose: each uses its own index, whereas one query with OR would read
    every image of the site.

    Args:
        own_too: reviewers may approve their own drawings, so these wait for them as well.
    """
    me = principal.user.id
    if queue in REVIEWERS and not principal.has(Role.REVIEWER):
        return [[false()]]
    if queue == Queue.TO_CORRECT:
        return [[_read_by(me, ReadingState.OPEN)], [*_own_wanted(me), ~_has_reading(me)]]
    if queue == Queue.RETURNED:
        return [[_read_by(me, ReadingState.RETURNED)]]
    if queue == Queue.SUBMITTED_BY_ME:
        return [[_read_by(me, ReadingState.SUBMITTED)]]
    if queue == Queue.OVERDUE:
        return [[_read_by(me, *BUSY, overdue=True)]]
    if queue == Queue.DRAFTS:
        return [[Image.id.in_(select(Draft.image_id).where(Draft.user_id == me))]]
    if queue == Queue.UNASSIGNED:
        return [[_wanted()]]
    if queue == Queue.APPROVED:
        return [[Image.state == ImageState.APPROVED]]
    if queue == Queue.ARCHIVED:
        return [[ARCHIVED]]
    return [_waiting(me, double=queue == Queue.TO_ADJUDICATE, own_too=own_too)]


def _read_by(me: UUID, *states: ReadingState, overdue: bool = False) -> ColumnElement[bool]:
    query = select(Reading.image_id).where(Reading.reader_id == me, Reading.state.in_(states))
    return Image.id.in_(query.where(Reading.due_at < now()) if overdue else query)


def _has_reading(me: UUID) -> ColumnElement[bool]:
    return exists().where(Reading.image_id == Image.id, Reading.reader_id == me)


def _wanted() -> ColumnElement[bool]:
    return Image.wants_readers == true()


def _own_wanted(me: UUID) -> Conditions:
    return [Image.owner_id == me, _wanted()]


def _waiting(me: UUID, *, double: bool, own_too: bool) -> Conditions:
    found = [Image.state == ImageState.SUBMITTED, Image.double_reading.is_(double)]
    if not own_too:
        others = exists().where(
            Reading.image_id == Image.id,
            Reading.state == ReadingState.SUBMITTED,
            Reading.reader_id != me,
        )
        found.append(others)
    return found


def counts(session: Session, principal: Principal, *, own_too: bool) -> QueueCounts:
    """Count the images that wait for the caller, by queue, in one query.

    Large sets are counted from an index alone, and the few images that do not belong are
    subtracted: own images that the caller has a reading of, and submitted images that only the
    caller has handed in.
    """
    me = principal.user.id
    reviewer = principal.has(Role.REVIEWER)
    inside = Image.project_id == principal.project

    def mine(*states: ReadingState) -> Select[int]:
        return select(func.count()).where(
            Reading.reader_id == me,
            Reading.state.in_(states),
            exists().where(Image.id == Reading.image_id, inside, ~ARCHIVED),
        )

    def waiting(*, double: bool) -> ColumnElement[int]:
        submitted = [inside, Image.state == ImageState.SUBMITTED, Image.double_reading.is_(double)]
        number = _images(*submitted, in_lists(principal.project))
        if own_too:
            return number
        other = aliased(Reading)
        others = exists().where(
            other.image_id == Reading.image_id,
            other.state == ReadingState.SUBMITTED,
            other.reader_id != me,
        )
        here = exists().where(Image.id == Reading.image_id, *submitted)  # none of these is archived
        return number - mine(ReadingState.SUBMITTED).where(here, ~others).scalar_subquery()

    # A subquery that depends on the reading, so that no planner starts from the many images.
    own = [inside, Image.owner_id == me, Image.readers_wanted > 0]
    read_already = (
        select(func.count())
        .select_from(Reading)
        .where(Reading.reader_id == me, exists().where(Image.id == Reading.image_id, *own))
    )
    none = literal(0)
    row = session.execute(
        select(
            (
                mine(ReadingState.OPEN).scalar_subquery()
                + _images(*own)
                - read_already.scalar_subquery()
            ).label("to_correct"),
            mine(ReadingState.RETURNED).scalar_subquery().label("returned"),
            mine(ReadingState.SUBMITTED).scalar_subquery().label("submitted_by_me"),
            (waiting(double=False) if reviewer else none).label("to_review"),
            (waiting(double=True) if reviewer else none).label("to_adjudicate"),
            mine(*BUSY).where(Reading.due_at < now()).scalar_subquery().label("overdue"),
            select(func.count(Draft.image_id.distinct()))
            .where(
                Draft.user_id == me, exists().where(Image.id == Draft.image_id, inside, ~ARCHIVED)
            )
            .scalar_subquery()
            .label("drafts"),
            (_images(inside, Image.readers_wanted > 0) if reviewer else none).label("unassigned"),
            (_images(inside, ARCHIVED) if reviewer else none).label("archived"),
        )
    ).one()
    return QueueCounts.model_validate(row._asdict())


def _images(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """Count the images that meet these conditions."""
    return select(func.count()).select_from(Image).where(*conditions).scalar_subquery()
