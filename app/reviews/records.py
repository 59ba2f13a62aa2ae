"""The only place that writes an image's state and the figures that the worklist shows of it.

Both follow from the image's masks, readings and approval (:mod:`app.reviews.states`). Needs tables
only, so workers use it as well. The caller holds the lock of the image's row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.ids import now
from app.images.tables import Frame, Image, ImageState, Subject
from app.label_sets.tables import LESION_CLASS_ID
from app.local_labels.records import plain
from app.masks.measures import is_possible
from app.masks.records import publish
from app.masks.tables import Draft, FrameClass, FrameNote, Mask, MaskSource
from app.pool.records import split_of
from app.reviews.states import ReadingStanding, Standings, readers_wanted, state_after
from app.reviews.tables import Reading
from app.reviews.visibility import shown_to_all


def standing_mask(session: WriteSession, frame: Frame) -> UUID | None:
    """Return the approved revision, else the newest that every reader may see, people's first."""
    if frame.approved_mask_id is not None:
        return frame.approved_mask_id
    query = select(Mask.id).where(Mask.frame_id == frame.id, shown_to_all(session, frame.image_id))
    people_first = Mask.source == MaskSource.MODEL
    return session.scalar(query.order_by(people_first, Mask.revision.desc()).limit(1))


def take_figures(session: WriteSession, image: Image, frame: Frame) -> None:
    """Copy the standing revision's figures to frame and image; skip it if not measured yet."""
    found = standing_mask(session, frame)
    mask = session.get(Mask, found) if found else None  # mostly the one that changed just now
    if mask is None or mask.result is None:
        return
    _repeat(frame, mask.result)
    _note_said(session, frame, mask)
    _sum_up(session, image, frame)


def _repeat(frame: Frame, result: Mapping[str, Any]) -> None:
    lesions = result["lesions"]
    axes = [lesion["long_axis_mm"] for lesion in lesions]
    frame.lesion_count = len(lesions)
    frame.possible_count = sum(is_possible(lesion.get("probability")) for lesion in lesions)
    frame.long_axis_mm = max((mm for mm in axes if mm is not None), default=None)


def _note_said(session: WriteSession, frame: Frame, mask: Mask) -> None:
    """Store the classes and the note of a person's revision in the tables that a search reads."""
    session.execute(delete(FrameClass).where(FrameClass.frame_id == frame.id))
    session.execute(delete(FrameNote).where(FrameNote.frame_id == frame.id))
    if mask.source == MaskSource.MODEL:
        return
    lesions = (mask.result or {}).get("lesions", [])
    classes = {UUID(one["class_id"]) if one.get("class_id") else LESION_CLASS_ID for one in lesions}
    own = {"frame_id": frame.id, "image_id": frame.image_id}
    session.add_all(FrameClass(class_id=one, **own) for one in classes)
    note = plain((mask.labels or {}).get("note", ""))
    if note:
        session.add(FrameNote(note=note, **own))


def _sum_up_still(image: Image, frame: Frame) -> None:
    """Copy the figures of a still's one frame to the image."""
    image.lesion_count = frame.lesion_count
    image.possible_count = frame.possible_count
    image.long_axis_mm = frame.long_axis_mm
    image.uncertainty_score = frame.uncertainty_score


def _sum_up(session: WriteSession, image: Image, frame: Frame) -> None:
    """Summarise on the image the figures of its frames, one of which has just changed."""
    if image.frame_count == 1:
        _sum_up_still(image, frame)
        return
    session.flush()
    row = session.execute(
        select(
            func.max(Frame.lesion_count),
            func.max(Frame.lesion_count - Frame.possible_count),
            func.max(Frame.long_axis_mm),
            func.max(Frame.uncertainty_score),
        ).where(Frame.image_id == image.id)
    ).one()
    image.lesion_count, sure, image.long_axis_mm, image.uncertainty_score = row
    image.possible_count = (image.lesion_count or 0) - (sure or 0)


def note_drawing(session: WriteSession, image: Image, *, saved: bool) -> None:
    """Record that somebody with a reading has written a draft, or saved a revision.

    An image stays returned until a revision is saved.
    """
    session.flush()
    if saved and image.state == ImageState.RETURNED:
        set_state(image, ImageState.IN_CORRECTION)
    update_state(session, image)


def update_state(session: WriteSession, image: Image) -> None:
    """Bring the image's state and the number of readers it wants in line with its readings."""
    session.flush()
    standings = standings_of(session, image)
    state = state_after(image.state, standings)
    set_state(image, state)
    wanted = 0 if image.archived_at else readers_wanted(state, standings)
    image.readers_wanted = wanted
    session.flush()


def set_state(image: Image, state: ImageState) -> None:
    """Put the image into a state and record when."""
    if image.state != state:
        image.state = state
        image.state_changed_at = now()


