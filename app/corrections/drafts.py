"""Drafts: what a person has drawn and not saved, one per person and frame, overwritten.

Only its author sees a draft, whatever the role. Autosaves come every second, so each is a single
small transaction, and the audit log records only the first one of a draft.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.state import State
from app.corrections.service import unknown_parent
from app.images.tables import Frame, Image
from app.masks.drawing import check_labels, check_size, stored, stored_labels
from app.masks.schemas import DraftDetails, DraftReference, DraftSaved, NewDraft
from app.masks.tables import Draft, Mask
from app.reviews.access import visible_frame
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, reading_of
from app.reviews.records import note_drawing, update_state
from app.reviews.tables import Reading, ReadingState
from app.reviews.visibility import view_of


def draft_of(session: Session, frame_id: UUID, user_id: UUID) -> DraftReference | None:
    """Return a reference to a person's draft of a frame, or None."""
    query = select(Draft.version, Draft.updated_at).where(
        Draft.frame_id == frame_id, Draft.user_id == user_id
    )
    row = session.execute(query).one_or_none()
    return DraftReference(version=row.version, updated_at=row.updated_at) if row else None


def read(session: Session, principal: Principal, image_id: UUID, index: int) -> DraftDetails | None:
    """Return the caller's draft of a frame, if any.

    Raises:
        Problem: 404 if there is no such image or frame.
    """
    _, frame = visible_frame(session, principal, image_id, index)
    return _details(session, frame, principal.user.id)


def _details(session: Session, frame: Frame, user_id: UUID) -> DraftDetails | None:
    row = session.execute(
        select(Draft, Mask.revision)
        .join_from(Draft, Mask, Mask.id == Draft.parent_id, isouter=True)
        .where(Draft.frame_id == frame.id, Draft.user_id == user_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    draft: Draft = row.Draft
    return DraftDetails(
        version=draft.version,
        updated_at=draft.updated_at,
        parent_revision=row.revision,
        labels=stored_labels(draft.labels, frame),
        answer=draft.answer,
        answer_reason=draft.answer_reason,
        seconds=draft.seconds,
    )


def write(
    state: State, principal: Principal, image_id: UUID, index: int, new: NewDraft
) -> DraftSaved:
    """Store a draft of a frame.

    Raises:
        Problem: 404; 409 if another tab wrote in the meantime, or nobody may start to draw; 422.
    """
    check_labels(new.labels)
    with state.database.write() as session:
        image, frame = visible_frame(session, principal, image_id, index)
        check_size(new.labels, frame)
        values = _values(session, principal, frame, new)
        if not _overwrite(session, frame, principal.user.id, new, values):
            return _begin(session, state, principal, image, frame, new, values)
        version, at = values["version"], values["updated_at"]
        if new.force:
            query = select(Draft.version).where(
                Draft.frame_id == frame.id, Draft.user_id == principal.user.id
            )
            version = session.scalars(query).one()
        return DraftSaved(version=version, updated_at=at, state_changed=False)


def _values(session: Session, principal: Principal, frame: Frame, new: NewDraft) -> dict[str, Any]:
    parent = None
    if new.parent_revision is not None:
        view = view_of(session, frame.image_id, principal.user.id)
        query = select(Mask.id).where(
            Mask.frame_id == frame.id, Mask.revision == new.parent_revision, view.masks
        )
        parent = session.scalar(query)
        if parent is None:
            raise unknown_parent()
    return {
        "version": new.version + 1,
        "parent_id": parent,
        "labels": stored(new.labels),
        "answer": new.answer,
        "answer_reason": new.answer_reason,
        "seconds": new.seconds,
        "updated_at": now(),
    }


def _overwrite(
    session: WriteSession, frame: Frame, user_id: UUID, new: NewDraft, values: dict[str, Any]
) -> bool:
    """Replace the draft of the version that the new one follows; return whether there was one."""
    if new.version == 0 and not new.force:
        return False
    query = update(Draft).where(Draft.frame_id == frame.id, Draft.user_id == user_id)
    if new.force:
        query = query.values({**values, "version": Draft.version + 1})
    else:
        query = query.where(Draft.version == new.version).values(values)
    found = session.scalar(
        query.returning(Draft.version).execution_options(synchronize_session=False)
    )
    return found is not None


def _begin(
    session: WriteSession,
    state: State,
    principal: Principal,
    image: Image,
    frame: Frame,
    new: NewDraft,
    values: dict[str, Any],
) -> DraftSaved:
    user = principal.user
    before = _details(session, frame, user.id)
    if before is not None or (new.version > 0 and not new.force):
        raise _changed(before)
    reading_of(session, image, principal, create=True)
    state_before = image.state
    draft = Draft(**{**values, "version": 1}, frame_id=frame.id, user_id=user.id, image_id=image.id)
    try:
        with session.begin_nested():
            session.add(draft)
    except IntegrityError:  # another tab's first autosave came first
        raise _changed(_details(session, frame, user.id)) from None
    note_drawing(session, image, saved=False)
    audit.record(session, state.site_key, principal.actor, "draft.begun", "image", image.id)
    publish_change(session, state.broker, image, Change.DRAFT, user)
    return DraftSaved(
        version=1, updated_at=draft.updated_at, state_changed=image.state != state_before
    )


def _changed(draft: DraftDetails | None) -> Problem:
    detail = (
        "This drawing was changed in another tab or on another device; choose which to keep."
        if draft
        else "This draft was saved or thrown away elsewhere; look at the newest revision."
    )
    kept = draft.model_dump(mode="json") if draft else None
    return Problem(409, "draft-changed", detail, draft=kept)


def discard(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, index: int
) -> None:
    """Discard the caller's draft of a frame; a missing draft is not an error.

    A reading that they began by drawing it is removed as well.

    Raises:
        Problem: 404 if there is no such image.
    """
    user = principal.user
    _, frame = visible_frame(session, principal, image_id, index)
    image = locked(session, image_id)
    mine = Draft.frame_id == frame.id, Draft.user_id == user.id
    if session.scalar(delete(Draft).where(*mine).returning(Draft.version)) is None:
        return
    saved = select(Mask.id).where(Mask.reading_id == Reading.id).exists()
    others = select(Draft.frame_id).where(Draft.image_id == image_id, Draft.user_id == user.id)
    session.execute(
        delete(Reading)
        .where(
            Reading.image_id == image_id,
            Reading.reader_id == user.id,
            Reading.assigned_by_id.is_(None),
            Reading.state == ReadingState.OPEN,
            ~saved,
            ~others.exists(),
        )
        .execution_options(synchronize_session=False)
    )
    update_state(session, image)
    audit.record(session, state.site_key, principal.actor, "draft.discarded", "image", image_id)
    publish_change(session, state.broker, image, Change.DRAFT, user)
