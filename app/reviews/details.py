"""Readings and reviews as JSON."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.tables import User
from app.images.schemas import Person
from app.masks.tables import Mask
from app.reviews.readings import readings_of
from app.reviews.schemas import ReadingDetails, ReviewDetails
from app.reviews.tables import Reading, Review
from app.reviews.visibility import View


def visible_readings(session: Session, view: View) -> list[ReadingDetails]:
    """The readings of an image that a person may see: of a blind pair at work, their own."""
    readings = readings_of(session, view.image_id)
    return reading_details(session, [one for one in readings if view.sees_work_of(one.reader_id)])


def reading_details(session: Session, readings: Iterable[Reading]) -> list[ReadingDetails]:
    """Readings as JSON; their people must be loaded."""
    readings = list(readings)
    revisions = _revisions(session, [one.submitted_mask_id for one in readings])
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
            submitted_revision=revisions.get(one.submitted_mask_id)
            if one.submitted_mask_id
            else None,
        )
        for one in readings
    ]


def one_reading(session: Session, reading_id: UUID) -> ReadingDetails:
    """A reading that is known to be there."""
    query = (
        select(Reading)
        .where(Reading.id == reading_id)
        .options(joinedload(Reading.reader), joinedload(Reading.assigned_by))
    )
    return reading_details(session, [session.scalars(query).one()])[0]


def visible_reviews(session: Session, view: View) -> list[ReviewDetails]:
    """The decisions on an image, newest first; of a blind pair at work, those on one's own."""
    query = (
        select(Review, Mask.revision, Mask.author_id)
        .join(Mask, Mask.id == Review.mask_id)
        .where(Review.image_id == view.image_id)
        .options(joinedload(Review.reviewer))
        .order_by(Review.id.desc())
    )
    return [
        review_details(row.Review, row.revision)
        for row in session.execute(query)
        if view.sees_work_of(row.author_id)
    ]


def one_review(session: Session, review_id: UUID) -> ReviewDetails:
    """A review that is known to be there."""
    query = (
        select(Review, Mask.revision)
        .join(Mask, Mask.id == Review.mask_id)
        .where(Review.id == review_id)
        .options(joinedload(Review.reviewer))
    )
    row = session.execute(query).one()
    return review_details(row.Review, row.revision)


def review_details(review: Review, revision: int) -> ReviewDetails:
    """A review as JSON; its reviewer must be loaded."""
    return ReviewDetails(
        id=review.id,
        revision=revision,
        reviewer=person(review.reviewer),
        verdict=review.verdict,
        comment=review.comment,
        created_at=review.created_at,
    )


def person(user: User) -> Person:
    """Who."""
    return Person(id=user.id, name=user.name)


def _revisions(session: Session, masks: Sequence[UUID | None]) -> dict[UUID, int]:
    wanted = [one for one in masks if one is not None]
    if not wanted:
        return {}
    rows = session.execute(select(Mask.id, Mask.revision).where(Mask.id.in_(wanted)))
    return {row.id: row.revision for row in rows}
