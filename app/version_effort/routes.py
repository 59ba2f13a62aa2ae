"""``/version-effort``: whether a promotion saved minutes."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.access import GuardedRoute, ProjectAdmin, ProjectReader
from app.core.problems import GUARDED, responses
from app.core.state import DatabaseRead
from app.version_effort import service
from app.version_effort.schemas import MostCorrected, VersionEffortReport

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/version-effort", responses=GUARDED)
def get_version_effort(principal: ProjectAdmin, session: DatabaseRead) -> VersionEffortReport:
    """Time per image, share corrected and by how much, by the version that made the first outline;
    and the serving version compared with the one before."""
    return service.report(session, principal.project)


@router.get("/version-effort/most-corrected", responses=GUARDED | responses(422))
def list_most_corrected(
    principal: ProjectReader,
    session: DatabaseRead,
    model: Annotated[
        str | None, Query(max_length=120, description="`NAME@VERSION`; default: what serves.")
    ] = None,
) -> MostCorrected:
    """Approved images that readers changed most, one per patient: where a version fails.

    Annotators get those that they read themselves.
    """
    return MostCorrected(items=service.most_corrected(session, principal, model))
