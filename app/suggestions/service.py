"""Requesting, accepting and rejecting suggestions, and undoing either decision.

A suggestion belongs to one person, as a draft does. Accepting it writes the same revision as saving
that drawing; undoing removes the revision unless something was built upon it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import Role
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id
from app.core.problems import Problem, not_found
from app.core.state import State
from app.corrections.service import Content, insert_revision
from app.images.tables import Frame, Image, mask_key
from app.jobs.quotas import require_place
from app.jobs.service import Presentation, enqueue, present, stop
from app.jobs.tables import Job, JobKind, JobState
from app.masks.drawing import mask_png, stored_labels
from app.masks.jobs import MEASURE
from app.masks.records import withdraw
from app.masks.tables import Assessment, Draft, Mask, MaskSource, Suggestion, SuggestionState
from app.reviews.access import hides_image, visible, visible_frame
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, reading_of
from app.reviews.records import take_figures, update_state
from app.reviews.states import refuse_drawing
from app.reviews.tables import Reading, Review
from app.reviews.visibility import View, newest_in_line, view_of
from app.suggestions.jobs import PROPAGATE, PropagateParameters
from app.suggestions.schemas import Decided, FrameSpan, SkippedFrame, SuggestionDetails

AT_ONCE = 32
"""The most revisions of one transaction: others wait while it writes."""


def ask(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    wish: FrameSpan,
    key: str | None,
) -> Job:
    """Queue the search for lesions of corrected frames on the frames around them.

    Raises:
        Problem: 404; 409 nobody may draw now; 422 no such frames, or no frame is corrected; 429.
    """
    image = visible(session, principal, image_id)
    asked = fingerprint("suggest", image.id, wish.model_dump_json())
    known = recall(session, principal, key, asked, "job", Job)
    if known is not None:
        return session.get_one(Job, known)
    require_place(session, state.settings, principal.user.id)
    reading = reading_of(session, image, principal, create=False)
    reviewer = principal.is_in(image.project_id, Role.REVIEWER)
    refuse_drawing(image.state, reading.state if reading else None, reviewer=reviewer)
    end = image.frame_count - 1
    last = end if wish.last is None else wish.last
    if not wish.first <= last <= end:
        raise Problem(
            422,
            "no-such-frames",
            f"This image has frames 0 to {end}; choose a range of them that begins before it ends.",
        )
    keys = key_frames(session, view_of(session, image.id, principal.user.id))
    before = max((index for index in keys if index < wish.first), default=wish.first)
    after = min((index for index in keys if index > last), default=last)
    keys = {index: mask for index, mask in keys.items() if before <= index <= after}
    if not keys or image.frame_count == 1:
        raise Problem(
            422,
            "no-key-frame",
            "No frame of this cine is corrected yet; outline the lesions of one and save it.",
        )
    parameters = PropagateParameters(first=wish.first, last=last, keys=keys)
    job_id = enqueue(
        session,
        state,
        PROPAGATE,
        parameters,
        project_id=image.project_id,
        owner_id=principal.user.id,
        image_id=image.id,
    )
    remember(session, principal, key, asked, "job", job_id)
    return session.get_one(Job, job_id)


def key_frames(session: Session, view: View) -> dict[int, UUID]:
    """Return each frame's newest revision by people that this person builds upon, by index."""
    place = func.row_number().over(partition_by=Mask.frame_id, order_by=Mask.revision.desc())
    judged = Mask.answer.is_(None) | (Mask.answer != Assessment.CANNOT_JUDGE)
    ranked = (
        select(Mask.id, Mask.frame_id, judged.label("judged"), place.label("place"))
        .where(Mask.image_id == view.image_id, Mask.source != MaskSource.MODEL, view.line)
        .subquery()
    )
    query = (
        select(Frame.index.label("frame_index"), ranked.c.id)
        .join(ranked, ranked.c.frame_id == Frame.id)
        .where(ranked.c.place == 1, ranked.c.judged)
    )
    return {row.frame_index: row.id for row in session.execute(query)}


