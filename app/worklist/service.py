"""The worklist: images that a caller may see, filtered, sorted, paged by keyset.

An annotator sees images in two ways, as owner and as reader, and a queue may also have two sources.
Each is a branch: a set of conditions with its own index. A page takes the first rows of every
branch, merged and sorted again; one query with OR would read the whole site.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    GenerativeSelect,
    Select,
    false,
    func,
    literal,
    not_,
    select,
    tuple_,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.database import UtcDateTime
from app.core.pagination import decode_cursor, encode_cursor, foreign_cursor
from app.core.security import SiteKey
from app.core.times import storable
from app.images.tables import UNSEARCHED, Image, ImageState
from app.projects.records import Rules
from app.redaction.tables import SUSPECTED
from app.reviews.queues import BUSY, Conditions, Queue, branches, in_lists
from app.reviews.tables import Reading, ReadingState
from app.worklist import search
from app.worklist.rows import patient, shown, summaries
from app.worklist.schemas import (
    ImagePage,
    LesionFilter,
    OwnerFilter,
    Sort,
    TextFilter,
)
from app.worklist.spreading import spread

COUNT_UP_TO = 10_000
"""Counting more matches than this would cost more than the page itself."""
LARGEST = 1e9
"""Larger than any score or rank."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the worklist."""

    q: str | None = None
    """The beginning of a subject's code or of an image's id."""
    state: ImageState | None = None
    model: str | None = None
    lesions: LesionFilter | None = None
    text: TextFilter | None = None
    owner: OwnerFilter = OwnerFilter.ALL
    created_from: datetime | None = None
    created_to: datetime | None = None
    queue: Queue | None = None
    wanted: str | None = None
    """Any part of a code, an id, a name, a case or a note."""
    named: Sequence[UUID] = ()
    """Images whose name or case contains `wanted`."""
    classes: Sequence[UUID] = ()
    """Classes whose name contains `wanted`."""
    reader: UUID | None = None
    """The reader whose images are listed; annotators may name only themselves."""


def worklist(
    session: Session,
    key: SiteKey,
    principal: Principal,
    filters: Filters,
    sort: Sort,
    cursor: str | None,
    limit: int,
    *,
    rules: Rules,
) -> ImagePage:
    """Return one page of images, in the requested order, by keyset.

    For reviewers who may approve their own drawings, these wait as well. Readers who begin without
    the model, annotators or reviewers who still have to submit a reading, get no order that reveals
    where it was unsure.

    Raises:
        Problem: 422 the cursor belongs to another list.
    """
    by_uncertainty = not rules.blind_to_model or (
        principal.has(Role.REVIEWER)
        and session.scalar(_begun_without_model(principal).limit(1)) is None
    )
    if sort == Sort.PRIORITY and not by_uncertainty:
        sort = Sort.OLDEST
    order = _order(sort, principal, filters)
    searched, few = _searched(session, principal.project, filters)
    ways = _branches(principal, filters, sort, searched, own_too=rules.self_approval)
    after = [] if cursor is None else order.after(cursor)
    ids = [select(Image.id).where(*way, *order.only, *after) for way in ways]
    if not few:  # if few, sorting them is less work than walking the order
        ids = [order.sorted(query).limit(limit + 1) for query in ids]
    page_ids = _united(ids)
    places = session.execute(
        order.sorted(select(Image.id, *order.keys).where(Image.id.in_(page_ids))).limit(limit + 1)
    ).all()
    matching = _united(
        [select(Image.id).where(*way, *order.only).limit(COUNT_UP_TO + 1) for way in ways]
    ).limit(COUNT_UP_TO + 1)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    next_cursor = None
    if len(places) > limit:
        last = places[limit - 1]
        next_cursor = encode_cursor(sort, *last[1:], last.id)
    page = shown(session, [place.id for place in places[:limit]])
    if sort == Sort.PRIORITY:
        # Only within a page: the cursor stays that of the last image in the order.
        page = spread(page, patient)
    return ImagePage(
        items=summaries(session, key, principal, page),
        next_cursor=next_cursor,
        total=min(total, COUNT_UP_TO),
        total_is_capped=total > COUNT_UP_TO,
        by_uncertainty=by_uncertainty,
    )


