"""Handing in and taking back a reading, once the drawing is done."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.state import State
from app.hooks.records import note
from app.hooks.tables import HookEvent
from app.images.tables import Image, ImageState
from app.jobs.service import Presentation, enqueue, present
from app.masks.classes import require_complete
from app.masks.tables import Mask, MaskSource
from app.reviews.access import hides_image
from app.reviews.jobs import AGREEMENT, AgreementParameters
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, newest_of_frames, reading_of, readings_of
from app.reviews.records import update_state
from app.reviews.tables import Reading, ReadingState
from app.reviews.visibility import view_of


def submit(
    session: WriteSession, state: State, principal: Principal, image: Image, mask: Mask
) -> Reading:
    """Hand in a revision of one's own; handing in the same one again changes nothing.

    All corrected frames of a cine are handed in, each as last saved.

    Args:
        mask: a revision of the reading; for a cine, of any of its frames.

    Raises:
        Problem: 403 somebody else's revision; 409 not the newest revision of this reading and
            frame, or nothing may be handed in now; 422 a lesion lacks its class or a required
            attribute.
    """
    image = locked(session, image.id)
    reading = reading_of(session, image, principal, create=False)
    if reading is None or mask.source != MaskSource.HUMAN or mask.reading_id != reading.id:
        raise Problem(
            403, "not-author", "Only a revision that you saved yourself can be handed in by you."
        )
    if reading.state == ReadingState.SUBMITTED and reading.submitted_mask_id == mask.id:
        return reading
    of_frame = Mask.reading_id == reading.id, Mask.frame_id == mask.frame_id
    newest = session.scalar(select(func.max(Mask.revision)).where(*of_frame)) == mask.revision
    if image.frame_count > 1 and reading.state == ReadingState.SUBMITTED and newest:
        return reading  # another frame of the same submission
    _require_open(image, reading)
    if not newest:
        raise Problem(
            409, "stale-revision", "You have saved a newer revision; look at it and hand it in."
        )
    drawn = [mask]
    if image.frame_count > 1:
        drawn = newest_of_frames(session, Mask.reading_id == reading.id)
    for one in drawn:
        require_complete(session, image, one)
    first_time = reading.submitted_mask_id is None
    reading.state, reading.submitted_at = ReadingState.SUBMITTED, now()
    reading.submitted_mask_id = mask.id
    update_state(session, image)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "reading.submitted",
        "image",
        image.id,
        revision=mask.revision,
        **({"frames": len(drawn)} if image.frame_count > 1 else {}),
    )
    note(
        session,
        state.broker,
        image.project_id,
        HookEvent.SUBMITTED,
        image_id=image.id,
        revision=mask.revision,
    )
    if first_time and reading.blind:
        _compare_blind(session, state, principal, image)
    _publish_change(session, state, principal, image)
    return reading


def _require_open(image: Image, reading: Reading) -> None:
    if image.state == ImageState.APPROVED:
        raise Problem(409, "approved", "This image is approved already.")
    if reading.state not in (ReadingState.OPEN, ReadingState.RETURNED):
        raise Problem(
            409, "not-open", "Your reading of this image has ended; save a revision to begin again."
        )


def _compare_blind(session: WriteSession, state: State, principal: Principal, image: Image) -> None:
    """Queue the comparison of blind readings once two are in.

    They are compared as they were first handed in: after a return, the reader may have seen the
    other's mask.
    """
    blind = [one for one in readings_of(session, image.id) if one.blind and one.submitted_mask_id]
    by_frame: dict[int, list[UUID]] = defaultdict(list)
    for reading in blind:
        if image.frame_count == 1 and reading.submitted_mask_id is not None:
            by_frame[0].append(reading.submitted_mask_id)
        elif image.frame_count > 1:
            for mask in newest_of_frames(session, Mask.reading_id == reading.id):
                by_frame[mask.frame_id.int].append(mask.id)
    for masks in by_frame.values():
        if len(masks) < 2:  # a frame that one of them left as it was
            continue
        enqueue(
            session,
            state,
            AGREEMENT,
            AgreementParameters(masks=tuple(masks)),
            project_id=image.project_id,
            owner_id=principal.user.id,
            image_id=image.id,
        )


present(Presentation(AGREEMENT, hides_image))


def withdraw(session: WriteSession, state: State, principal: Principal, image_id: UUID) -> None:
    """Take back one's own submission, while nobody has reviewed it.

    Raises:
        Problem: 409 if there is nothing to take back, or a blind pair is complete: its readers see
            each other's masks from then on.
    """
    image = locked(session, image_id)
    readings = readings_of(session, image.id)
    mine = next((one for one in readings if one.reader_id == principal.user.id), None)
    if mine is None or mine.state != ReadingState.SUBMITTED:
        raise Problem(
            409, "not-submitted", "You have handed in nothing here that nobody has reviewed yet."
        )
    if mine.blind and sum(one.blind and one.submitted_at is not None for one in readings) > 1:
        raise Problem(
            409,
            "pair-complete",
            "The other reader has handed in too, and the readings are compared; "
            "a reviewer can return yours.",
        )
    mine.state = ReadingState.OPEN
    mine.submitted_at = mine.submitted_mask_id = None
    update_state(session, image)
    actor = principal.actor
    audit.record(session, state.site_key, actor, "reading.withdrawn", "image", image.id)
    _publish_change(session, state, principal, image)


def _publish_change(
    session: WriteSession, state: State, principal: Principal, image: Image
) -> None:
    """Announce the change, without who made it while blind readers are still at work."""
    blind = view_of(session, image.id, principal.user.id).blind
    publish_change(session, state.broker, image, Change.REVIEW, None if blind else principal.user)
