"""``/images/{id}/pins``: comments pinned to places of an image."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, Reader, Writer
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED, GUARDED_BODY, KEYED, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.pins import service
from app.pins.schemas import NewComment, NewPin, PinDetails, Pins, Resolution

router = APIRouter(tags=["images"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
CHANGED = GUARDED_BODY | responses(404)
MADE = GUARDED_BODY | KEYED | responses(404, 409)


@router.get("/images/{image_id}/pins", responses=ONE)
def list_pins(image_id: UUID, principal: Reader, session: DatabaseRead) -> Pins:
    """Pins of an image whose authors' work the caller may see: a blind
    reader sees only what they wrote themselves until all have handed in."""
    return service.pins_of(session, principal, image_id)


@router.post("/images/{image_id}/pins", status_code=201, responses=MADE)
def create_pin(
    image_id: UUID,
    body: NewPin,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> PinDetails:
    """Pin a comment to a place of a frame."""
    pin_id = service.place(session, state, principal, image_id, body, idempotency_key)
    return service.one(session, principal, image_id, pin_id)


@router.post("/images/{image_id}/pins/{pin_id}/comments", status_code=201, responses=MADE)
def answer_pin(
    image_id: UUID,
    pin_id: UUID,
    body: NewComment,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> PinDetails:
    """Reply to a pin."""
    service.answer(session, state, principal, image_id, pin_id, body.text, idempotency_key)
    return service.one(session, principal, image_id, pin_id)


@router.put("/images/{image_id}/pins/{pin_id}", responses=CHANGED)
def resolve_pin(
    image_id: UUID,
    pin_id: UUID,
    body: Resolution,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
) -> PinDetails:
    """Resolve a pin, or open it again."""
    service.set_resolved(session, state, principal, image_id, pin_id, resolved=body.resolved)
    return service.one(session, principal, image_id, pin_id)


@router.delete("/images/{image_id}/pins/{pin_id}", status_code=204, responses=ONE)
def delete_pin(
    image_id: UUID, pin_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> None:
    """Delete a pin with its comments: its author while nobody else has replied, or an admin."""
    service.remove(session, state, principal, image_id, pin_id)
