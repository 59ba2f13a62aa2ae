"""Assigning images to people: by name, in bulk, or to whoever has least to do."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select, true
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit import AuditEvent
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.tables import Image, ImageState
from app.masks.tables import Draft, Mask
from app.projects.tables import Membership
from app.reviews.news import Change, publish_change
from app.reviews.queues import BUSY
from app.reviews.readings import locked, locked_all, readings_of
from app.reviews.records import update_state
from app.reviews.schemas import Distribute, Distribution, NewReadings, ReaderLoad
from app.reviews.tables import Reading, ReadingState, readers_needed


def assign(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_ids: Iterable[UUID],
    wanted: NewReadings,
    key: str | None,
) -> list[UUID]:
    """Assign every image to all these people, or none; return the ids of the readings.

    Somebody who already has a reading keeps it and gets the new due date. An image that is to be
    read twice is always read blind, whatever the request says.

    Raises:
        Problem: 404 an image is missing; 409 one is approved, or was read by somebody who is not
            blind; 422 unknown reader, too few readers for a blind reading, or reused key.
    """
    ids = sorted(set(image_ids))
    asked = fingerprint("assign", ids, wanted.model_dump_json())
    repeated = recall(session, principal, key, asked, "readings", None) is not None
    require_readers(session, principal.project, wanted.reader_ids)
    made: list[UUID] = []
    for image in locked_all(session, principal.project, ids).values():
        if repeated:
            given = [
                one for one in readings_of(session, image.id) if one.reader_id in wanted.reader_ids
            ]
        else:
            given = assign_one(session, principal, image, wanted)
            note_assigned(session, state, principal, image, wanted.reader_ids)
        made += [one.id for one in given]
    if not repeated:
        remember(session, principal, key, asked, "readings", new_id())
    return made


def require_readers(session: Session, project_id: UUID, ids: Sequence[UUID]) -> None:
    """Refuse readers who do not work in the project.

    Raises:
        Problem: 422.
    """
    query = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            User.id.in_(ids),
            User.active.is_(True),
            User.service.is_(False),
            Membership.project_id == project_id,
        )
    )
    if set(ids) - set(session.scalars(query)):
        raise Problem(
            422, "unknown-reader", "One of these people is not an active member of this project."
        )


def assign_one(
    session: WriteSession, principal: Principal, image: Image, wanted: NewReadings
) -> list[Reading]:
    """Assign one locked image to people; :func:`note_assigned` has to follow.

    Raises:
        Problem: as :func:`assign`.
    """
    if image.state == ImageState.APPROVED:
        raise Problem(
            409,
            "approved",
            "An approved image is not read again; return it first.",
            image_id=str(image.id),
        )
    if image.archived_at is not None:
        raise Problem(
            409,
            "archived",
            "An archived image is not read; take it out of the archive first.",
            image_id=str(image.id),
        )
    readings = readings_of(session, image.id)
    blind = wanted.blind or image.double_reading
    if blind:
        _require_blind(image, readings, wanted)
        image.double_reading = True
    by_reader = {one.reader_id: one for one in readings}
    return [
        _assign_reader(
            session, principal, image, by_reader.get(reader), reader, blind, wanted.due_at
        )
        for reader in wanted.reader_ids
    ]


def _require_blind(image: Image, readings: Sequence[Reading], wanted: NewReadings) -> None:
    asked = set(wanted.reader_ids)
    live = [one for one in readings if one.state != ReadingState.SUPERSEDED]
    seeing = [
        one
        for one in live
        if not one.blind and (one.reader_id not in asked or one.state not in BUSY)
    ]
    if seeing:
        raise Problem(
            409,
            "already-read",
            "Somebody reads this image without being blind; release that reading first.",
            image_id=str(image.id),
        )
    readers = asked | {one.reader_id for one in live}
    if wanted.blind and len(readers) < readers_needed(True):
        raise Problem(422, "two-readers", "A blind reading needs two people; choose one more.")


def _assign_reader(
    session: WriteSession,
    principal: Principal,
    image: Image,
    reading: Reading | None,
    reader: UUID,
    blind: bool,
    due_at: datetime | None,
) -> Reading:
    if reading is None:
        reading = Reading(id=new_id(), image_id=image.id, reader_id=reader)
        session.add(reading)
    elif reading.state == ReadingState.SUPERSEDED:
        reading.state = ReadingState.OPEN
        reading.submitted_at = reading.submitted_mask_id = None
    reading.assigned_by_id = reading.assigned_by_id or principal.user.id
    reading.blind, reading.due_at = blind, due_at
    return reading


def note_assigned(
    session: WriteSession,
    state: State,
    principal: Principal,
    image: Image,
    readers: Sequence[UUID],
) -> None:
    """Update the image's state to its new readings, write the audit log, notify browsers."""
    update_state(session, image)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "reading.assigned",
        "image",
        image.id,
        readers=[str(one) for one in readers],
    )
    publish_change(session, state.broker, image, Change.REVIEW, principal.user)


