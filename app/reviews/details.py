"""Readings and reviews as JSON."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.tables import User
from app.images.schemas import Person
from app.images.tables import Frame
from app.masks.tables import Mask
from app.reviews.readings import readings_of
from app.reviews.schemas import ReadingDetails, ReviewDetails
from app.reviews.tables import Reading, Review
from app.reviews.visibility import View


def visible_readings(
    session: Session, view: View, of_frame: UUID | None = None
) -> list[ReadingDetails]:
    """Return the readings of an image that a person may see: only their own during a blind pair.

    Args:
        of_frame: for a cine, the frame whose revisions are named; see :func:`reading_details`.
    """
    readings = readings_of(session, view.image_id)
    seen = [one for one in readings if view.sees_work_of(one.reader_id)]
    return reading_details(session, seen, of_frame)


def reading_details(
    session: Session, readings: Iterable[Reading], of_frame: UUID | None = None
) -> list[ReadingDetails]:
    """Return readings as JSON; their people must be loaded.

    Args:
        of_frame: the frame whose revision is named as the one that was handed in; None names the
            revision that the reader handed in, of any frame.
    """
    readings = list(readings)
    if of_frame is None:
        revisions = _revisions(session, [one.submitted_mask_id for one in readings])
        numbers = {
            one.id: revisions.get(one.submitted_mask_id)
            for one in readings
            if one.submitted_mask_id
        }
    else:
        ids = [one.id for one in readings if one.submitted_mask_id]
        drawn = Mask.reading_id.in_(ids), Mask.frame_id == of_frame
        last = select(Mask.reading_id, func.max(Mask.revision)).where(*drawn)
        rows = session.execute(last.group_by(Mask.reading_id))
        numbers = {row[0]: row[1] for row in rows if row[0]}
    return [
        ReadingDetails(
            id=one.id,
            image_id=one.image_id,
            reader=person(one.reader),
            assigned_by=person(one.assigned_by) if one.assigned_by else None,
            blind=one.blind,
            state=one.state,
            due_at=one.due_at,
            created_at=one.created_at,
            submitted_at=one.submitted_at,
            submitted_revision=numbers.get(one.id),
        )
        for one in readings
    ]


def one_reading(session: Session, reading_id: UUID) -> ReadingDetails:
    """Return a reading that is known to exist."""
    query = (
        select(Reading)
        .where(Reading.id == reading_id)
        .options(joinedload(Reading.reader), joinedload(Reading.assigned_by))
    )
    return reading_details(session, [session.scalars(query).one()])[0]


def visible_reviews(session: Session, view: View) -> list[ReviewDetails]:
    """Return the decisions on an image, newest first; only those on the caller's own revisions
    while a blind pair is at work."""
    query = (
        select(Review, Mask.revision, Mask.author_id, Frame.index.label("frame_index"))
        .join(Mask, Mask.id == Review.mask_id)
        .join(Frame, Frame.id == Mask.frame_id)
        .where(Review.image_id == view.image_id)
        .options(joinedload(Review.reviewer))
        .order_by(Review.id.desc())
    )
    return [
        review_details(row.Review, row.revision, row.frame_index)
        for row in session.execute(query)
        if view.sees_work_of(row.author_id)
    ]


def one_review(session: Session, review_id: UUID) -> ReviewDetails:
    """Return a review that is known to exist."""
    query = (
        select(Review, Mask.revision, Frame.index.label("frame_index"))
        .join(Mask, Mask.id == Review.mask_id)
        .join(Frame, Frame.id == Mask.frame_id)
        .where(Review.id == review_id)
        .options(joinedload(Review.reviewer))
    )
    row = session.execute(query).one()
    return review_details(row.Review, row.revision, row.frame_index)


def review_details(review: Review, revision: int, frame_index: int) -> ReviewDetails:
    """Return a review as JSON; its reviewer must be loaded."""
    return ReviewDetails(
        id=review.id,
        revision=revision,
        frame_index=frame_index,
        reviewer=person(review.reviewer),
        verdict=review.verdict,
        comment=review.comment,
        created_at=review.created_at,
    )


def person(user: User) -> Person:
    """Return a person as JSON."""
    return Person(id=user.id, name=user.name)


def _revisions(session: Session, masks: Sequence[UUID | None]) -> dict[UUID, int]:
    wanted = [one for one in masks if one is not None]
    if not wanted:
        return {}
    rows = session.execute(select(Mask.id, Mask.revision).where(Mask.id.in_(wanted)))
    return {row.id: row.revision for row in rows}
