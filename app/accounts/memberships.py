"""Who belongs to which project, and as what."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.schemas import ProjectRole
from app.accounts.tables import Role, User
from app.core.database import WriteSession
from app.core.problems import Problem
from app.projects.tables import DEFAULT_PROJECT, Membership, Project


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A person's role in a project."""

    project_id: UUID
    name: str
    """The project's name."""
    role: Role


def roles_of(session: Session, user_ids: Collection[UUID]) -> dict[UUID, list[HeldRole]]:
    """The projects that these people are members of, in the order in which they were made."""
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
    """Roles as JSON."""
    return [ProjectRole(id=one.project_id, name=one.name, role=one.role) for one in held]


def highest(user: User, held: Collection[HeldRole]) -> Role:
    """A person's role on a site with one project, and the highest one on others."""
    if user.site_admin:
        return Role.ADMIN
    return max((one.role for one in held), key=list(Role).index, default=Role.ANNOTATOR)


def put(session: WriteSession, project_id: UUID, user_id: UUID, role: Role) -> Role | None:
    """Make somebody a member, or give a member another role; the role before."""
    found = session.get(Membership, (project_id, user_id), with_for_update=True)
    if found is None:
        session.add(Membership(project_id=project_id, user_id=user_id, role=role))
        session.flush()
        return None
    before, found.role = found.role, role
    session.flush()
    return before


def end(session: WriteSession, project_id: UUID, user_id: UUID) -> bool:
    """End a membership; whether there was one."""
    ended = delete(Membership).where(
        Membership.project_id == project_id, Membership.user_id == user_id
    )
    return session.scalar(ended.returning(Membership.user_id)) is not None


def only_project(session: Session, user: User) -> UUID:
    """The project in which a role named without one counts.

    Raises:
        Problem: 409 where the person belongs to several.
    """
    held = roles_of(session, [user.id])[user.id]
    if len(held) > 1:
        raise Problem(
            409,
            "several-projects",
            "This person belongs to several projects; change the role on the project's own page.",
        )
    return held[0].project_id if held else DEFAULT_PROJECT