def distribute(
    session: WriteSession, state: State, principal: Principal, asked: Distribute, key: str | None
) -> Distribution:
    """Assign images that need readers to the annotators with least to do, most urgent first.

    Deterministic: among people with equally many open readings, the oldest account is chosen. An
    image that is to be read twice goes to two different people, blind.

    Raises:
        Problem: 422 reused key.
    """
    sought = fingerprint("distribute", principal.project, asked.model_dump_json())
    known = recall(session, principal, key, sought, "distribution", None)
    if known is not None:
        return _distributed(session, known)
    people = readers(session, principal.project)
    load = {one.id: one.open for one in people if one.role == Role.ANNOTATOR}
    query = (
        select(Image.id)
        .where(Image.project_id == principal.project, Image.wants_readers == true())
        .order_by(Image.uncertainty_rank, Image.disagreement_rank, Image.id)
        .limit(asked.limit)
    )
    done = Distribution(images=0, readings=0)
    ids = session.scalars(query).all() if load else []
    images = locked_all(session, principal.project, ids)
    for image in (images[one] for one in ids):
        has = {one.reader_id for one in readings_of(session, image.id)}
        free = sorted(set(load) - has, key=lambda person: (load[person], person))
        chosen = free[: image.readers_wanted]
        for person in chosen:
            blind = image.double_reading
            _assign_reader(session, principal, image, None, person, blind, asked.due_at)
            load[person] += 1
        if chosen:
            note_assigned(session, state, principal, image, chosen)
            done.images += 1
            done.readings += len(chosen)
    batch = new_id()
    remember(session, principal, key, sought, "distribution", batch)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "readings.distributed",
        "distribution",
        batch,
        **done.model_dump(),
    )
    return done


def _distributed(session: Session, batch: UUID) -> Distribution:
    """Return the result of an earlier request with the same key, from the audit log."""
    query = select(AuditEvent.detail).where(
        AuditEvent.object_type == "distribution", AuditEvent.object_id == str(batch)
    )
    return Distribution.model_validate(session.scalars(query).one())


def readers(session: Session, project_id: UUID) -> list[ReaderLoad]:
    """Active members of a project by name, with how many readings they still have to hand in."""
    mine = (
        select(Reading.id, Reading.reader_id)
        .join(Image, Image.id == Reading.image_id)
        .where(Image.project_id == project_id, Reading.state.in_(BUSY))
        .subquery()
    )
    query = (
        select(User.id, User.name, Membership.role, func.count(mine.c.id).label("open"))
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(mine, mine.c.reader_id == User.id)
        .where(Membership.project_id == project_id, User.active.is_(True), User.service.is_(False))
        .group_by(User.id, User.name, Membership.role)
        .order_by(User.name, User.id)
    )
    return [
        ReaderLoad(id=row.id, name=row.name, role=row.role, open=row.open)
        for row in session.execute(query)
    ]


def remove(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    reading_id: UUID,
    *,
    release: bool,
) -> None:
    """Take an assignment back; with ``release`` even if it has been begun.

    Drawings are kept in a superseded reading that nobody waits for.

    Raises:
        Problem: 404; 409 it was begun without ``release``, or the image is approved.
    """
    image = locked(session, image_id)
    reading = session.get(Reading, reading_id)
    if reading is None or reading.image_id != image.id:
        raise not_found("reading")
    if image.state == ImageState.APPROVED:
        raise Problem(409, "approved", "The readings of an approved image are settled.")
    begun = session.scalar(
        select(
            exists().where(Mask.reading_id == reading.id)
            | exists().where(Draft.image_id == image.id, Draft.user_id == reading.reader_id)
        )
    )
    if begun and not release:
        raise Problem(
            409,
            "reading-begun",
            "Something is drawn in this reading; release it to go on without it.",
        )
    action: Action = "reading.released" if begun else "reading.removed"
    reader = str(reading.reader_id)
    publish_change(session, state.broker, image, Change.REVIEW, principal.user)
    if begun:
        reading.state = ReadingState.SUPERSEDED
    else:
        session.delete(reading)
    update_state(session, image)
    audit.record(session, state.site_key, principal.actor, action, "image", image.id, reader=reader)


def read_once(session: WriteSession, state: State, principal: Principal, image_id: UUID) -> None:
    """Let one reading be enough for an image that was to be read twice.

    Raises:
        Problem: 404; 409 the image is approved.
    """
    image = locked(session, image_id)
    if image.state == ImageState.APPROVED:
        raise Problem(409, "approved", "The readings of an approved image are settled.")
    if not image.double_reading:
        return
    image.double_reading = False
    for one in readings_of(session, image.id):
        one.blind = False
    update_state(session, image)
    actor = principal.actor
    audit.record(session, state.site_key, actor, "image.read-once", "image", image.id)
    publish_change(session, state.broker, image, Change.REVIEW, principal.user)