def matching(
    session: Session, principal: Principal, filters: Filters, limit: int, *, own_too: bool
) -> Sequence[UUID]:
    """Return the ids of the images that the worklist shows for these filters, oldest first."""
    searched, _ = _searched(session, principal.project, filters)
    ways = _branches(principal, filters, Sort.OLDEST, searched, own_too=own_too)
    ids = [select(Image.id).where(*way).order_by(Image.id).limit(limit) for way in ways]
    found = _united(ids).subquery()
    return session.scalars(select(found.c.id).order_by(found.c.id).limit(limit)).all()


def _united(queries: Sequence[Select[UUID]]) -> Select[UUID]:
    """Return the ids of all queries, each once; every query keeps its own order and limit."""
    if len(queries) == 1:
        return queries[0]
    parts = [query.subquery() for query in queries]
    together = union(*(select(part.c.id) for part in parts)).subquery()
    return select(together.c.id)


def _branches(
    principal: Principal, filters: Filters, sort: Sort, searched: Conditions, *, own_too: bool
) -> list[Conditions]:
    """Return sets of conditions; an image belongs to the list if it meets all of one set."""
    found = [Image.project_id == principal.project, *searched, *_conditions(filters)]
    me = principal.user.id
    reviewer = principal.has(Role.REVIEWER)
    if filters.lesions or sort == Sort.UNCERTAIN:  # else the list would reveal what a model found
        hidden = Image.id.in_(_begun_without_model(principal)) if reviewer else Image.model_hidden
        found.append(not_(hidden))
    if filters.reader:
        found.append(_read_by(filters.reader))
        if not reviewer and filters.reader != me:
            found.append(false())
    if filters.owner == OwnerFilter.ME:
        found.append(Image.owner_id == me)
    queue = branches(principal, filters.queue, own_too=own_too) if filters.queue else [[]]
    if filters.queue != Queue.ARCHIVED:
        found.append(in_lists(principal.project))
    if filters.queue not in (None, Queue.APPROVED, Queue.ARCHIVED):
        return [[*way, *found] for way in queue]  # contains nothing that the caller may not see
    seen: list[Conditions] = [[]] if reviewer else [[Image.owner_id == me], [_read_by(me)]]
    if not reviewer and filters.owner == OwnerFilter.ME:
        seen = [[]]
    return [[*way, *sight, *found] for way in queue for sight in seen]


def _begun_without_model(principal: Principal) -> Select[UUID]:
    """Return a query for images that the caller reads and still has to draw on without the model:
    the query form of :func:`app.reviews.visibility.hides_model`."""
    return (
        select(Reading.image_id)
        .join(Image, Image.id == Reading.image_id)
        .where(
            Image.project_id == principal.project,
            Image.model_hidden,
            Reading.reader_id == principal.user.id,
            Reading.submitted_at.is_(None),
            Reading.state != ReadingState.SUPERSEDED,
        )
    )


def _read_by(reader: UUID) -> ColumnElement[bool]:
    return Image.id.in_(select(Reading.image_id).where(Reading.reader_id == reader))


def _conditions(filters: Filters) -> Conditions:
    found: Conditions = []
    if filters.state:
        found.append(Image.state == filters.state)
    if filters.model:
        name, _, version = filters.model.partition("@")
        found.append(Image.model_name == name)
        if version:
            found.append(Image.model_version == version)
    if filters.lesions == LesionFilter.NONE:
        found.append(Image.lesion_count == 0)
    elif filters.lesions == LesionFilter.ONE:
        found.append(Image.lesion_count == 1)
    elif filters.lesions == LesionFilter.SEVERAL:
        found.append(Image.lesion_count > 1)
    if filters.text == TextFilter.SUSPECTED:
        found.append(Image.id.in_(SUSPECTED))
    elif filters.text == TextFilter.UNKNOWN:
        found.append(Image.id.in_(UNSEARCHED))
    if filters.created_from:
        found.append(Image.created_at >= filters.created_from)
    if filters.created_to:
        found.append(Image.created_at < filters.created_to)
    return found


