"""Create, change and show destinations."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem, not_found
from app.core.security import SiteKey
from app.destinations.schemas import (
    DeliveryDetails,
    DeliveryList,
    DestinationChange,
    DestinationDetails,
    NewDestination,
    ProjectDelivery,
)
from app.images.tables import Image
from app.jobs.tables import Job, JobState
from app.sealed_references.records import has_reference
from app.sending.jobs import SEND
from app.sending.records import seal_credentials
from app.sending.service import last, states, word
from app.sending.tables import Delivery, Destination


def create(
    session: WriteSession, key: SiteKey, actor: Actor, project_id: UUID, new: NewDestination
) -> Destination:
    """Create a destination of a project.

    Raises:
        Problem: 409 if the project has one of that name.
    """
    fields = new.model_dump(exclude={"authorization"})
    made = Destination(id=new_id(), project_id=project_id, **fields)
    if new.authorization is not None and new.authorization.get_secret_value():
        header = new.authorization.get_secret_value()
        made.sealed_credentials = seal_credentials(key, made.id, header)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        raise Problem(
            409,
            "name-taken",
            "The project already has a destination with this name; choose another name.",
        ) from None
    audit.record(
        session,
        key,
        actor,
        "destination.created",
        "destination",
        made.id,
        project=str(project_id),
        address=made.url or f"{made.host}:{made.port}",
        ae_title=made.ae_title,
        objects=list(made.objects),
        on_approval=made.on_approval,
    )
    return made


def one(session: Session, project_id: UUID, destination_id: UUID) -> Destination:
    """Return a destination of a project.

    Raises:
        Problem: 404.
    """
    found = session.get(Destination, destination_id)
    if found is None or found.project_id != project_id:
        raise not_found("destination")
    return found


def change(
    session: WriteSession, key: SiteKey, actor: Actor, row: Destination, wanted: DestinationChange
) -> None:
    """Change what is sent and when."""
    if wanted.objects is not None:
        row.objects = list(wanted.objects)
    if wanted.on_approval is not None:
        row.on_approval = wanted.on_approval
    told = wanted.model_dump(exclude_unset=True)
    audit.record(session, key, actor, "destination.changed", "destination", row.id, **told)


def remove(session: WriteSession, key: SiteKey, actor: Actor, row: Destination) -> None:
    """Delete a destination and the record of what was sent there."""
    audit.record(session, key, actor, "destination.deleted", "destination", row.id)
    session.delete(row)


def details(row: Destination) -> DestinationDetails:
    """Return a destination as JSON, without its credentials."""
    fields = {name: getattr(row, name) for name in _SHOWN}
    return DestinationDetails(
        **fields,
        has_credentials=row.sealed_credentials is not None,
        has_ca_certificate=row.ca_certificate is not None,
    )


_SHOWN = [name for name in DestinationDetails.model_fields if not name.startswith("has_")]


def of_project(session: Session, project_id: UUID) -> list[DestinationDetails]:
    """Return a project's destinations, by name."""
    query = select(Destination).where(Destination.project_id == project_id)
    return [details(row) for row in session.scalars(query.order_by(Destination.name))]


def _why(delivery: Delivery, job: Job | None) -> dict[str, Any]:
    """Return why a result has not arrived yet."""
    problem = job.problem if job and not delivery.delivered_at else None
    return {"detail": problem.get("detail") if problem else None, "problem": problem}


def deliveries(session: Session, image: Image) -> DeliveryList:
    """Return the deliveries of the image's results, including those under way."""
    items = [
        DeliveryDetails(
            destination_id=destination.id,
            destination=destination.name,
            state=word(delivery, job),
            delivered_at=delivery.delivered_at,
            **_why(delivery, job),
        )
        for destination, delivery, job in states(session, image.id)
    ]
    of_project = Destination.project_id == image.project_id
    automatic = select(exists().where(of_project, Destination.on_approval))
    return DeliveryList(
        writable=has_reference(session, image.id),
        automatic=bool(session.scalar(automatic)),
        items=items,
    )


def of_images(session: Session, project_id: UUID, state: str | None) -> list[ProjectDelivery]:
    """Return a project's last deliveries, in one state or in any."""
    return [
        ProjectDelivery(
            image_id=delivery.image_id,
            destination_id=destination.id,
            destination=destination.name,
            state=word(delivery, job),
            delivered_at=delivery.delivered_at,
            queued_at=job.created_at if job else delivery.created_at,
            tries=SEND.read(job).tries if job else 0,
            next_at=job.lease_until if job and job.state == JobState.QUEUED else None,
            **_why(delivery, job),
        )
        for destination, delivery, job in last(session, project_id, state)
    ]
