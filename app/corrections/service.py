"""Save revisions: pixels first, then one transaction that references them.

A revision names the one that it was drawn upon. If another came first, nothing is written and both
are returned; a revision is never changed or overwritten.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem
from app.core.state import State
from app.corrections.revisions import mask_details
from app.images.records import frame_mark
from app.images.tables import Frame, mask_key
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job
from app.masks.classes import check_classes
from app.masks.drawing import check_answer, check_labels, check_size, mask_png, stored
from app.masks.jobs import MEASURE, MeasureParameters
from app.masks.records import add_revision, prediction_behind, publish
from app.masks.schemas import MaskDetails, NewMask, Restored
from app.masks.tables import Assessment, Draft, Mask, MaskSource
from app.reviews.access import hides_mask, pictures_of, visible_frame
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, reading_of
from app.reviews.records import note_drawing
from app.reviews.service import submit
from app.reviews.visibility import View, newest_in_line, revision_of, view_of


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a new revision, and how it is saved.

    Attributes:
        png: its pixels.
        labels: ``Mask.labels``.
        parent: number of the revision that it was drawn upon.
        is_drawing: made from the author's draft, which it replaces.
        submit: whether it is also handed in.
        event: its action in the audit log.
    """

    png: bytes
    labels: dict[str, Any] | None
    answer: Assessment
    answer_reason: str | None
    seconds: float
    parent: int | None
    is_drawing: bool
    submit: bool
    event: Action


def save(
    state: State, principal: Principal, image_id: UUID, index: int, new: NewMask, key: str | None
) -> MaskDetails:
    """Save a drawing as a revision of a frame; once this returns, it survives any crash.

    Raises:
        Problem: 404; 409 if another revision came first or nobody may draw now; 422.
        BlobStoreFullError: nothing was stored.
    """
    labels, answer = new.labels, new.answer
    reason = new.answer_reason if answer is Assessment.CANNOT_JUDGE else None
    check_labels(labels)
    asked = fingerprint("mask", image_id, *frame_mark(index), new.model_dump_json())
    with state.database.read() as session:
        _, frame = visible_frame(session, principal, image_id, index)
        known = recall(session, principal, key, asked, "mask", Mask)
        if known is not None:
            return mask_details(session, known)
        check_size(labels, frame)
    check_answer(labels, answer, reason)
    content = Content(
        png=mask_png(labels),
        labels=stored(labels),
        answer=answer,
        answer_reason=reason,
        seconds=new.seconds,
        parent=new.parent_revision,
        is_drawing=True,
        submit=new.submit,
        event="mask.saved",
    )
    return _keep(state, principal, image_id, frame.id, content, key, asked)


def restore(
    state: State,
    principal: Principal,
    image_id: UUID,
    index: int,
    revision: int,
    wish: Restored,
    key: str | None,
) -> MaskDetails:
    """Save an old revision's pixels as a new one; the caller's draft, if any, stays.

    Raises:
        Problem: 404; 409 if another revision came first or nobody may draw now.
        BlobStoreFullError: nothing was stored.
    """
    asked = fingerprint("restore", image_id, *frame_mark(index), revision, wish.model_dump_json())
    with state.database.read() as session:
        image, frame = visible_frame(session, principal, image_id, index)
        known = recall(session, principal, key, asked, "mask", Mask)
        if known is not None:
            return mask_details(session, known)
        view = view_of(session, image.id, principal.user.id)
        old = revision_of(session, view, frame.id, revision)
    content = Content(
        png=state.blobs.get(mask_key(image_id, old.id)),
        labels=old.labels,
        answer=old.answer or _answer_by_result(old),
        answer_reason=old.answer_reason,
        seconds=wish.seconds,
        parent=wish.parent_revision,
        is_drawing=False,
        submit=False,
        event="mask.restored",
    )
    return _keep(state, principal, image_id, frame.id, content, key, asked)


def _answer_by_result(mask: Mask) -> Assessment:
    """Return a model's or a consensus mask's answer, or "lesions" if it is not measured yet."""
    empty = mask.result is not None and not mask.result["lesions"]
    return Assessment.NO_LESION if empty else Assessment.LESIONS


