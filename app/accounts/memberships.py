"""Memberships: the people of a project, and their roles in it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.schemas import ProjectRole
from app.accounts.tables import Role, User
from app.core.database import WriteSession
from app.core.locks import lock
from app.core.problems import Problem
from app.projects.tables import DEFAULT_PROJECT, GroupMember, GroupRole, Membership, Project


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A person's role in a project."""

    project_id: UUID
    name: str
    """The project's name."""
    role: Role


def roles_of(session: Session, user_ids: Collection[UUID]) -> dict[UUID, list[HeldRole]]:
    """Return the projects that these people are members of, in order of creation."""
    query = (
        select(Membership.user_id, Membership.role, Project.id, Project.name)
        .join(Project, Project.id == Membership.project_id)
        .where(Membership.user_id.in_(user_ids))
        .order_by(Project.id)
    )
    found: dict[UUID, list[HeldRole]] = defaultdict(list)
    for row in session.execute(query):
        found[row.user_id].append(HeldRole(row.id, row.name, row.role))
    return found


def project_roles(held: Iterable[HeldRole]) -> list[ProjectRole]:
    """Return roles as JSON models."""
    return [ProjectRole(id=one.project_id, name=one.name, role=one.role) for one in held]


def highest(user: User, held: Collection[HeldRole]) -> Role:
    """Return a person's role if the site has one project, and their highest role otherwise."""
    if user.site_admin:
        return Role.ADMIN
    return max((one.role for one in held), key=list(Role).index, default=Role.ANNOTATOR)


def hold(session: WriteSession) -> None:
    """Let nobody else change memberships or groups until the end of the transaction.

    A role follows from rows of several tables: if two people change different ones, the second must
    see what the first wrote.
    """
    lock(session, "memberships")


def put(session: WriteSession, project_id: UUID, user_id: UUID, role: Role) -> Role | None:
    """Give a person a role of their own in a project and return their own role before.

    A higher role from a group stays in force.
    """
    hold(session)
    found = session.get(Membership, (project_id, user_id), with_for_update=True)
    before = found.own_role if found is not None else None
    if found is None:
        session.add(Membership(project_id=project_id, user_id=user_id, role=role, own_role=role))
    else:
        found.own_role = role
    recompute_roles(session, [project_id], [user_id])
    return before


def end(session: WriteSession, project_id: UUID, user_id: UUID) -> bool:
    """Remove a person's own role and return whether there was one. Roles from groups stay."""
    hold(session)
    found = session.get(Membership, (project_id, user_id), with_for_update=True)
    if found is None or found.own_role is None:
        return False
    found.own_role = None
    recompute_roles(session, [project_id], [user_id])
    return True


def recompute_roles(
    session: WriteSession, projects: Collection[UUID], people: Collection[UUID]
) -> None:
    """Update these people's memberships of these projects from their own and their groups' roles.

    Call it in the transaction that changed either, after `hold`.
    """
    session.flush()
    given: dict[tuple[UUID, UUID], list[Role]] = defaultdict(list)
    query = (
        select(GroupRole.project_id, GroupMember.user_id, GroupRole.role)
        .join(GroupMember, GroupMember.group_id == GroupRole.group_id)
        .where(GroupRole.project_id.in_(projects), GroupMember.user_id.in_(people))
    )
    for project_id, user_id, role in session.execute(query):
        given[project_id, user_id].append(role)
    stored = select(Membership).where(
        Membership.project_id.in_(projects), Membership.user_id.in_(people)
    )
    held = {(one.project_id, one.user_id): one for one in session.scalars(stored)}
    for pair, member in held.items():
        roles = [*given.pop(pair, ()), *([member.own_role] if member.own_role else ())]
        if roles:
            member.role = max(roles, key=list(Role).index)
        else:
            session.delete(member)
    for (project_id, user_id), roles in given.items():
        role = max(roles, key=list(Role).index)
        session.add(Membership(project_id=project_id, user_id=user_id, role=role))
    session.flush()


def only_project(session: Session, user: User) -> UUID:
    """Return the project that a role given without a project applies to.

    Raises:
        Problem: 409 if the person belongs to several.
    """
    held = roles_of(session, [user.id])[user.id]
    if len(held) > 1:
        raise Problem(
            409,
            "several-projects",
            "This person belongs to several projects; change the role on the project's own page.",
        )
    return held[0].project_id if held else DEFAULT_PROJECT
