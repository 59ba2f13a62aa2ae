"""``/models`` and ``/deployments``: the versions, and which of them serve."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from app.accounts.access import (
    AnywhereReader,
    GuardedRoute,
    ProjectAdmin,
    ProjectReader,
    SiteAdmin,
)
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.core.uploads import form_body, received
from app.deployments import imports, reruns, service
from app.deployments.schemas import (
    DeploymentList,
    ModelJob,
    ModelJobList,
    ModelList,
    Rejection,
    Rerun,
    Rollback,
)

Part = Annotated[str, Path(max_length=80)]

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/models", responses=GUARDED)
def list_models(principal: AnywhereReader, session: DatabaseRead) -> ModelList:
    """List the versions of all models with their model cards."""
    return ModelList(items=service.models(session, service.shadows(session, principal)))


@router.post(
    "/models",
    status_code=202,
    responses=GUARDED | responses(400, 413, 415, 507),
    openapi_extra=form_body(),
)
async def import_model(
    request: Request,
    principal: SiteAdmin,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ModelJob:
    """Send a ZIP with the files of one model. A worker verifies it in a separate process; a version
    that must not serve is imported as broken, with the reason."""
    most = state.settings.max_import_bytes
    async with received(request, "the archive", most) as (upload, _):
        job_id = await run_in_threadpool(imports.accept, state, principal, upload, idempotency_key)
    return await run_in_threadpool(imports.seen, state, job_id)


@router.get("/model-jobs", responses=GUARDED)
def list_model_jobs(principal: SiteAdmin, session: DatabaseRead) -> ModelJobList:
    """List the last imports and verifications, newest first."""
    return ModelJobList(items=imports.recent(session))


@router.post(
    "/models/{name}/{version}/verification",
    status_code=202,
    responses=GUARDED | responses(404, 409),
)
def verify_model(
    name: Part, version: Part, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> ModelJob:
    """Verify a version again; if it passes, it may serve again."""
    return imports.verify(session, state, principal, f"{name}@{version}")


@router.put(
    "/models/{name}/{version}/rejection",
    status_code=204,
    responses=GUARDED_BODY | responses(404, 409),
)
def reject_model(
    name: Part,
    version: Part,
    body: Rejection,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Decide that a version that serves no project never will."""
    service.reject(session, state.site_key, principal.actor, f"{name}@{version}", body.reason)


@router.get("/deployments", responses=GUARDED)
def list_deployments(principal: ProjectReader, session: DatabaseRead) -> DeploymentList:
    """Return a project's deployments and those of the site, newest first."""
    return DeploymentList(items=service.details(session, principal.project))


@router.post("/deployments/rollback", status_code=201, responses=GUARDED_BODY | responses(409))
def roll_back_model(
    body: Rollback, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> DeploymentList:
    """Let the version that served before serve again, as a new deployment."""
    if body.everywhere:
        service.require_everywhere(principal)
    project_id = None if body.everywhere else principal.project
    service.roll_back(session, state.site_key, principal.actor, project_id, body.reason)
    return DeploymentList(items=service.details(session, principal.project))


@router.get("/reruns", responses=GUARDED)
def get_rerun(principal: ProjectAdmin, session: DatabaseRead) -> Rerun:
    """Return the number of untouched predictions of versions that no longer serve."""
    return reruns.details(session, principal.project)


@router.post("/reruns", status_code=202, responses=GUARDED | responses(409))
def start_rerun(principal: ProjectAdmin, session: DatabaseWrite, state: AppState) -> Rerun:
    """Repeat these predictions with the version that serves. What people have drawn, handed in or
    signed stays."""
    reruns.order(session, state, principal)
    return reruns.details(session, principal.project)


@router.delete("/reruns", responses=GUARDED | responses(409))
def cancel_rerun(principal: ProjectAdmin, session: DatabaseWrite, state: AppState) -> Rerun:
    """Stop repeating the predictions; finished ones stay."""
    reruns.cancel(session, state, principal)
    return reruns.details(session, principal.project)