def details(
    session: Session, principal: Principal, image_id: UUID, index: int
) -> SuggestionDetails | None:
    """Return the caller's open suggestion on a frame, if any.

    Raises:
        Problem: 404 there is no such image or frame.
    """
    image, frame = visible_frame(session, principal, image_id, index)
    row = session.get(Suggestion, (frame.id, principal.user.id))
    if row is None or row.state != SuggestionState.OPEN:
        return None
    view = view_of(session, image.id, principal.user.id)
    newest = newest_in_line(session, view, frame.id)
    return SuggestionDetails(
        way=row.way,
        key_frames=row.key_frames,
        parent_revision=session.get_one(Mask, newest).revision if newest else None,
        labels=stored_labels(row.labels, frame),
    )


def accept(
    state: State, principal: Principal, image_id: UUID, first: int, last: int, seconds: float
) -> Decided:
    """Turn the caller's suggestions on these frames into their revisions.

    Frames that were drawn on since keep their suggestions and are named.

    Raises:
        Problem: 404; 409 nobody may draw now.
        BlobStoreFullError: earlier revisions were stored.
    """
    with state.database.read() as session:
        image = visible(session, principal, image_id)
        rows = _open(session, principal, image, first, last)
        pictures = [
            (frame.id, frame.index, mask_png(stored_labels(row.labels, frame)))
            for row, frame in rows
        ]
    decided = Decided(decision=new_id(), frames=[])
    share = seconds / len(pictures) if pictures else 0.0
    for at in range(0, len(pictures), AT_ONCE):
        _accept(state, principal, image_id, pictures[at : at + AT_ONCE], share, decided)
    return decided


def _open(
    session: Session, principal: Principal, image: Image, first: int, last: int
) -> list[tuple[Suggestion, Frame]]:
    query = (
        select(Suggestion, Frame)
        .join(Frame, Frame.id == Suggestion.frame_id)
        .where(
            Suggestion.image_id == image.id,
            Suggestion.user_id == principal.user.id,
            Suggestion.state == SuggestionState.OPEN,
            Frame.index.between(first, last),
        )
        .order_by(Frame.index)
    )
    return [(row.Suggestion, row.Frame) for row in session.execute(query)]


def _accept(
    state: State,
    principal: Principal,
    image_id: UUID,
    part: Sequence[tuple[UUID, int, bytes]],
    seconds: float,
    decided: Decided,
) -> None:
    """Accept one batch of them, all or none."""
    ids = {frame_id: new_id() for frame_id, _, _ in part}
    blobs = {frame_id: mask_key(image_id, mask_id) for frame_id, mask_id in ids.items()}
    done: list[UUID] = []
    try:
        for frame_id, _, png in part:
            state.blobs.put(blobs[frame_id], png)
        with state.database.write() as session:
            locked(session, image_id)
            view = view_of(session, image_id, principal.user.id)
            for frame_id, index, png in part:
                row = session.get(Suggestion, (frame_id, principal.user.id))
                if row is None or row.state != SuggestionState.OPEN:
                    continue
                newest = newest_in_line(session, view, frame_id)
                parent = session.get(Mask, newest) if newest else None
                if parent is not None and parent.source != MaskSource.MODEL:
                    reason = "The frame was drawn on since; its suggestion stays beside it."
                    decided.left.append(SkippedFrame(index=index, reason=reason))
                    continue
                frame = session.get_one(Frame, frame_id)
                before = frame.latest_mask_id
                any_lesion = any(_runs(row.labels))
                content = Content(
                    png=png,
                    labels=row.labels,
                    answer=Assessment.LESIONS if any_lesion else Assessment.NO_LESION,
                    answer_reason=None,
                    seconds=seconds,
                    parent=parent.revision if parent else None,
                    is_drawing=False,
                    submit=False,
                    event="suggestion.accepted",
                )
                insert_revision(
                    session, state, principal, image_id, frame_id, ids[frame_id], content
                )
                row.state, row.decision_id = SuggestionState.ACCEPTED, decided.decision
                row.mask_id, row.before_id = ids[frame_id], before
                done.append(frame_id)
                decided.frames.append(index)
    except Problem:
        for key in blobs.values():
            state.blobs.delete(key)
        raise
    for frame_id in blobs.keys() - set(done):
        state.blobs.delete(blobs[frame_id])


