"""``/models`` and ``/deployments``: which versions there are, and which serve."""

from fastapi import APIRouter

from app.accounts.access import AnywhereReader, GuardedRoute, ProjectAdmin, ProjectReader
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, Reading, Writing
from app.deployments import service
from app.deployments.schemas import (
    DeploymentList,
    ModelList,
    NewDeployment,
    Rollback,
)

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/models", responses=GUARDED)
def list_models(principal: AnywhereReader, session: Reading) -> ModelList:
    """The versions of all models, with their model cards."""
    return ModelList(items=service.models(session))


@router.get("/deployments", responses=GUARDED)
def list_deployments(principal: ProjectReader, session: Reading) -> DeploymentList:
    """What serves a project and what did before: its own deployments and those of the site."""
    return DeploymentList(items=service.details(session, principal.project))


@router.post("/deployments", status_code=201, responses=GUARDED_BODY | responses(404, 409))
def promote_model(
    body: NewDeployment, principal: ProjectAdmin, session: Writing, state: AppState
) -> DeploymentList:
    """Let a version serve from now on. It answers the next request."""
    if body.everywhere:
        service.require_everywhere(principal)
    project_id = None if body.everywhere else principal.project
    key, actor = state.site_key, principal.actor
    service.promote(session, key, actor, project_id, body.model, body.reason)
    return DeploymentList(items=service.details(session, principal.project))


@router.post("/deployments/rollback", status_code=201, responses=GUARDED_BODY | responses(409))
def roll_back_model(
    body: Rollback, principal: ProjectAdmin, session: Writing, state: AppState
) -> DeploymentList:
    """Let the version serve again that served before, as a new deployment."""
    if body.everywhere:
        service.require_everywhere(principal)
    project_id = None if body.everywhere else principal.project
    service.roll_back(session, state.site_key, principal.actor, project_id, body.reason)
    return DeploymentList(items=service.details(session, principal.project))
