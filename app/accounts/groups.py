"""Groups of people, and the roles that projects give to them.

Every change updates the memberships in the same transaction, so that a person's role can be read
from one row, whoever gave it.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import memberships
from app.accounts.principal import Principal
from app.accounts.schemas import GroupDetails, GroupInProject, PersonName, ProjectRole
from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.problems import Problem, not_found
from app.core.security import SiteKey
from app.projects.tables import GroupMember, GroupRole, Membership, PeopleGroup, Project


def details(session: Session, *only: UUID) -> list[GroupDetails]:
    """Return these groups, or all, by name."""
    chosen = [PeopleGroup.id.in_(only)] if only else []
    people: dict[UUID, list[PersonName]] = defaultdict(list)
    who = (
        select(GroupMember.group_id, User)
        .join(User, User.id == GroupMember.user_id)
        .join(PeopleGroup, PeopleGroup.id == GroupMember.group_id)
        .where(*chosen)
        .order_by(User.name, User.id)
    )
    for group_id, user in session.execute(who):
        people[group_id].append(PersonName.model_validate(user))
    projects: dict[UUID, list[ProjectRole]] = defaultdict(list)
    where = (
        select(GroupRole.group_id, GroupRole.role, Project.id, Project.name)
        .join(Project, Project.id == GroupRole.project_id)
        .join(PeopleGroup, PeopleGroup.id == GroupRole.group_id)
        .where(*chosen)
        .order_by(Project.id)
    )
    for group_id, role, project_id, name in session.execute(where):
        projects[group_id].append(ProjectRole(id=project_id, name=name, role=role))
    query = select(PeopleGroup).where(*chosen).order_by(PeopleGroup.name)
    return [
        GroupDetails(
            id=group.id, name=group.name, members=people[group.id], projects=projects[group.id]
        )
        for group in session.scalars(query)
    ]


def find(session: Session, group_id: UUID) -> PeopleGroup:
    """Return the group with this id.

    Raises:
        Problem: 404.
    """
    group = session.get(PeopleGroup, group_id)
    if group is None:
        raise not_found("group")
    return group


def create(session: WriteSession, key: SiteKey, actor: Actor, name: str) -> UUID:
    """Create a group without any people.

    Raises:
        Problem: 409 if the name is taken.
    """
    group = PeopleGroup(name=name)
    session.add(group)
    _flush_name(session)
    audit.record(session, key, actor, "group.created", "group", group.id)
    return group.id


def rename(session: WriteSession, key: SiteKey, actor: Actor, group_id: UUID, name: str) -> None:
    """Rename a group; the audit log does not record names, because it is never corrected.

    Raises:
        Problem: 404; 409 if the name is taken.
    """
    group = find(session, group_id)
    if group.name == name:
        return
    group.name = name
    _flush_name(session)
    audit.record(session, key, actor, "group.renamed", "group", group_id)


def _flush_name(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Problem(
            409, "name-taken", "A group with this name already exists; choose another name."
        ) from error


def remove(session: WriteSession, key: SiteKey, actor: Actor, group_id: UUID) -> None:
    """Delete a group, and with it the roles that its people have through it.

    Raises:
        Problem: 404.
    """
    memberships.hold(session)
    group = find(session, group_id)
    people, projects = _people(session, group_id), _projects(session, group_id)
    session.execute(delete(GroupRole).where(GroupRole.group_id == group_id))
    session.execute(delete(GroupMember).where(GroupMember.group_id == group_id))
    session.delete(group)
    memberships.recompute_roles(session, projects, people)
    audit.record(
        session,
        key,
        actor,
        "group.deleted",
        "group",
        group_id,
        people=[str(one) for one in people],
        projects=[str(one) for one in projects],
    )


def add(session: WriteSession, key: SiteKey, actor: Actor, group_id: UUID, user_id: UUID) -> None:
    """Add a person to a group; does nothing if they are already in it.

    Raises:
        Problem: 404 if there is no such group or person; 422 for a service account, which sends
            into one project.
    """
    memberships.hold(session)
    find(session, group_id)
    user = session.get(User, user_id)
    if user is None:
        raise not_found("person")
    if user.service:
        raise Problem(
            422, "service-account", "A service account sends into one project; it joins no group."
        )
    if session.get(GroupMember, (group_id, user_id)) is not None:
        return
    session.add(GroupMember(group_id=group_id, user_id=user_id))
    memberships.recompute_roles(session, _projects(session, group_id), [user_id])
    audit.record(session, key, actor, "group.joined", "group", group_id, user=str(user_id))


def take_out(
    session: WriteSession, key: SiteKey, actor: Actor, group_id: UUID, user_id: UUID
) -> None:
    """Remove a person from a group; does nothing if they are not in it.

    Raises:
        Problem: 404 if there is no such group.
    """
    memberships.hold(session)
    find(session, group_id)
    found = session.get(GroupMember, (group_id, user_id))
    if found is None:
        return
    session.delete(found)
    memberships.recompute_roles(session, _projects(session, group_id), [user_id])
    audit.record(session, key, actor, "group.left", "group", group_id, user=str(user_id))


def in_project(session: Session, project_id: UUID, *only: UUID) -> list[GroupInProject]:
    """Return the site's groups, or these, by name, with their roles in a project."""
    size = (
        select(func.count())
        .where(GroupMember.group_id == PeopleGroup.id)
        .correlate(PeopleGroup)
        .scalar_subquery()
    )
    here = (GroupRole.group_id == PeopleGroup.id) & (GroupRole.project_id == project_id)
    query = (
        select(PeopleGroup.id, PeopleGroup.name, size, GroupRole.role)
        .outerjoin(GroupRole, here)
        .where(*([PeopleGroup.id.in_(only)] if only else []))
        .order_by(PeopleGroup.name)
    )
    return [
        GroupInProject(id=id_, name=name, members=number, role=role)
        for id_, name, number, role in session.execute(query)
    ]