def standings_of(session: Session, image: Image) -> Standings:
    """Read from the image's rows the facts that its state follows from."""
    rows = session.execute(
        select(Reading.state, Reading.assigned_by_id, Reading.blind).where(
            Reading.image_id == image.id
        )
    )
    revision = exists().where(Mask.image_id == image.id)
    predicted, saved, drafted = session.execute(
        select(
            revision.where(Mask.source == MaskSource.MODEL),
            revision.where(Mask.source == MaskSource.HUMAN),
            exists().where(Draft.image_id == image.id),
        )
    ).one()
    return Standings(
        predicted=bool(predicted),
        begun=bool(saved or drafted),
        approved=image.approved_at is not None,
        double=image.double_reading,
        readings=[
            ReadingStanding(row.state, row.assigned_by_id is not None, row.blind) for row in rows
        ],
    )


def note_prediction(
    session: WriteSession, image: Image, frame: Frame, mask: Mask, *, is_new: bool
) -> None:
    """Record a model's answer to a frame, in a revision that is about to be added.

    Another model's answer undoes nobody's work: once a person has drawn, only the model's name and
    uncertainty are copied to the image.

    Args:
        is_new: a still whose rows are not inserted yet.
    """
    result = mask.result or {}
    if image.state == ImageState.UNLABELLED:
        set_state(image, ImageState.PREDICTED)
    if image.state == ImageState.PREDICTED:
        publish(frame, mask)
        _repeat(frame, result)
    frame.uncertainty_score = result["uncertainty"]["score"]
    if is_new:
        _sum_up_still(image, frame)
    else:
        _sum_up(session, image, frame)
    image.model_name, image.model_version = mask.model_name, mask.model_version


def note_first_prediction(session: WriteSession, mask: Mask) -> bool:
    """Do the same without reading first, for a still that was stored just now.

    Returns:
        Whether it worked: the pixels are unchanged since upload and nobody has begun to draw. The
        rows are then locked.
    """
    image, frame = Image(state=ImageState.UNLABELLED), Frame()
    note_prediction(session, image, frame, mask, is_new=True)
    for row, statement in ((image, _FRESH), (frame, _FIRST)):
        columns = type(row).__table__.c
        values = {name: value for name, value in vars(row).items() if name in columns}
        if session.execute(statement, values | {"predicted": mask.image_id}).first() is None:
            return False
    return True


_image, _frame = cast(Table, Image.__table__), cast(Table, Frame.__table__)
_FRESH = (
    update(_image)
    .where(_image.c.id == bindparam("predicted"), _image.c.state == ImageState.UNLABELLED)
    .returning(_image.c.id)
)
_FIRST = (
    update(_frame)
    .where(
        _frame.c.image_id == bindparam("predicted"),
        _frame.c.index == 0,
        _frame.c.picture_id.is_(None),
    )
    .returning(_frame.c.id)
)
"""The columns that both statements set are further parameters."""


def approve(session: WriteSession, image: Image, masks: Sequence[tuple[Frame, Mask]]) -> None:
    """Put revisions into the training pool, one for each corrected frame; the caller has already
    updated the readings."""
    image.approved_at = now()
    for frame, mask in masks:
        frame.approved_mask_id = mask.id
    if image.split is None:
        subject = session.get(Subject, image.subject_id) if image.subject_id else None
        image.split = split_of(subject.pseudonym if subject else image.pixel_sha256)
    for frame, _ in masks:
        take_figures(session, image, frame)
    update_state(session, image)


def take_back(session: WriteSession, image: Image, frame: Frame) -> None:
    """Take the approved revisions of an image, including this frame's, out of the training pool;
    the image counts as returned."""
    image.approved_at = None
    frames = [frame]
    if image.frame_count > 1:
        approved = Frame.image_id == image.id, Frame.approved_mask_id.is_not(None)
        frames = list(session.scalars(select(Frame).where(*approved)))
    for one in frames:
        one.approved_mask_id = None
        take_figures(session, image, one)


def restore(
    session: WriteSession,
    image: Image,
    approved: Mapping[Frame, UUID | None],
    state: ImageState,
    approved_at: datetime | None,
) -> None:
    """Restore the image as it was before a decision; the caller has already restored its readings.

    Args:
        approved: the mask of each frame that the decision changed; None if there was none.
    """
    image.approved_at = approved_at
    for frame, mask_id in approved.items():
        frame.approved_mask_id = mask_id
        take_figures(session, image, frame)
    set_state(image, state)
    update_state(session, image)


def note_return(session: WriteSession, image: Image) -> None:
    """Record that a reviewer returned the image: it stays so until its reader saves a revision."""
    set_state(image, ImageState.RETURNED)
    update_state(session, image)
