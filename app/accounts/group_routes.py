"""``/groups`` and ``/projects/{project_id}/groups``: people who are given roles together."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts import groups
from app.accounts.access import Admin, GuardedRoute, SiteAdmin
from app.accounts.idempotency import IdempotencyKey, fingerprint, recall, remember
from app.accounts.schemas import (
    GroupDetails,
    GroupInProject,
    GroupList,
    GroupName,
    GroupRoleChoice,
    GroupsInProject,
)
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.projects.tables import PeopleGroup

router = APIRouter(route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


@router.get("/groups", tags=["users"], responses=GUARDED)
def list_groups(principal: SiteAdmin, session: DatabaseRead) -> GroupList:
    """List groups by name, with their people and their roles in projects."""
    return GroupList(items=groups.details(session))


@router.post("/groups", tags=["users"], status_code=201, responses=GUARDED_BODY | responses(409))
def create_group(
    body: GroupName,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> GroupDetails:
    """Create a group. It has no people and no roles yet."""
    asked = fingerprint("people_group", body.model_dump_json())
    made = recall(session, principal, idempotency_key, asked, "people_group", PeopleGroup)
    if made is None:
        made = groups.create(session, state.site_key, principal.actor, body.name)
        remember(session, principal, idempotency_key, asked, "people_group", made)
    return groups.details(session, made)[0]


@router.patch(
    "/groups/{people_group_id}", tags=["users"], responses=GUARDED_BODY | responses(404, 409)
)
def rename_group(
    people_group_id: UUID,
    body: GroupName,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> GroupDetails:
    """Rename a group."""
    groups.rename(session, state.site_key, principal.actor, people_group_id, body.name)
    return groups.details(session, people_group_id)[0]


@router.delete("/groups/{people_group_id}", tags=["users"], status_code=204, responses=ONE)
def delete_group(
    people_group_id: UUID, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> None:
    """Delete a group. Its people lose the roles that it gave them; their drawings stay."""
    groups.remove(session, state.site_key, principal.actor, people_group_id)


@router.put("/groups/{people_group_id}/members/{user_id}", tags=["users"], responses=ONE)
def add_to_group(
    people_group_id: UUID,
    user_id: UUID,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> GroupDetails:
    """Add a person to a group: from now on they have its role in each of its projects."""
    groups.add(session, state.site_key, principal.actor, people_group_id, user_id)
    return groups.details(session, people_group_id)[0]


@router.delete("/groups/{people_group_id}/members/{user_id}", tags=["users"], responses=ONE)
def take_out_of_group(
    people_group_id: UUID,
    user_id: UUID,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> GroupDetails:
    """Remove a person from a group. Their own roles and those of other groups stay."""
    groups.take_out(session, state.site_key, principal.actor, people_group_id, user_id)
    return groups.details(session, people_group_id)[0]


@router.get("/projects/{project_id}/groups", tags=["projects"], responses=ONE)
def list_project_groups(
    project_id: UUID, principal: Admin, session: DatabaseRead
) -> GroupsInProject:
    """List the site's groups by name, with the role of each in the project."""
    return GroupsInProject(items=groups.in_project(session, project_id))


@router.put(
    "/projects/{project_id}/groups/{people_group_id}",
    tags=["projects"],
    responses=GUARDED_BODY | responses(404, 409),
)
def set_group_role(
    project_id: UUID,
    people_group_id: UUID,
    body: GroupRoleChoice,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> GroupInProject:
    """Give a group a role in the project. A person with a higher role of their own keeps it."""
    groups.set_role(session, state.site_key, principal, people_group_id, body.role)
    return groups.in_project(session, project_id, people_group_id)[0]


@router.delete(
    "/projects/{project_id}/groups/{people_group_id}",
    tags=["projects"],
    status_code=204,
    responses={**ONE, **responses(409)},
)
def end_group_role(
    project_id: UUID,
    people_group_id: UUID,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Remove a group from the project. Members with a role of their own stay."""
    groups.set_role(session, state.site_key, principal, people_group_id, None)
