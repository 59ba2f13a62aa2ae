"""The caller of a request: who they are, and their role in each project."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.accounts.tables import ApiToken, Role, User
from app.core.audit import Actor
from app.core.problems import Problem, not_found
from app.projects.tables import TRASH, Membership, Project


class Scope(StrEnum):
    """The rights that an API token may have; a signed-in browser holds all of them."""

    SEGMENT = "segment"
    """Send images and fetch the results of one's own jobs."""
    READ = "read"
    """See images, masks and models."""
    WRITE = "write"
    """Change and delete images and masks."""
    ADMIN = "admin"
    """Export and import; for a site admin also invite annotators, rename and deactivate people who
    are not admins, revoke tokens and read the audit log. Needs the role admin as well. Never allows
    anything that would turn the token into an account."""


@dataclass(frozen=True, slots=True)
class Member:
    """The caller's place in a project."""

    name: str
    """The project's name."""
    role: Role
    named: bool
    """Whether there is a membership; a site admin belongs to every project even without one."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller of a request.

    Attributes:
        projects: those that the caller belongs to, in order of creation; for a confined token only
            its project.
        project_id: the one that the request is about, or None.
    """

    user: User
    token: ApiToken | None
    session_digest: str | None
    projects: Mapping[UUID, Member]
    project_id: UUID | None = None

    @property
    def actor(self) -> Actor:
        """The caller as the audit log records them."""
        return Actor(self.user.id, self.token.id if self.token else None)

    @property
    def project(self) -> UUID:
        """The project that the request is about; every query of a list filters by it.

        Raises:
            RuntimeError: the route's guard determines no project; then nothing is shown rather than
                everything.
        """
        if self.project_id is None:
            raise RuntimeError("this route is about no project")
        return self.project_id

    def role_in(self, project_id: UUID) -> Role | None:
        """Return the caller's role in a project, or None if they do not belong to it."""
        found = self.projects.get(project_id)
        return found.role if found else None

    def has(self, role: Role) -> bool:
        """Return whether the caller's role in the request's project is at least ``role``."""
        return self.project_id is not None and self.is_in(self.project_id, role)

    def is_in(self, project_id: UUID, role: Role = Role.ANNOTATOR) -> bool:
        """Return whether the caller's role in a project is at least ``role``."""
        found = self.role_in(project_id)
        return found is not None and found.allows(role)

    def has_anywhere(self, role: Role) -> bool:
        """Return whether the caller's role in one of their projects is at least ``role``."""
        return any(one.role.allows(role) for one in self.projects.values())

    def joining(self, session: Session) -> "Principal":
        """Return the caller with the projects that they belong to now."""
        return principal_of(
            session, self.user, token=self.token, session_digest=self.session_digest
        )

    def entering(self, project_id: UUID | None) -> "Principal":
        """Return the caller in a project: the one named, else the only one that they belong to.

        Raises:
            Problem: 403 if they belong to no project; 404 if not to this one; 422 if they belong to
                several and none is named.
        """
        if project_id is None:
            if not self.projects:
                raise no_project()
            # A site admin works in the projects that they are members of, unless another is named.
            own = [id_ for id_, one in self.projects.items() if one.named] or list(self.projects)
            if len(own) > 1:
                raise Problem(
                    422,
                    "project-needed",
                    "You belong to several projects; name one of them as `project`.",
                    projects=[
                        {"id": str(id_), "name": one.name} for id_, one in self.projects.items()
                    ],
                )
            project_id = own[0]
        elif project_id not in self.projects:
            raise not_found("project")
        return replace(self, project_id=project_id)


def no_project() -> Problem:
    """Return a 403 for a person who belongs to no project."""
    return Problem(
        403, "no-project", "You do not belong to a project yet; ask an admin to add you."
    )


_PROJECTS = (
    select(Project.id, Project.name, Membership.role)
    .outerjoin(
        Membership,
        and_(Membership.project_id == Project.id, Membership.user_id == bindparam("user_id")),
    )
    .where(Project.id != TRASH)
    .order_by(Project.id)
)
"""All projects, with the role of `user_id` in those that they belong to. Built once, because every
request uses it."""
_OWN_PROJECTS = _PROJECTS.where(Membership.user_id.is_not(None))
"""Only those that they belong to."""


def principal_of(
    session: Session,
    user: User,
    *,
    token: ApiToken | None = None,
    session_digest: str | None = None,
) -> Principal:
    """Return a person with the projects that they, or their token, may enter."""
    confined = token.project_id if token is not None else None
    query = _PROJECTS if user.site_admin else _OWN_PROJECTS
    return Principal(
        user,
        token,
        session_digest,
        {
            row.id: Member(
                row.name,
                Role.ADMIN if user.site_admin else row.role,
                named=row.role is not None,
            )
            for row in session.execute(query, {"user_id": user.id})
            if confined in (None, row.id)
        },
    )
