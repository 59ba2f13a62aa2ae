"""Making and changing projects and memberships. Nothing here concerns images."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import memberships
from app.accounts.principal import Principal
from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem, not_found
from app.core.security import SiteKey
from app.core.settings import Settings
from app.deidentification.records import options_of
from app.images.tables import Image
from app.project_settings.schemas import (
    MemberDetails,
    NewMember,
    NewProject,
    ProjectChange,
    ProjectDetails,
    RoleByGroup,
    RulesInForce,
)
from app.projects.records import rules_of
from app.projects.tables import GroupMember, GroupRole, Membership, PeopleGroup, Project
from app.reviews.queues import BUSY
from app.reviews.tables import Reading

SITE_ADMINS_ONLY = frozenset({"retain_patient_characteristics", "retain_shifted_dates"})
"""Rules that let more patient data into the site: those responsible for the site decide."""


def details(
    session: Session, settings: Settings, principal: Principal, ids: Sequence[UUID]
) -> list[ProjectDetails]:
    """Return these projects of the caller, oldest first."""
    members = (
        select(func.count())
        .where(Membership.project_id == Project.id)
        .correlate(Project)
        .scalar_subquery()
    )
    query = select(Project, members).where(Project.id.in_(ids)).order_by(Project.id)
    found = []
    for project, number in session.execute(query):
        rules = rules_of(session, project.id, settings)
        options = options_of(session, project.id, settings)
        found.append(
            ProjectDetails(
                id=project.id,
                name=project.name,
                purpose=project.purpose,
                double_reading_share=project.double_reading_share,
                self_approval=project.self_approval,
                blind_to_model=project.blind_to_model,
                retain_patient_characteristics=project.retain_patient_characteristics,
                retain_shifted_dates=project.retain_shifted_dates,
                case_rule=project.case_rule,
                in_force=RulesInForce(
                    double_reading_share=rules.double_reading_share,
                    self_approval=rules.self_approval,
                    retain_patient_characteristics=options.patient,
                    retain_shifted_dates=options.dates,
                ),
                role=principal.projects[project.id].role,
                members=number,
                created_at=project.created_at,
            )
        )
    return found


def create(
    session: WriteSession, key: SiteKey, actor: Actor, owner_id: UUID | None, new: NewProject
) -> UUID:
    """Make a project with its first member, an admin.

    Raises:
        Problem: 409 the name is taken.
    """
    project = Project(id=new_id(), name=new.name, purpose=new.purpose)
    session.add(project)
    _flush_name(session)
    if owner_id is not None:
        memberships.put(session, project.id, owner_id, Role.ADMIN)
    audit.record(session, key, actor, "project.created", "project", project.id)
    return project.id


def change(
    session: WriteSession,
    key: SiteKey,
    principal: Principal,
    project_id: UUID,
    asked: ProjectChange,
) -> None:
    """Change name, purpose or rules. Rules apply from now on; existing readings stay as they are.

    A rule for cases is not applied to stored images: they keep their patients.

    Raises:
        Problem: 403 only a signed-in site admin changes what is kept of patients; 409 the name is
            taken.
    """
    project = session.get_one(Project, project_id, with_for_update=True)
    wanted = asked.model_dump(exclude_unset=True)
    for always in ("name", "purpose", "blind_to_model"):  # null means unchanged for these
        if always in wanted and wanted[always] is None:
            del wanted[always]
    changed = {field: value for field, value in wanted.items() if getattr(project, field) != value}
    if not changed:
        return
    if SITE_ADMINS_ONLY & {*changed}:
        _refuse_all_but_site_admins(principal)
    before: dict[str, Any] = {field: getattr(project, field) for field in changed}
    for field, value in changed.items():
        setattr(project, field, value)
    _flush_name(session)
    # Free text, which may name somebody, stays out of a log that cannot be corrected.
    named = {"name", "purpose", "case_rule"}
    audit.record(
        session,
        key,
        principal.actor,
        "project.changed",
        "project",
        project_id,
        fields=sorted(changed),
        before={field: value for field, value in before.items() if field not in named},
        after={field: value for field, value in changed.items() if field not in named},
    )


def _refuse_all_but_site_admins(principal: Principal) -> None:
    if principal.token is not None or not principal.user.site_admin:
        raise Problem(
            403,
            "role-missing",
            "What is kept of patients and dates is decided by a site admin who is signed in; ask "
            "one.",
        )


def _flush_name(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Problem(
            409, "name-taken", "A project with this name already exists; choose another name."
        ) from error


def members(session: Session, project_id: UUID, *only: ColumnElement[bool]) -> list[MemberDetails]:
    """Return the members of a project, by name."""
    waiting = (
        select(func.count())
        .where(
            Reading.reader_id == User.id,
            Reading.state.in_(BUSY),
            exists().where(Image.id == Reading.image_id, Image.project_id == project_id),
        )
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        select(User, Membership, waiting)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project_id, *only)
        .order_by(User.name, User.id)
    )
    rows = session.execute(query).all()
    by_group = _roles_by_group(session, project_id)
    return [
        MemberDetails(
            id=user.id,
            name=user.name,
            email=user.email,
            role=held.role,
            own_role=held.own_role,
            groups=by_group[user.id],
            service=user.service,
            active=user.active,
            open_readings=number,
        )
        for user, held, number in rows
    ]


def _roles_by_group(session: Session, project_id: UUID) -> dict[UUID, list[RoleByGroup]]:
    """Return the roles that people have in the project by their groups, by person."""
    query = (
        select(GroupMember.user_id, PeopleGroup.id, PeopleGroup.name, GroupRole.role)
        .join(PeopleGroup, PeopleGroup.id == GroupMember.group_id)
        .join(GroupRole, GroupRole.group_id == PeopleGroup.id)
        .where(GroupRole.project_id == project_id)
        .order_by(PeopleGroup.name)
    )
    found: dict[UUID, list[RoleByGroup]] = defaultdict(list)
    for user_id, group_id, name, role in session.execute(query):
        found[user_id].append(RoleByGroup(id=group_id, name=name, role=role))
    return found


def member(session: Session, project_id: UUID, user_id: UUID) -> MemberDetails:
    """Return one member.

    Raises:
        Problem: 404.
    """
    found = members(session, project_id, User.id == user_id)
    if not found:
        raise not_found("member")
    return found[0]


def add_member(session: WriteSession, key: SiteKey, principal: Principal, new: NewMember) -> UUID:
    """Make somebody a member of the request's project, or give a member this role.

    Raises:
        Problem: 404 nobody has this email or id; 422 neither was given, or a service account
            would be more than an annotator.
    """
    if (new.email is None) == (new.user_id is None):
        raise Problem(422, "invalid-request", "Give either `email` or `user_id`, and not both.")
    if new.user_id is not None and not principal.user.site_admin:
        raise not_found("person")  # ids must not reveal who else exists
    same = User.email == new.email if new.email is not None else User.id == new.user_id
    user = session.scalar(select(User).where(same, User.active.is_(True)))
    if user is None:
        raise Problem(
            404,
            "not-found",
            "Nobody with an account here has this email; ask a site admin to invite them.",
        )
    set_role(session, key, principal, user.id, new.role, new=True)
    return user.id


def set_role(
    session: WriteSession,
    key: SiteKey,
    principal: Principal,
    user_id: UUID,
    role: Role,
    *,
    new: bool = False,
) -> None:
    """Give a member of the request's project a role of their own.

    Raises:
        Problem: 404 not a member; 409 one's own role, which only somebody else changes; 422 a
            service account would be more than an annotator.
    """
    if not new:
        member(session, principal.project, user_id)
    user = session.get_one(User, user_id)
    if user.service and role is not Role.ANNOTATOR:
        raise Problem(
            422, "service-account", "A service account sends images; it can be annotator only."
        )
    _refuse_oneself(principal, user_id)
    before = memberships.put(session, principal.project, user_id, role)
    if before == role:
        return
    audit.record(
        session,
        key,
        principal.actor,
        "member.changed" if before else "member.added",
        "project",
        principal.project,
        user=str(user_id),
        before=before,
        after=role,
    )


def remove_member(session: WriteSession, key: SiteKey, principal: Principal, user_id: UUID) -> None:
    """Take away a member's own role in the request's project. Their drawings stay, and so does a
    role that a group gives them.

    Raises:
        Problem: 404 not a member; 409 oneself, or a member through a group alone.
    """
    member(session, principal.project, user_id)
    _refuse_oneself(principal, user_id)
    if not memberships.end(session, principal.project, user_id):
        raise Problem(
            409,
            "member-by-group",
            "A group makes this person a member; take them out of the group, or the group out of "
            "the project.",
        )
    audit.record(
        session,
        key,
        principal.actor,
        "member.removed",
        "project",
        principal.project,
        user=str(user_id),
    )


def _refuse_oneself(principal: Principal, user_id: UUID) -> None:
    if user_id == principal.user.id and not principal.user.site_admin:
        raise Problem(
            409, "oneself", "Nobody changes their own role; ask another admin of the project."
        )
