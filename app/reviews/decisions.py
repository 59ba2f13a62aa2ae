"""Approving and returning: what a reviewer decides on a revision that was handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem, not_found
from app.core.state import State
from app.hooks.records import note
from app.hooks.tables import HookEvent
from app.images.records import frame_mark
from app.images.tables import Frame, Image, ImageState
from app.masks.tables import Mask, MaskSource
from app.projects.records import rules_of
from app.reviews.news import Change, publish_change
from app.reviews.pixels import same_answer
from app.reviews.readings import handed_in, locked, newest_of_frames, readings_of
from app.reviews.records import (
    approve,
    note_return,
    take_back,
)
from app.reviews.schemas import FrameRevision
from app.reviews.tables import Reading, ReadingState, Review, Verdict
from app.reviews.undoing import ImageStanding
from app.sending.service import send_on_approval


@dataclass(frozen=True, slots=True)
class Decision:
    """A reviewer's decision on a revision.

    Attributes:
        revision: the number of the revision that it is about.
        comment: to the reader; required if the revision is returned.
    """

    revision: int
    verdict: Verdict
    comment: str | None
    frame_index: int = 0
    """The frame of the revision."""
    further: Sequence[FrameRevision] | None = None
    """Revisions of further frames of a cine that are approved with it; None means all that were
    handed in with it."""


def decide(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    decision: Decision,
    key: str | None,
) -> Review:
    """Approve or return a revision that was handed in, or a consensus.

    Approving puts the revision into the pool and supersedes every other reading. For a cine, it
    puts one revision of each frame there: those that were handed in with it, or those that the
    reviewer chose, possibly by several readers. Returning gives the revision back to its reader
    (a consensus to everyone whose revisions it was made from), and takes an approved image out of
    the pool.

    Raises:
        Problem: 403 one's own work; 404; 409 the revision does not wait for a review; 422 reused
            key, or a frame that is named twice.
    """
    wish: list[object] = [decision.revision, decision.verdict, decision.comment]
    if decision.further is not None:
        wish += [(one.frame_index, one.revision) for one in decision.further]
    asked = fingerprint("review", image_id, *wish, *frame_mark(decision.frame_index))
    known = recall(session, principal, key, asked, "review", Review)
    if known is not None:
        return session.get_one(Review, known)
    image = locked(session, image_id)
    found = session.execute(
        select(Mask, Frame)
        .join(Frame, Frame.id == Mask.frame_id)
        .where(
            Frame.image_id == image.id,
            Frame.index == decision.frame_index,
            Mask.revision == decision.revision,
        )
    ).one_or_none()
    if found is None:
        raise not_found("revision")
    mask, frame = found
    readings = readings_of(session, image.id)
    before = ImageStanding.of(session, image, frame, readings)
    waiting = _waiting(session, image, readings)
    chosen = [(frame, mask)]
    if decision.verdict == Verdict.APPROVED:
        if decision.further is None:
            _require_waiting(image, mask, waiting)
            chosen = _all_of(session, image, frame, mask)
        else:
            chosen += _chosen(session, image, frame, decision.further)
        for _, one in chosen:
            _require_waiting(image, one, waiting)
        if not rules_of(session, image.project_id, state.settings).self_approval:
            for _, one in chosen:
                _refuse_own(session, principal, one, waiting)
        _approve(session, image, chosen, readings)
        approved = [one.id for _, one in chosen]
        note(
            session,
            state.broker,
            image.project_id,
            HookEvent.APPROVED,
            image_id=image.id,
            revision=mask.revision,
        )
        send_on_approval(session, state, image, approved, principal.user.id)
    else:
        _return(session, image, frame, mask, readings, waiting)
    review = Review(
        id=new_id(),
        image_id=image.id,
        mask_id=mask.id,
        reviewer_id=principal.user.id,
        verdict=decision.verdict,
        comment=decision.comment,
        former=before.with_change(ImageStanding.of(session, image, frame, readings)),
    )
    session.add(review)
    session.flush()
    remember(session, principal, key, asked, "review", review.id)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "image.approved" if decision.verdict is Verdict.APPROVED else "image.returned",
        "image",
        image.id,
        revision=mask.revision,
        **({"frames": len(chosen)} if len(chosen) > 1 else {}),
    )
    publish_change(session, state.broker, image, Change.REVIEW, principal.user, mask.revision)
    return review


def _all_of(session: Session, image: Image, frame: Frame, mask: Mask) -> list[tuple[Frame, Mask]]:
    """Return the revisions that a decision covers: for a cine, all frames that were handed in with
    it, or the newest consensus of each."""
    if image.frame_count == 1:
        return [(frame, mask)]
    if mask.source == MaskSource.CONSENSUS:
        found = newest_of_frames(
            session, Mask.image_id == image.id, Mask.source == MaskSource.CONSENSUS
        )
        masks = [mask, *(one for one in found if one.frame_id != mask.frame_id)]
    else:
        masks = newest_of_frames(session, Mask.reading_id == mask.reading_id)
    query = select(Frame).where(Frame.id.in_([one.frame_id for one in masks]))
    frames = {one.id: one for one in session.scalars(query)}
    return [(frames[one.frame_id], one) for one in masks]


def _chosen(
    session: Session, image: Image, named: Frame, further: Sequence[FrameRevision]
) -> list[tuple[Frame, Mask]]:
    """Return the revisions of further frames that a reviewer chose, in frame order.

    Raises:
        Problem: 404 a revision is missing; 422 the frame of the first one is among them.
    """
    revisions = {one.frame_index: one.revision for one in further}
    if named.index in revisions:
        raise Problem(
            422,
            "frame-twice",
            "The frame in the address is named among the further frames too; name it once.",
        )
    query = (
        select(Frame, Mask)
        .join(Mask, Mask.frame_id == Frame.id)
        .where(
            Frame.image_id == image.id,
            Frame.index.in_(revisions),
            Mask.revision.in_(set(revisions.values())),
        )
        .order_by(Frame.index)
    )
    found = [
        (row.Frame, row.Mask)
        for row in session.execute(query)
        if revisions[row.Frame.index] == row.Mask.revision
    ]
    if len(found) < len(revisions):
        raise not_found("revision")
    return found


def _waiting(session: Session, image: Image, readings: Sequence[Reading]) -> dict[UUID, Reading]:
    """Return the readings of the revisions that wait for a review, by the revision's id."""
    submitted = [one for one in readings if one.state == ReadingState.SUBMITTED]
    if image.frame_count == 1:
        return {one.submitted_mask_id: one for one in submitted if one.submitted_mask_id}
    return {mask.id: one for one in submitted for mask in handed_in(session, image, one)}


