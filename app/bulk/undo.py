"""Undo an act on many images, image by image, except those on which somebody has worked since."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.bulk import trash
from app.bulk.records import put_aside
from app.bulk.schemas import BulkUndone
from app.bulk.service import SLICE, by_frequency, require_reviewer
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.tables import Image
from app.masks.tables import Draft, Mask
from app.reviews.news import Change, publish_change
from app.reviews.readings import readings_of
from app.reviews.records import update_state
from app.reviews.tables import Reading, ReadingState
from app.reviews.undoing import take_back_review

Former = dict[str, Any]


def undo(state: State, principal: Principal, act_id: UUID) -> BulkUndone:
    """Restore all images of an act to their state before it; those on which somebody has worked
    since stay as they are and are counted. A second call retries the images that the first one
    skipped.

    Raises:
        Problem: 403 for somebody else's act (404 to annotators), except a deletion that an admin
            undoes; 403 for an act of the caller's own that needs a reviewer, if they no longer are
            one.
    """
    with state.database.write() as session:
        act = session.get_one(BulkAct, act_id, with_for_update=True)
        others = act.kind == BulkKind.DELETE and principal.has(Role.ADMIN)
        if act.created_by_id != principal.user.id and not others:
            if not principal.has(Role.REVIEWER):
                raise not_found("bulk_act")
            raise Problem(403, "not-author", "Only the person who did this can take it back.")
        if act.kind != BulkKind.DELETE:
            require_reviewer(principal)
        act.finished = True  # a retry of the act must not continue it
        act.undone_at = act.undone_at or now()
        kind = act.kind
        images = select(BulkActImage.image_id).where(BulkActImage.bulk_act_id == act_id)
        ids = session.scalars(images.order_by(BulkActImage.image_id)).all()
    skipped: Counter[str] = Counter()
    for start in range(0, len(ids), SLICE):
        with state.database.write() as session:
            part = ids[start : start + SLICE]
            skipped += _slice(session, state, principal, kind, act_id, part)
    undone = len(ids) - sum(skipped.values())
    with state.database.write() as session:
        audit.record(
            session,
            state.site_key,
            principal.actor,
            "images.undone",
            "bulk_act",
            act_id,
            images=undone,
        )
    return BulkUndone(images=undone, skipped=by_frequency(dict(skipped)))


def _slice(
    session: WriteSession,
    state: State,
    principal: Principal,
    kind: BulkKind,
    act_id: UUID,
    ids: Sequence[UUID],
) -> Counter[str]:
    query = (
        select(BulkActImage, Image)
        .join(Image, Image.id == BulkActImage.image_id)
        .where(BulkActImage.bulk_act_id == act_id, Image.id.in_(ids))
        .order_by(Image.id)
        .with_for_update()
    )
    skipped: Counter[str] = Counter()
    for row, image in session.execute(query).all():
        try:
            UNDO[kind](session, state, principal, image, row.former)
        except Problem as problem:
            skipped[problem.code] += 1
        else:
            session.delete(row)
            session.flush()
    return skipped


def _worked_since() -> Problem:
    return Problem(409, "too-late", "Somebody has worked on this image since.")


def _assign(
    session: WriteSession, state: State, principal: Principal, image: Image, former: Former
) -> None:
    readings = {str(one.id): one for one in readings_of(session, image.id)}
    given = [readings[one] for one in former["given"] if one in readings]
    known = former["readings"]
    for one in given:
        if str(one.id) not in known and (
            one.state != ReadingState.OPEN or _begun(session, image, one)
        ):
            raise _worked_since()
        if str(one.id) in known and one.state != _after(known[str(one.id)]):
            raise _worked_since()
    for one in given:
        before = known.get(str(one.id))
        if before is None:
            session.delete(one)
            continue
        one.state, one.blind = ReadingState(before["state"]), before["blind"]
        one.assigned_by_id = UUID(before["assigned_by"]) if before["assigned_by"] else None
        one.due_at, one.submitted_at = _time(before["due_at"]), _time(before["submitted_at"])
        one.submitted_mask_id = UUID(before["submitted_mask"]) if before["submitted_mask"] else None
    image.double_reading = former["double_reading"]
    update_state(session, image)
    audit.record(session, state.site_key, principal.actor, "reading.unassigned", "image", image.id)
    publish_change(session, state.broker, image, Change.REVIEW, principal.user)


def _after(before: Former) -> ReadingState:
    """Return the state that an assignment gave to an existing reading."""
    state = ReadingState(before["state"])
    return ReadingState.OPEN if state == ReadingState.SUPERSEDED else state


def _begun(session: Session, image: Image, reading: Reading) -> bool:
    drawn = exists().where(Mask.reading_id == reading.id) | exists().where(
        Draft.image_id == image.id, Draft.user_id == reading.reader_id
    )
    return bool(session.scalar(select(drawn)))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _approve(
    session: WriteSession, state: State, principal: Principal, image: Image, former: Former
) -> None:
    take_back_review(session, state, principal, image.id, UUID(former["review"]))


def _archive(
    session: WriteSession, state: State, principal: Principal, image: Image, former: Former
) -> None:
    at = _time(former["archived_at"])
    if (at is None) != (image.archived_at is None):
        put_aside(session, state, principal.actor, image, at, principal.user)


def _delete(
    session: WriteSession, state: State, principal: Principal, image: Image, former: Former
) -> None:
    trash.bring_back(session, state, principal, image, former)


UNDO: dict[BulkKind, Callable[[WriteSession, State, Principal, Image, Former], None]] = {
    BulkKind.ASSIGN: _assign,
    BulkKind.APPROVE: _approve,
    BulkKind.ARCHIVE: _archive,
    BulkKind.UNARCHIVE: _archive,
    BulkKind.DELETE: _delete,
}
