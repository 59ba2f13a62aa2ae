"""``/projects/{project_id}/retention``: what is put aside or deleted automatically, and when."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, GuardedRoute
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.projects.tables import RetentionKind
from app.retention import service
from app.retention.schemas import (
    RetentionPreview,
    RetentionQuestion,
    RetentionRuleDetails,
    RetentionRules,
    RetentionTerms,
)

router = APIRouter(tags=["projects"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
CHANGE = {**GUARDED_BODY, **responses(404)}


@router.get("/projects/{project_id}/retention", responses=ONE)
def list_retention_rules(
    project_id: UUID, principal: Admin, session: DatabaseRead, state: AppState
) -> RetentionRules:
    """Return a project's retention rules, and the result of the last run."""
    return service.rules(session, state.settings, project_id)


@router.post("/projects/{project_id}/retention-preview", responses=CHANGE)
def preview_retention_rule(
    project_id: UUID, body: RetentionQuestion, principal: Admin, session: DatabaseRead
) -> RetentionPreview:
    """The things that a rule would apply to when it begins, and their number. Changes nothing."""
    return service.preview(session, project_id, body)


@router.put("/projects/{project_id}/retention/{kind}", responses=CHANGE)
def set_retention_rule(
    project_id: UUID,
    kind: RetentionKind,
    body: RetentionTerms,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> RetentionRuleDetails:
    """Set a rule. It begins after the notice period, which restarts when a rule becomes stricter.
    Images that it deletes can be brought back, like those that a person deleted."""
    asked = RetentionQuestion(kind=kind, **body.model_dump())
    return service.put(session, state, principal, asked)


@router.delete("/projects/{project_id}/retention/{kind}", status_code=204, responses=ONE)
def end_retention_rule(
    project_id: UUID,
    kind: RetentionKind,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Delete a rule; what it did stays done."""
    service.remove(session, state, principal, kind)
