"""``/drift``: whether images, answers and corrections have changed."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED
from app.core.state import DatabaseRead
from app.drift import service
from app.drift.schemas import DriftReport

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/drift", responses=GUARDED)
def get_drift(principal: ProjectAdmin, session: DatabaseRead) -> DriftReport:
    """Compare weeks of the project with the first images of the version that answered. Returns
    alarms and the images that caused them."""
    return service.report(session, principal.project)
