"""Queueing deliveries."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.state import State
from app.images.tables import Frame, Image
from app.jobs.service import enqueue
from app.jobs.tables import Job, JobState
from app.sealed_references.records import has_reference
from app.sending.jobs import SEND, SendParameters
from app.sending.tables import Delivery, Destination


def send_on_approval(
    session: WriteSession, state: State, image: Image, masks: Sequence[UUID], owner_id: UUID
) -> None:
    """Queue newly approved revisions for the destinations that receive them automatically."""
    query = select(Destination).where(
        Destination.project_id == image.project_id, Destination.on_approval
    )
    destinations = session.scalars(query).all()
    settles = timedelta(seconds=state.settings.send_after_seconds)
    if destinations and has_reference(session, image.id):
        for destination in destinations:
            _queue(session, state, image, destination, masks, owner_id, settles)


def send(
    session: WriteSession, state: State, image: Image, destination: Destination, owner_id: UUID
) -> int:
    """Queue all approved revisions of an image for a destination, even those delivered before.

    Returns:
        The number of revisions.

    Raises:
        Problem: 409 nothing is approved, or the image did not come as DICOM.
    """
    query = select(Frame.approved_mask_id).where(
        Frame.image_id == image.id, Frame.approved_mask_id.is_not(None)
    )
    masks = [mask for mask in session.scalars(query) if mask is not None]
    if not masks:
        raise Problem(409, "not-approved", "Only what is approved is sent; approve it first.")
    if not has_reference(session, image.id):
        raise Problem(
            409,
            "no-dicom-source",
            "The image did not come as DICOM, so that no result can be written back to it.",
        )
    for delivery in session.scalars(
        select(Delivery).where(
            Delivery.mask_id.in_(masks), Delivery.destination_id == destination.id
        )
    ):
        delivery.delivered_at = None
    destination.paused_until = None
    _queue(session, state, image, destination, masks, owner_id, timedelta(0))
    return len(masks)


def _queue(
    session: WriteSession,
    state: State,
    image: Image,
    destination: Destination,
    masks: Sequence[UUID],
    owner_id: UUID,
    settles: timedelta,
) -> None:
    there = {
        row.mask_id: row
        for row in session.scalars(
            select(Delivery).where(
                Delivery.mask_id.in_(masks), Delivery.destination_id == destination.id
            )
        )
    }
    open_rows = []
    for mask_id in masks:
        row = there.get(mask_id)
        if row is None:
            row = Delivery(image_id=image.id, mask_id=mask_id, destination_id=destination.id)
            session.add(row)
        if row.delivered_at is None:
            open_rows.append(row)
    if not open_rows:
        return
    job_id = enqueue(
        session,
        state,
        SEND,
        SendParameters(destination_id=destination.id),
        owner_id=owner_id,
        project_id=image.project_id,
        image_id=image.id,
        awaited=False,
        not_before=now() + settles if settles else None,
    )
    for row in open_rows:
        row.job_id = job_id


def states(session: Session, image_id: UUID) -> list[tuple[Destination, Delivery, Job | None]]:
    """Return the newest delivery of an image to each destination, with its job."""
    query = (
        select(Destination, Delivery, Job)
        .join(Delivery, Delivery.destination_id == Destination.id)
        .outerjoin(Job, Job.id == Delivery.job_id)
        .where(Delivery.image_id == image_id)
        .order_by(Destination.name, Delivery.id)
    )
    newest = {}
    for destination, delivery, job in session.execute(query):
        newest[destination.id] = (destination, delivery, job)
    return list(newest.values())


LAST = 100
"""The most deliveries of a project that are shown at once."""


def last(
    session: Session, project_id: UUID, state: str | None
) -> list[tuple[Destination, Delivery, Job | None]]:
    """Return a project's newest deliveries: for each image, the newest to each destination.

    Revisions that were returned or replaced before they were sent are left out.

    Args:
        state: as :func:`word` returns it; None means any.
    """
    delivered = Delivery.delivered_at.is_not(None)
    waits = Job.state.in_((JobState.QUEUED, JobState.RUNNING))
    over = or_(Job.id.is_(None), Job.state.in_((JobState.FAILED, JobState.CANCELLED)))
    which = {
        "delivered": delivered,
        "waiting": ~delivered & waits,
        "failed": ~delivered & over,
        None: or_(delivered, waits, over),
    }[state]
    query = (
        select(Destination, Delivery, Job)
        .join(Delivery, Delivery.destination_id == Destination.id)
        .outerjoin(Job, Job.id == Delivery.job_id)
        .where(Destination.project_id == project_id, which)
        .order_by(Delivery.id.desc())
        .limit(5 * LAST)  # each frame of a cine has one
    )
    newest: dict[tuple[UUID, UUID], tuple[Destination, Delivery, Job | None]] = {}
    for destination, delivery, job in session.execute(query):
        newest.setdefault((delivery.image_id, destination.id), (destination, delivery, job))
    return list(newest.values())[:LAST]


def word(delivery: Delivery, job: Job | None) -> str:
    """Return `delivered`, `failed` or `waiting`."""
    if delivery.delivered_at is not None:
        return "delivered"
    over = job is None or job.state in (JobState.FAILED, JobState.CANCELLED, JobState.DONE)
    return "failed" if over else "waiting"
