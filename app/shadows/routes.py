"""``/shadow``: a version that runs beside the one that serves. Readers may not use these routes."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.shadows import service
from app.shadows.schemas import NewShadow, ShadowList

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/shadow", responses=GUARDED)
def get_shadows(principal: ProjectAdmin, session: DatabaseRead) -> ShadowList:
    """Running and ended shadows, and how they and the serving version agree with approved masks."""
    return ShadowList(items=service.details(session, principal.project))


@router.post("/shadow", status_code=201, responses=GUARDED_BODY | responses(404, 409))
def start_shadow(
    body: NewShadow, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> ShadowList:
    """Let an evaluated version run beside the one that serves, on future images, whenever workers
    have nothing else to do. Readers never see its answers."""
    service.start(session, state, principal, body)
    return ShadowList(items=service.details(session, principal.project))


@router.delete("/shadow", responses=GUARDED | responses(409))
def stop_shadow(principal: ProjectAdmin, session: DatabaseWrite, state: AppState) -> ShadowList:
    """Stop it. Its answers are still compared with masks that are approved later."""
    service.stop(session, state, principal)
    return ShadowList(items=service.details(session, principal.project))
