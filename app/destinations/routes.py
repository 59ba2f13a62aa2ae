"""``/projects/{id}/destinations`` and ``/images/{id}/deliveries``."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, GuardedRoute, Principal, Reader
from app.core.problems import GUARDED, GUARDED_BODY, Problem, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.destinations import service
from app.destinations.schemas import (
    DeliveryList,
    DestinationChange,
    DestinationDetails,
    DestinationList,
    NewDestination,
    ProjectDeliveries,
    SendOrder,
)
from app.jobs.service import Presentation, present
from app.reviews.access import hides_image, visible
from app.sending.jobs import SEND
from app.sending.service import send

present(Presentation(SEND, hides_image))

router = APIRouter(tags=["results"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
CHANGE = {**GUARDED_BODY, **responses(404, 409)}


def _require_site_admin(principal: Principal) -> None:
    """Refuse everybody except site admins, because patients' names are sent to a destination."""
    if not principal.user.site_admin:
        raise Problem(403, "role-missing", "This needs an admin of the site.")


@router.get("/projects/{project_id}/destinations", responses=ONE)
def list_destinations(project_id: UUID, principal: Admin, session: DatabaseRead) -> DestinationList:
    """List the PACS that a project's results go to."""
    return DestinationList(items=service.of_project(session, project_id))


@router.post("/projects/{project_id}/destinations", status_code=201, responses=CHANGE)
def create_destination(
    project_id: UUID,
    body: NewDestination,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> DestinationDetails:
    """Let a project send results to a PACS under the patient's name. Only for site admins."""
    _require_site_admin(principal)
    made = service.create(session, state.site_key, principal.actor, project_id, body)
    return service.details(made)


@router.patch("/projects/{project_id}/destinations/{destination_id}", responses=CHANGE)
def change_destination(
    project_id: UUID,
    destination_id: UUID,
    body: DestinationChange,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> DestinationDetails:
    """Change which objects are sent, and whether an approval sends them."""
    row = service.one(session, project_id, destination_id)
    service.change(session, state.site_key, principal.actor, row, body)
    return service.details(row)


@router.delete(
    "/projects/{project_id}/destinations/{destination_id}", status_code=204, responses=ONE
)
def delete_destination(
    project_id: UUID,
    destination_id: UUID,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Remove a PACS and the record of what was sent there."""
    row = service.one(session, project_id, destination_id)
    service.remove(session, state.site_key, principal.actor, row)


@router.get("/projects/{project_id}/deliveries", responses=ONE)
def list_project_deliveries(
    project_id: UUID,
    principal: Admin,
    session: DatabaseRead,
    state: Literal["waiting", "delivered", "failed"] | None = None,
) -> ProjectDeliveries:
    """List deliveries to a PACS: waiting, failed (with the reason) and made."""
    return ProjectDeliveries(items=service.of_images(session, project_id, state))


@router.get("/images/{image_id}/deliveries", responses=ONE)
def list_deliveries(image_id: UUID, principal: Reader, session: DatabaseRead) -> DeliveryList:
    """List the deliveries of the image's results, including those under way."""
    return service.deliveries(session, visible(session, principal, image_id))


@router.post("/images/{image_id}/deliveries", status_code=202, responses=CHANGE)
def send_image(
    image_id: UUID, body: SendOrder, principal: Admin, session: DatabaseWrite, state: AppState
) -> DeliveryList:
    """Send the approved results of the image, again if they were delivered before.

    A repeated object is the same one: a PACS recognises it by its UID.
    """
    image = visible(session, principal, image_id)
    destination = service.one(session, image.project_id, body.destination_id)
    send(session, state, image, destination, principal.user.id)
    session.flush()
    return service.deliveries(session, image)
