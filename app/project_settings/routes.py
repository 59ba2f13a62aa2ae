"""``/projects``: the caller's projects, their rules and their members."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, AnywhereReader, GuardedRoute, Reader, SiteAdmin
from app.accounts.idempotency import IdempotencyKey, fingerprint, recall, remember
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.project_settings import service
from app.project_settings.schemas import (
    MemberChange,
    MemberDetails,
    MemberList,
    NewMember,
    NewProject,
    ProjectChange,
    ProjectDetails,
    ProjectList,
)
from app.projects.tables import Project

router = APIRouter(tags=["projects"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
CHANGE = {**GUARDED_BODY, **responses(404, 409)}


@router.get("/projects", responses=GUARDED)
def list_projects(principal: AnywhereReader, session: DatabaseRead, state: AppState) -> ProjectList:
    """The projects that the caller belongs to; site admins belong to all."""
    ids = list(principal.projects)
    return ProjectList(items=service.details(session, state.settings, principal, ids))


@router.post("/projects", status_code=201, responses=GUARDED_BODY | responses(409))
def create_project(
    body: NewProject,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ProjectDetails:
    """Make a project. Nobody but the caller and other site admins sees it before they are added."""
    asked = fingerprint("project", body.model_dump_json())
    made = recall(session, principal, idempotency_key, asked, "project", Project)
    if made is None:
        me = principal.user.id
        made = service.create(session, state.site_key, principal.actor, me, body)
        remember(session, principal, idempotency_key, asked, "project", made)
    inside = principal.joining(session)
    return service.details(session, state.settings, inside, [made])[0]


@router.get("/projects/{project_id}", responses=ONE)
def get_project(
    project_id: UUID, principal: Reader, session: DatabaseRead, state: AppState
) -> ProjectDetails:
    """One project and the rules by which its images are read."""
    return service.details(session, state.settings, principal, [project_id])[0]


@router.patch("/projects/{project_id}", responses=CHANGE)
def change_project(
    project_id: UUID, body: ProjectChange, principal: Admin, session: DatabaseWrite, state: AppState
) -> ProjectDetails:
    """Change name, purpose or rules. Rules apply to what arrives from now on. Only a signed-in site
    admin may change what is kept of patients and dates."""
    service.change(session, state.site_key, principal, project_id, body)
    return service.details(session, state.settings, principal, [project_id])[0]


@router.get("/projects/{project_id}/members", responses=ONE)
def list_members(project_id: UUID, principal: Admin, session: DatabaseRead) -> MemberList:
    """Return the members of the project, by name."""
    return MemberList(items=service.members(session, project_id))


@router.post("/projects/{project_id}/members", status_code=201, responses=CHANGE)
def add_member(
    project_id: UUID, body: NewMember, principal: Admin, session: DatabaseWrite, state: AppState
) -> MemberDetails:
    """Add somebody who has an account on this site. Adding twice changes the role."""
    user_id = service.add_member(session, state.site_key, principal, body)
    return service.member(session, project_id, user_id)


@router.put("/projects/{project_id}/members/{user_id}", responses=CHANGE)
def change_member(
    project_id: UUID,
    user_id: UUID,
    body: MemberChange,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> MemberDetails:
    """Give a member another role."""
    service.set_role(session, state.site_key, principal, user_id, body.role)
    return service.member(session, project_id, user_id)


@router.delete(
    "/projects/{project_id}/members/{user_id}",
    status_code=204,
    responses={**ONE, **responses(409)},
)
def remove_member(
    project_id: UUID, user_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """End a membership; the person's drawings stay, and their open readings wait for a release.
    A role through a group stays."""
    service.remove_member(session, state.site_key, principal, user_id)
