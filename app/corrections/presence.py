"""Presence: people who have an image open now. Rows expire unless renewed every few seconds."""

from functools import partial
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.tables import User
from app.core.broker import BrokerClient
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.locks import lock
from app.images.tables import Image
from app.masks.schemas import PresentPerson
from app.masks.tables import Presence
from app.reviews.visibility import (
    PRESENT_FOR,
    View,
    audience,
    view_of,
)


def others(session: Session, view: View) -> list[PresentPerson]:
    """Return the other people who have the image open, as far as this person may see them."""
    return [
        PresentPerson(
            id=user_id,
            name=name,
            frame_index=row.frame_index,
            editing=row.editing,
            since=row.since,
        )
        for row, user_id, name in _present(session, view.image_id)
        if user_id != view.user_id and view.sees_work_of(user_id)
    ]


def _present(session: Session, image_id: UUID) -> list[tuple[Presence, UUID, str]]:
    query = (
        select(Presence, User.id, User.name)
        .join(User, User.id == Presence.user_id)
        .where(Presence.image_id == image_id, Presence.seen_at > now() - PRESENT_FOR)
        .order_by(User.name, User.id)
    )
    return [(row, user_id, name) for row, user_id, name in session.execute(query)]


def renew(
    session: WriteSession,
    broker: BrokerClient,
    image_id: UUID,
    frame_index: int,
    user: User,
    *,
    editing: bool,
) -> list[PresentPerson]:
    """Record that a person has the image open, notify the others of changes, and return them."""
    lock(session, "presence", image_id, user.id)
    row = session.get(Presence, (image_id, user.id))
    at = now()
    if row is None:
        row = Presence(
            image_id=image_id,
            user_id=user.id,
            frame_index=frame_index,
            editing=editing,
            since=at,
            seen_at=at,
        )
        session.add(row)
        news = True
    else:
        away = row.seen_at <= at - PRESENT_FOR
        news = away or (row.editing, row.frame_index) != (editing, frame_index)
        row.editing, row.frame_index, row.seen_at = editing, frame_index, at
        if away:
            row.since = at
    session.flush()
    if news:
        _publish(session, broker, image_id)
    return others(session, view_of(session, image_id, user.id))


def leave(session: WriteSession, broker: BrokerClient, image_id: UUID, user: User) -> None:
    """Record that a person closed the image."""
    gone = session.scalar(
        delete(Presence)
        .where(Presence.image_id == image_id, Presence.user_id == user.id)
        .returning(Presence.user_id)
    )
    if gone is not None:
        _publish(session, broker, image_id)


def sweep(session: WriteSession) -> None:
    """Remove rows of people who left without closing the image."""
    session.execute(delete(Presence).where(Presence.seen_at <= now() - PRESENT_FOR))


def _publish(session: Session, broker: BrokerClient, image_id: UUID) -> None:
    """Send each person present the list of the others that they may see, after the commit."""
    image = session.get_one(Image, image_id)
    hearing = audience(session, image, None)
    for _, user_id, _ in _present(session, image_id):
        if user_id not in hearing:
            continue
        people = others(session, view_of(session, image_id, user_id))
        data = {
            "image_id": str(image_id),
            "project_id": str(image.project_id),
            "people": [person.model_dump(mode="json") for person in people],
        }
        message = {"event": "presence", "data": data}
        after_commit(session, partial(broker.publish, (f"user:{user_id}", message)))
