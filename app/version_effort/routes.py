"""``/version-effort``: whether a promotion saved minutes."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED
from app.core.state import DatabaseRead
from app.version_effort import service
from app.version_effort.schemas import VersionEffortReport

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/version-effort", responses=GUARDED)
def get_version_effort(principal: ProjectAdmin, session: DatabaseRead) -> VersionEffortReport:
    """Time for an image, share corrected and by how much, by the version that made the first
    outline; and what serves against the version before."""
    return service.report(session, principal.project)