def _require_waiting(image: Image, mask: Mask, waiting: Mapping[UUID, Reading]) -> None:
    if image.state != ImageState.SUBMITTED:
        raise Problem(
            409,
            "not-submitted",
            "This image is not waiting for review now; it may have been withdrawn, returned "
            "or approved meanwhile. Load it again.",
        )
    if mask.source != MaskSource.CONSENSUS and mask.id not in waiting:
        raise Problem(
            409,
            "not-submitted",
            "This revision is not one that was handed in; choose a reader's submitted revision "
            "or a consensus.",
        )


def _refuse_own(
    session: Session, principal: Principal, mask: Mask, waiting: Mapping[UUID, Reading]
) -> None:
    """Refuse approval of work that nobody but the reviewer stands behind.

    Reviewers may approve their own revision if it equals what somebody else handed in or a
    consensus of several people: then two people stand behind it.
    """
    me = principal.user.id
    if mask.source == MaskSource.CONSENSUS:
        authors = {one.author_id for one in _sources(session, mask)}
        if authors - {me}:
            return
    elif mask.author_id != me:
        return
    others = [id for id, reading in waiting.items() if reading.reader_id != me]
    query = select(Mask).where(
        Mask.frame_id == mask.frame_id,
        Mask.id.in_(others) | (Mask.source == MaskSource.CONSENSUS),
        Mask.id != mask.id,
    )
    for other in session.scalars(query):
        if other.source == MaskSource.CONSENSUS:
            stands = {one.author_id for one in _sources(session, other)} - {me}
        else:
            stands = {other.author_id}
        if stands and same_answer(mask, other):
            return
    raise Problem(
        403, "own-reading", "Nobody approves their own work here; ask another reviewer to do it."
    )


def _sources(session: Session, consensus: Mask) -> Sequence[Mask]:
    """The revisions that a consensus was made from."""
    of = [UUID(one) for one in (consensus.consensus or {}).get("of", [])]
    return session.scalars(select(Mask).where(Mask.id.in_(of))).all()


def _approve(
    session: WriteSession,
    image: Image,
    chosen: Sequence[tuple[Frame, Mask]],
    readings: Sequence[Reading],
) -> None:
    taken = {mask.reading_id for _, mask in chosen}
    for one in readings:
        one.state = ReadingState.APPROVED if one.id in taken else ReadingState.SUPERSEDED
    approve(session, image, chosen)


def _return(
    session: WriteSession,
    image: Image,
    frame: Frame,
    mask: Mask,
    readings: Sequence[Reading],
    waiting: Mapping[UUID, Reading],
) -> None:
    approved = frame.approved_mask_id == mask.id
    if mask.source == MaskSource.CONSENSUS:
        to = {one.reading_id for one in _sources(session, mask)}
    else:
        to = {mask.reading_id}
    readers = [one for one in readings if one.id in to and one.submitted_mask_id]
    if not approved:
        readers = [one for one in readers if one.state == ReadingState.SUBMITTED]
        if mask.source != MaskSource.CONSENSUS:
            readers = [one for one in readers if waiting.get(mask.id) is one]
    if not readers:
        raise Problem(
            409,
            "not-submitted",
            "Only a revision that waits for a review, or the approved one, can be returned.",
        )
    if any(one.blind and one.state == ReadingState.OPEN for one in readings):
        raise Problem(
            409,
            "blind-open",
            "Another blind reader is still at work, who must not learn of this one; wait until "
            "both have handed in.",
        )
    if approved:
        for one in readings:
            ended = one.state in (ReadingState.APPROVED, ReadingState.SUPERSEDED)
            if ended and one.submitted_mask_id:
                one.state = ReadingState.SUBMITTED
        take_back(session, image, frame)
    for one in readers:
        one.state = ReadingState.RETURNED
    note_return(session, image)
