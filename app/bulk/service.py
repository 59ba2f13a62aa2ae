"""Acts on many images, in slices that each succeed or fail as a whole. An act that a killed process
left can be continued or undone, and nobody waits long for the database."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import Role
from app.bulk import trash
from app.bulk.records import put_aside
from app.bulk.schemas import MOST, BulkResult, Matching, NewBulkAct, Skipped
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core import audit
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.core.locks import lock
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.tables import Frame, Image, ImageState
from app.local_labels.records import search
from app.masks.tables import Mask
from app.projects.records import rules_of
from app.reviews import assignments, decisions
from app.reviews.readings import readings_of
from app.reviews.schemas import NewReadings
from app.reviews.tables import Reading, ReadingState, Verdict
from app.worklist import service as worklist
from app.worklist.search import classes_named

SLICE = 50
Former = dict[str, Any]
RECORDED: dict[BulkKind, Action] = {
    BulkKind.ASSIGN: "images.assign",
    BulkKind.APPROVE: "images.approve",
    BulkKind.ARCHIVE: "images.archive",
    BulkKind.UNARCHIVE: "images.unarchive",
    BulkKind.DELETE: "images.delete",
}


def do(state: State, principal: Principal, asked: NewBulkAct, key: str | None) -> BulkResult:
    """Do one act to all of these images; count those that it cannot be done to.

    Raises:
        Problem: 403 if an annotator's act is not a deletion; 404 if an image does not exist or is
            hidden from the caller; 422 if more than :data:`MOST` match, or the key was reused.
    """
    if asked.act != BulkKind.DELETE:
        require_reviewer(principal)
    with state.database.write() as session:
        if asked.assign is not None:
            assignments.require_readers(session, principal.project, asked.assign.reader_ids)
        act_id = _begin(session, principal, asked, key)
        act = session.get_one(BulkAct, act_id)
        chosen = [] if act.finished else _chosen(session, state, principal, asked)
    for start in range(0, len(chosen), SLICE):
        with state.database.write() as session:
            _slice(session, state, principal, asked, act_id, chosen[start : start + SLICE])
    with state.database.write() as session:
        act = session.get_one(BulkAct, act_id)
        if not act.finished:
            act.finished = True
            result = described(session, state, act)
            audit.record(
                session,
                state.site_key,
                principal.actor,
                RECORDED[act.kind],
                "bulk_act",
                act.id,
                images=result.images,
            )
        return described(session, state, act)


def require_reviewer(principal: Principal) -> None:
    """Refuse annotators an act that is not a deletion.

    Raises:
        Problem: 403.
    """
    if not principal.has(Role.REVIEWER):
        raise Problem(403, "role-missing", "This needs the role “reviewer”.")


def described(session: Session, state: State, act: BulkAct) -> BulkResult:
    """Return an act as callers see it."""
    images = select(func.count()).where(BulkActImage.bulk_act_id == act.id)
    return BulkResult(
        id=act.id,
        act=act.kind,
        images=session.scalar(images) or 0,
        skipped=by_frequency(act.skipped),
        created_at=act.created_at,
        undone_at=act.undone_at,
        kept_until=trash.kept_until(session, state, act) if act.kind == BulkKind.DELETE else None,
    )


def by_frequency(skipped: dict[str, int]) -> list[Skipped]:
    """Return the reasons, the most common first."""
    return [Skipped(code=code, images=n) for code, n in Counter(skipped).most_common()]


def _begin(session: WriteSession, principal: Principal, asked: NewBulkAct, key: str | None) -> UUID:
    wish = fingerprint("bulk", principal.project, asked.model_dump_json())
    known = recall(session, principal, key, wish, "bulk_act", BulkAct)
    if known is not None:
        return known
    act = BulkAct(
        id=new_id(),
        project_id=principal.project,
        created_by_id=principal.user.id,
        kind=asked.act,
        skipped={},
    )
    session.add(act)
    session.flush()
    remember(session, principal, key, wish, "bulk_act", act.id)
    return act.id


def _chosen(
    session: Session, state: State, principal: Principal, asked: NewBulkAct
) -> Sequence[UUID]:
    if asked.matching is None:
        ids = asked.image_ids or []
        inside = select(func.count()).where(
            Image.project_id == principal.project, Image.id.in_(ids)
        )
        if not principal.has(Role.REVIEWER):
            me = principal.user.id
            read = select(Reading.image_id).where(Reading.reader_id == me)
            inside = inside.where((Image.owner_id == me) | Image.id.in_(read))
        if session.scalar(inside) != len(ids):
            raise not_found("image")
        return sorted(ids)
    found = worklist.matching(
        session,
        principal,
        _filters(session, state, principal, asked.matching),
        MOST + len(asked.leave_out) + 1,
        own_too=rules_of(session, principal.project, state.settings).self_approval,
    )
    left_out = set(asked.leave_out)
    chosen = [one for one in found if one not in left_out]
    if len(chosen) > MOST:
        raise Problem(
            422,
            "too-many-images",
            f"More than {MOST:,} images match, which is the most for one act; narrow the list.",
            most=MOST,
        )
    return chosen


def _filters(
    session: Session, state: State, principal: Principal, matching: Matching
) -> worklist.Filters:
    wanted = (matching.search or "").strip()
    project = principal.project
    return worklist.Filters(
        wanted=wanted or None,
        named=search(session, state.site_key, project, wanted) if wanted else [],
        classes=classes_named(session, project, wanted) if wanted else [],
        **matching.model_dump(exclude={"search"}),
    )


def _slice(
    session: WriteSession,
    state: State,
    principal: Principal,
    asked: NewBulkAct,
    act_id: UUID,
    ids: Sequence[UUID],
) -> None:
    lock(session, "bulk", act_id)
    act = session.get_one(BulkAct, act_id, with_for_update=True)
    if act.finished:  # undone in the meantime
        return
    done = select(BulkActImage.image_id).where(
        BulkActImage.bulk_act_id == act_id, BulkActImage.image_id.in_(ids)
    )
    known = set(session.scalars(done))
    query = select(Image).where(Image.project_id == principal.project, Image.id.in_(ids))
    images = session.scalars(query.order_by(Image.id).with_for_update()).all()
    skipped: Counter[str] = Counter()
    for image in images:  # images deleted in the meantime are missing here
        if image.id in known:
            continue
        try:
            former = ACTS[asked.act](session, state, principal, image, asked)
        except Problem as problem:
            skipped[problem.code] += 1
        else:
            session.add(BulkActImage(bulk_act_id=act_id, image_id=image.id, former=former))
            session.flush()
    if skipped:
        act.skipped = dict(Counter(act.skipped) + skipped)


def _assign(
    session: WriteSession, state: State, principal: Principal, image: Image, asked: NewBulkAct
) -> Former:
    wanted = asked.assign
    assert isinstance(wanted, NewReadings)  # noqa: S101  (the schema sees to it)
    former: Former = {
        "double_reading": image.double_reading,
        "readings": {
            str(one.id): {
                "state": one.state,
                "assigned_by": str(one.assigned_by_id) if one.assigned_by_id else None,
                "blind": one.blind,
                "due_at": _text(one.due_at),
                "submitted_at": _text(one.submitted_at),
                "submitted_mask": str(one.submitted_mask_id) if one.submitted_mask_id else None,
            }
            for one in readings_of(session, image.id)
        },
    }
    given = assignments.assign_one(session, principal, image, wanted)
    assignments.note_assigned(session, state, principal, image, wanted.reader_ids)
    return former | {"given": [str(one.id) for one in given]}


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _approve(
    session: WriteSession, state: State, principal: Principal, image: Image, _: NewBulkAct
) -> Former:
    submitted = [
        one for one in readings_of(session, image.id) if one.state == ReadingState.SUBMITTED
    ]
    if image.state != ImageState.SUBMITTED or not submitted:
        raise Problem(409, "not-submitted", "This image is not waiting for review.")
    if image.double_reading or len(submitted) > 1:
        raise Problem(
            409, "two-readings", "Two people have read this image; compare them and choose one."
        )
    mask = session.get_one(Mask, submitted[0].submitted_mask_id)
    frame = session.get_one(Frame, mask.frame_id)
    decision = decisions.Decision(mask.revision, Verdict.APPROVED, None, frame.index)
    review = decisions.decide(session, state, principal, image.id, decision, None)
    return {"review": str(review.id)}


def _archive(
    session: WriteSession, state: State, principal: Principal, image: Image, asked: NewBulkAct
) -> Former:
    archived = asked.act == BulkKind.ARCHIVE
    if (image.archived_at is not None) == archived:
        raise Problem(409, "no-change", "The image is already in this state.")
    before = _text(image.archived_at)
    at = now() if archived else None
    put_aside(session, state, principal.actor, image, at, principal.user)
    return {"archived_at": before}


def _delete(
    session: WriteSession, state: State, principal: Principal, image: Image, _: NewBulkAct
) -> Former:
    return trash.put(session, state, principal, image)


ACTS: dict[BulkKind, Callable[[WriteSession, State, Principal, Image, NewBulkAct], Former]] = {
    BulkKind.ASSIGN: _assign,
    BulkKind.APPROVE: _approve,
    BulkKind.ARCHIVE: _archive,
    BulkKind.UNARCHIVE: _archive,
    BulkKind.DELETE: _delete,
}