def _runs(labels: dict[str, Any]) -> list[int]:
    layers = [labels["runs"], *(one["runs"] for one in labels.get("overlays", ()))]
    return [label for runs in layers for label in runs[::2]]


def reject(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, first: int, last: int
) -> Decided:
    """Reject the caller's suggestions on these frames.

    Raises:
        Problem: 404.
    """
    image = visible(session, principal, image_id)
    decided = Decided(decision=new_id(), frames=[])
    for row, frame in _open(session, principal, image, first, last):
        row.state, row.decision_id = SuggestionState.REJECTED, decided.decision
        decided.frames.append(frame.index)
    publish_change(session, state.broker, image, Change.DRAFT, principal.user)
    return decided


def undo(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, decision: UUID
) -> Decided:
    """Reopen what the caller accepted or rejected in one act.

    A revision is removed only if it is still the newest of its frame and nothing follows from it;
    its number is not used again.

    Raises:
        Problem: 404.
    """
    visible(session, principal, image_id)
    image = locked(session, image_id)
    query = (
        select(Suggestion, Frame)
        .join(Frame, Frame.id == Suggestion.frame_id)
        .where(
            Suggestion.image_id == image.id,
            Suggestion.user_id == principal.user.id,
            Suggestion.decision_id == decision,
        )
        .order_by(Frame.index)
    )
    rows = session.execute(query).all()
    if not rows:
        raise not_found("decision")
    undone = Decided(decision=decision, frames=[])
    for row, frame in rows:
        mask = session.get(Mask, row.mask_id) if row.mask_id else None
        if mask is not None:
            if _built_upon(session, frame, mask):
                reason = "Something was built upon it since; restore an older revision instead."
                undone.left.append(SkippedFrame(index=frame.index, reason=reason))
                continue
            _withdraw(session, state, frame, mask, row.before_id)
            audit.record(
                session,
                state.site_key,
                principal.actor,
                "suggestion.undone",
                "mask",
                mask.id,
                image=str(image.id),
                revision=mask.revision,
            )
        row.state, row.decision_id = SuggestionState.OPEN, None
        row.mask_id = row.before_id = None
        undone.frames.append(frame.index)
        session.flush()
        take_figures(session, image, frame)
    update_state(session, image)
    publish_change(session, state.broker, image, Change.MASK, principal.user)
    return undone


def _built_upon(session: Session, frame: Frame, mask: Mask) -> bool:
    """Whether anybody drew upon a revision, handed it in or reviewed it."""
    if frame.approved_mask_id == mask.id:
        return True
    reading = session.get(Reading, mask.reading_id) if mask.reading_id else None
    if reading is not None and reading.submitted_at is not None:
        return True
    followed = (
        select(Mask.id).where(Mask.frame_id == frame.id, Mask.revision > mask.revision),
        select(Draft.frame_id).where(Draft.parent_id == mask.id),
        select(Review.id).where(Review.mask_id == mask.id),
    )
    return any(session.execute(one.limit(1)).first() for one in followed)


def _withdraw(
    session: WriteSession, state: State, frame: Frame, mask: Mask, before: UUID | None
) -> None:
    """Delete a revision that its author has just made."""
    withdraw(frame, mask, before)
    measuring = select(Job).where(
        Job.image_id == mask.image_id,
        Job.kind == JobKind.MEASURE,
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    for job in session.scalars(measuring):
        if MEASURE.read(job).mask_id == mask.id:
            stop(session, state, job)
    after_commit(session, partial(state.blobs.delete, mask_key(mask.image_id, mask.id)))
    session.delete(mask)


present(Presentation(PROPAGATE, hides_image))
