"""``/deployments`` and ``/promotion-requests``: through the gate alone, or past it with a second
admin."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.deployments import service
from app.deployments.schemas import DeploymentList
from app.promotions import decisions
from app.promotions.schemas import (
    GateState,
    NewDeployment,
    NewPromotionRequest,
    PromotionRequestDetails,
    PromotionRequestList,
)

router = APIRouter(tags=["models"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404, 409)}
Part = Annotated[str, Path(max_length=80)]


@router.post("/deployments", status_code=201, responses=GUARDED_BODY | responses(404, 409))
def promote_model(
    body: NewDeployment, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> DeploymentList:
    """Let a version serve from now on if it passes the gate. It answers the next request."""
    if body.everywhere:
        service.require_everywhere(principal)
    decisions.promote(
        session,
        state.site_key,
        principal.actor,
        principal.project,
        body.model,
        body.reason,
        everywhere=body.everywhere,
        without_gain=body.without_gain,
    )
    return DeploymentList(items=service.details(session, principal.project))


@router.get("/models/{name}/{version}/gate", responses=ONE)
def get_gate(
    name: Part,
    version: Part,
    principal: ProjectAdmin,
    session: DatabaseRead,
    everywhere: Annotated[bool, Query(description="For the whole site.")] = False,
) -> GateState:
    """Whether one admin alone may let a version serve the project, and if not, why."""
    return decisions.state(session, principal, f"{name}@{version}", everywhere=everywhere)


@router.get("/promotion-requests", responses=GUARDED)
def list_promotion_requests(principal: ProjectAdmin, session: DatabaseRead) -> PromotionRequestList:
    """Requests to let versions serve that the gate keeps out, newest first."""
    return PromotionRequestList(items=decisions.requests(session, principal))


@router.post("/promotion-requests", status_code=201, responses=GUARDED_BODY | responses(404, 409))
def ask_for_promotion(
    body: NewPromotionRequest, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> PromotionRequestDetails:
    """Ask another admin to let a version serve that the gate keeps out."""
    made = decisions.ask(
        session, state.site_key, principal, body.model, body.reason, body.everywhere
    )
    return decisions.details(session, principal, made)


@router.post(
    "/promotion-requests/{promotion_request_id}/confirmation", status_code=201, responses=ONE
)
def confirm_promotion(
    promotion_request_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> DeploymentList:
    """Let the version serve, as a second, signed-in admin. Nobody confirms their own request."""
    decisions.confirm(session, state.site_key, principal, promotion_request_id)
    return DeploymentList(items=service.details(session, principal.project))


@router.post("/promotion-requests/{promotion_request_id}/refusal", status_code=204, responses=ONE)
def refuse_promotion(
    promotion_request_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """Refuse a request, or withdraw one's own."""
    decisions.refuse(session, state.site_key, principal, promotion_request_id)