def _keep(
    state: State,
    principal: Principal,
    image_id: UUID,
    frame_id: UUID,
    content: Content,
    key: str | None,
    asked: str,
) -> MaskDetails:
    mask_id = new_id()
    blob = mask_key(image_id, mask_id)
    state.blobs.put(blob, content.png)
    try:
        with state.database.write() as session:
            known = recall(session, principal, key, asked, "mask", Mask)
            if known is None:
                insert_revision(session, state, principal, image_id, frame_id, mask_id, content)
                remember(session, principal, key, asked, "mask", mask_id)
                session.flush()
            details = mask_details(session, known or mask_id)
    except Problem:
        state.blobs.delete(blob)
        raise
    # After any other error the commit may still have succeeded (the connection broke while it was
    # confirmed), so the pixels stay; the sweeper removes them if there is no row.
    if known is not None:
        state.blobs.delete(blob)
    return details


def insert_revision(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    frame_id: UUID,
    mask_id: UUID,
    content: Content,
) -> Mask:
    """Insert a revision whose pixels are already stored.

    Raises:
        Problem: 409 if another revision came first or nobody may draw now; 422.
    """
    user = principal.user
    image = locked(session, image_id)
    reading = reading_of(session, image, principal, create=True)
    view = view_of(session, image_id, user.id)
    frame = session.get_one(Frame, frame_id)
    parent = _parent(session, view, frame.id, content.parent)
    labels = content.labels
    if content.is_drawing and labels is not None:
        labels = check_classes(session, image, labels, parent)
    mask = Mask(
        id=mask_id,
        image_id=image_id,
        frame_id=frame.id,
        parent_id=parent.id if parent else None,
        source=MaskSource.HUMAN,
        author_id=user.id,
        reading_id=reading.id if reading else None,
        answer=content.answer,
        answer_reason=content.answer_reason,
        labels=labels,
        seconds=content.seconds,
        prediction_id=prediction_behind(session, frame.id, parent),
    )
    add_revision(session, mask)
    if content.is_drawing:
        mine = (Draft.frame_id == frame.id, Draft.user_id == user.id)
        session.execute(delete(Draft).where(*mine))
    if not view.blind:
        publish(frame, mask)
    enqueue(
        session,
        state,
        MEASURE,
        MeasureParameters(mask_id=mask_id),
        project_id=image.project_id,
        owner_id=user.id,
        image_id=image_id,
    )
    note_drawing(session, image, saved=True)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        content.event,
        "mask",
        mask_id,
        image=str(image_id),
        revision=mask.revision,
        answer=content.answer,
    )
    publish_change(session, state.broker, image, Change.MASK, user, mask.revision)
    if content.submit:
        submit(session, state, principal, image, mask)
    return mask


def _parent(session: Session, view: View, frame_id: UUID, number: int | None) -> Mask | None:
    """Return the revision that the new one is drawn upon, if none came after it.

    Raises:
        Problem: 409 with the newest revision; 422 if there is no such parent.
    """
    parent = None
    if number is not None:
        found = Mask.frame_id == frame_id, Mask.revision == number, view.masks
        parent = session.scalar(select(Mask).where(*found))
        if parent is None:
            raise unknown_parent()
    newest_id = newest_in_line(session, view, frame_id)
    newest = mask_details(session, newest_id) if newest_id else None
    drawn = newest is not None and (newest.source != MaskSource.MODEL or parent is None)
    if newest is not None and drawn and newest.revision > (number or 0):
        raise Problem(
            409,
            "stale-revision",
            f"Revision {newest.revision} was saved while you were drawing. Nothing was "
            "overwritten: compare the two and save yours upon it.",
            newest=newest.model_dump(mode="json"),
            parent_revision=number,
        )
    return parent


def unknown_parent() -> Problem:
    """Return a 422 for a parent that does not exist or that the caller may not see."""
    return Problem(422, "unknown-parent", "There is no such parent revision; load the image again.")


def _measured(job: Job) -> UUID:
    return MEASURE.read(job).mask_id


present(
    Presentation(
        MEASURE,
        hidden=lambda session, principal, job: hides_mask(session, principal, job, _measured(job)),
        pictures=lambda session, job: pictures_of(session, job, _measured(job)),
        has_pictures=True,
    )
)
