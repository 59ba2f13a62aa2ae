"""``/images/{id}/calibration``: a distance that a person knows."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, Writer
from app.calibration import service
from app.calibration.schemas import Calibrate, Calibrated
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseWrite

router = APIRouter(
    prefix="/images/{image_id}/calibration", tags=["images"], route_class=GuardedRoute
)


@router.put("", responses={**GUARDED_BODY, **responses(404, 409)})
def calibrate(
    image_id: UUID, body: Calibrate, principal: Writer, session: DatabaseWrite, state: AppState
) -> Calibrated:
    """State how long a distance in the picture is, if the file does not.

    It is recorded as manual, with person and time, and every length is updated at once.
    """
    return service.calibrate(session, state, principal, image_id, body)


@router.delete("", responses={**GUARDED, **responses(404, 409)})
def take_back(
    image_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> Calibrated:
    """Discard what people measured; lengths that the file states stay."""
    return service.take_back(session, state, principal, image_id)
