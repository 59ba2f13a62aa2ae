"""One person's reading of one image: finding it, beginning it, and updating the image."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.principal import Principal
from app.accounts.tables import Role
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import not_found
from app.images.tables import Frame, Image
from app.masks.tables import Mask
from app.reviews.states import (
    refuse_drawing,
)
from app.reviews.tables import Reading, ReadingState, readers_needed


def locked(session: WriteSession, image_id: UUID) -> Image:
    """Return the image as it is now, locked until the transaction ends.

    Code that changes readings, reviews or the state takes this lock before any other: if two people
    act at once, the second sees what the first did.

    Raises:
        Problem: 404 if it was deleted.
    """
    image = session.get(Image, image_id, with_for_update=True, populate_existing=True)
    if image is None:
        raise not_found("image")
    return image


def locked_all(
    session: WriteSession, project_id: UUID, image_ids: Sequence[UUID]
) -> dict[UUID, Image]:
    """Return several images of one project as they are now, locked until the transaction ends, by
    id.

    They are locked all at once and in one order, before the audit log is written: of two requests
    for overlapping images, one waits for the other and they cannot deadlock.

    Raises:
        Problem: 404 if one does not exist.
    """
    query = select(Image).where(Image.project_id == project_id, Image.id.in_(image_ids))
    query = query.order_by(Image.id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).all()
    if len(found) < len(set(image_ids)):
        raise not_found("image")
    return {image.id: image for image in found}


def readings_of(session: Session, image_id: UUID) -> Sequence[Reading]:
    """Return all readings of an image with their people, oldest first."""
    query = (
        select(Reading)
        .where(Reading.image_id == image_id)
        .options(joinedload(Reading.reader), joinedload(Reading.assigned_by))
        .order_by(Reading.id)
    )
    return session.scalars(query).all()


def reading_of(
    session: Session, image: Image, principal: Principal, *, create: bool
) -> Reading | None:
    """Return a person's reading of an image.

    Args:
        session: a writing one with ``create``.
        image: the image; with ``create`` it is locked and read again.
        principal: the reader.
        create: they are about to draw. Begins a reading if they have none (blind if the image is
            to be read twice and still lacks a blind reader), reopens a superseded one, and refuses
            if nobody may draw now.

    Returns:
        The reading; None without ``create`` if they have none.

    Raises:
        Problem: 409 if drawing would bypass the review (``create`` only).
    """
    user = principal.user
    query = select(Reading).where(Reading.image_id == image.id, Reading.reader_id == user.id)
    if not create:
        return session.scalar(query)
    assert isinstance(session, WriteSession)  # noqa: S101
    image = locked(session, image.id)
    reading = session.scalar(query)
    reviewer = principal.is_in(image.project_id, Role.REVIEWER)
    refuse_drawing(image.state, reading.state if reading else None, reviewer=reviewer)
    if reading is None:
        blind = image.double_reading and not reviewer and _blind_wanted(session, image)
        reading = Reading(id=new_id(), image_id=image.id, reader_id=user.id, blind=blind)
        session.add(reading)
    elif reading.state == ReadingState.SUPERSEDED:
        reading.state = ReadingState.OPEN
        reading.submitted_at = reading.submitted_mask_id = None
    session.flush()
    return reading


def handed_in(session: Session, image: Image, reading: Reading) -> list[Mask]:
    """Return the revisions that were handed in with a reading, one for each frame that its reader
    drew on, in frame order; empty if it was not handed in.

    Nothing can be added to a reading while it is handed in, so the newest revision of each frame
    counts.
    """
    if reading.submitted_mask_id is None:
        return []
    if image.frame_count == 1:
        mask = session.get(Mask, reading.submitted_mask_id)
        return [mask] if mask else []
    return newest_of_frames(session, Mask.reading_id == reading.id)


def newest_of_frames(session: Session, *which: ColumnElement[bool]) -> list[Mask]:
    """Return the newest of these revisions for each frame, in frame order."""
    last = (
        select(Mask.frame_id, func.max(Mask.revision).label("revision"))
        .where(*which)
        .group_by(Mask.frame_id)
        .subquery()
    )
    query = (
        select(Mask)
        .join(last, (last.c.frame_id == Mask.frame_id) & (last.c.revision == Mask.revision))
        .join(Frame, Frame.id == Mask.frame_id)
        .order_by(Frame.index)
    )
    return list(session.scalars(query))


def _blind_wanted(session: Session, image: Image) -> bool:
    blind = [one for one in readings_of(session, image.id) if one.blind]
    return len(blind) < readers_needed(image.double_reading)