def set_role(
    session: WriteSession, key: SiteKey, principal: Principal, group_id: UUID, role: Role | None
) -> None:
    """Give a group a role in the request's project; None removes the group from it.

    Raises:
        Problem: 404 if there is no such group; 409 if the caller would change their own role.
    """
    memberships.hold(session)
    find(session, group_id)
    project_id, me = principal.project, principal.user
    found = session.get(GroupRole, (project_id, group_id))
    before = found.role if found is not None else None
    if before == role:
        return
    mine = _role(session, project_id, me.id)
    if role is None:
        session.delete(found)
    elif found is None:
        session.add(GroupRole(project_id=project_id, group_id=group_id, role=role))
    else:
        found.role = role
    memberships.recompute_roles(session, [project_id], _people(session, group_id))
    if not me.site_admin and _role(session, project_id, me.id) != mine:
        raise Problem(
            409,
            "oneself",
            "You have your role through this group, and nobody changes their own role; ask "
            "another admin of the project.",
        )
    audit.record(
        session,
        key,
        principal.actor,
        "project.group-changed",
        "project",
        project_id,
        group=str(group_id),
        before=before,
        after=role,
    )


def _role(session: Session, project_id: UUID, user_id: UUID) -> Role | None:
    return session.scalar(
        select(Membership.role).where(
            Membership.project_id == project_id, Membership.user_id == user_id
        )
    )


def _people(session: Session, group_id: UUID) -> Sequence[UUID]:
    query = select(GroupMember.user_id).where(GroupMember.group_id == group_id)
    return session.scalars(query.order_by(GroupMember.user_id)).all()


def _projects(session: Session, group_id: UUID) -> Sequence[UUID]:
    query = select(GroupRole.project_id).where(GroupRole.group_id == group_id)
    return session.scalars(query.order_by(GroupRole.project_id)).all()