def _searched(
    session: Session, project_id: UUID, filters: Filters
) -> tuple[list[ColumnElement[bool]], bool]:
    """Return conditions for what somebody typed, and whether few images meet them."""
    texts = []
    if filters.wanted:
        kinds = search.holding(project_id, filters.wanted, filters.classes)
        texts.append(search.condition(session, project_id, kinds, filters.named))
    if filters.q:
        texts.append(search.condition(session, project_id, search.beginning(project_id, filters.q)))
    return [one for one, _ in texts], any(few for _, few in texts)


Key = ColumnElement[Any] | InstrumentedAttribute[Any]
Query = TypeVar("Query", bound=GenerativeSelect)


@dataclass(frozen=True, slots=True)
class _Order:
    """An order of images.

    Attributes:
        sort: its name.
        keys: sorted by before the id, all in one direction.
        descending: the direction, also of the id.
        only: conditions for images that have a place in the order.
    """

    sort: Sort
    keys: tuple[Key, ...] = ()
    descending: bool = False
    only: tuple[ColumnElement[bool], ...] = ()

    def sorted(self, query: Query) -> Query:
        """Return the query, in this order."""
        columns = (*self.keys, Image.id)
        return query.order_by(*(one.desc() if self.descending else one for one in columns))

    def after(self, cursor: str) -> Conditions:
        """Return conditions for the rows after a cursor: one range of an index led by the keys.

        Raises:
            Problem: 422 the cursor does not belong to this order.
        """
        position = decode_cursor(cursor, len(self.keys) + 2)
        if position[0] != self.sort:
            raise foreign_cursor()
        try:
            last = UUID(str(position[-1]))
            values = [
                literal(_value(key, value), key.type)
                for key, value in zip(self.keys, position[1:-1], strict=True)
            ]
        except ValueError as error:
            raise foreign_cursor() from error
        if not values:
            return [Image.id < last if self.descending else Image.id > last]
        here = tuple_(*self.keys, Image.id)
        there = tuple_(*values, literal(last, Image.id.type))
        return [here < there if self.descending else here > there]


def _value(key: Key, value: Any) -> float | datetime:
    """Return a key's value from a cursor.

    Raises:
        ValueError: it is not a valid value.
    """
    if isinstance(key.type, UtcDateTime):
        return storable(datetime.fromisoformat(str(value)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not abs(value) < LARGEST:  # JSON allows integers of any length
        raise ValueError("no score")
    return float(value)


def _order(sort: Sort, principal: Principal, filters: Filters) -> _Order:
    if sort == Sort.PRIORITY:
        return _Order(sort, (Image.uncertainty_rank, Image.disagreement_rank))
    if sort == Sort.UNCERTAIN:
        scored = Image.uncertainty_score.is_not(None)
        return _Order(sort, (Image.uncertainty_score,), descending=True, only=(scored,))
    if sort == Sort.DUE:
        whose = filters.reader or (None if principal.has(Role.REVIEWER) else principal.user.id)
        return _due(whose)
    return _Order(sort, descending=sort == Sort.NEWEST)


def _due(reader: UUID | None) -> _Order:
    """Return the order by the first date on which this reader, or anybody, should hand in."""
    waiting = select(Reading.image_id).where(Reading.state.in_(BUSY), Reading.due_at.is_not(None))
    due = select(func.min(Reading.due_at)).where(
        Reading.image_id == Image.id, Reading.state.in_(BUSY)
    )
    if reader:
        waiting = waiting.where(Reading.reader_id == reader)
        due = due.where(Reading.reader_id == reader)
    return _Order(Sort.DUE, (due.scalar_subquery(),), only=(Image.id.in_(waiting),))
