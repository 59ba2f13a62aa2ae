"""People: invited, changed, deactivated; the first admin; passwords set by link or by hand."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import links, memberships, sessions, tokens
from app.accounts.passwords import check_password
from app.accounts.schemas import Email
from app.accounts.tables import LinkPurpose, OneTimeLink, Role, User
from app.core import audit
from app.core.audit import SYSTEM, Actor
from app.core.audit_actions import Action
from app.core.database import Database, WriteSession
from app.core.locks import lock
from app.core.problems import Problem, not_found
from app.core.security import SiteKey, hash_password
from app.core.settings import Settings
from app.projects.tables import DEFAULT_PROJECT, Project


def first_admin(database: Database, settings: Settings, site_key: SiteKey) -> str | None:
    """Make sure that a new site can be set up; called at every start.

    If there is no admin yet, create the one of ``SONOLOOP_ADMIN_EMAIL`` and
    ``SONOLOOP_ADMIN_PASSWORD``; if these are not set, create a one-time link that replaces any
    earlier one.

    Returns:
        The link to show to whoever started the server; None if there is an admin.

    Raises:
        Problem: the email or the password in the settings is unusable.
    """
    with database.read() as session:
        if has_admin(session):
            return None
    if not settings.admin_email or settings.admin_password is None:
        with database.write() as session:
            if has_admin(session):
                return None
            secret = links.create(session, site_key, SYSTEM, LinkPurpose.FIRST_ADMIN, None)
        return links.url(settings, secret)
    email, password = parse_email(settings.admin_email), settings.admin_password.get_secret_value()
    check_password(password, email)
    hashed = hash_password(password)
    with database.write() as session:
        create_first_admin(session, site_key, "Administrator", email, hashed)
    return None


def parse_email(text: str) -> str:
    """Return an email address in lower case, for callers that do not use a schema.

    Raises:
        Problem: 422 if it is invalid.
    """
    try:
        return TypeAdapter[str](Email).validate_python(text.strip())
    except ValidationError as error:
        raise Problem(
            422,
            "invalid-email",
            f"{text!r} is not an email address; write one like ada@example.org.",
        ) from error


def has_admin(session: Session) -> bool:
    """Return whether anybody can sign in as admin."""
    return bool(_able_admins(session))


def _able_admins(session: Session) -> Sequence[UUID]:
    """Admins who can sign in: active, with a password."""
    return session.scalars(
        select(User.id)
        .where(User.site_admin, User.active, User.password_hash.is_not(None))
        .order_by(User.id)
    ).all()


def create_first_admin(
    session: WriteSession, key: SiteKey, name: str, email: str, hashed: str
) -> User:
    """Create the first admin; of two concurrent requests only one succeeds.

    Raises:
        Problem: 409 if there already is one.
    """
    lock(session, "admins")
    if has_admin(session):
        raise Problem(409, "already-set-up", "This site has an admin already; sign in instead.")
    user = User(name=name, email=email, site_admin=True, password_hash=hashed)
    _add(session, user)
    memberships.put(session, DEFAULT_PROJECT, user.id, Role.ADMIN)
    session.execute(delete(OneTimeLink).where(OneTimeLink.purpose == LinkPurpose.FIRST_ADMIN))
    audit.record(session, key, Actor(user.id), "user.created", "user", user.id, role=Role.ADMIN)
    return user


def invite(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    name: str,
    email: str,
    role: Role,
    project_id: UUID | None = None,
) -> tuple[User, str]:
    """Create a person without a password; return them and the secret of the link that sets one.

    Args:
        role: in the project; admin means site admin.
        project_id: None is the project that every site starts with.

    Raises:
        Problem: 404 if there is no such project; 409 if the email is already in use.
    """
    project_id = project_id or DEFAULT_PROJECT
    if session.get(Project, project_id) is None:
        raise not_found("project")
    user = User(name=name, email=email, site_admin=role is Role.ADMIN)
    _add(session, user)
    memberships.put(session, project_id, user.id, role)
    audit.record(
        session, key, actor, "user.created", "user", user.id, role=role, project=str(project_id)
    )
    return user, links.create(session, key, actor, LinkPurpose.INVITATION, user)


def add_service(
    session: WriteSession, key: SiteKey, actor: Actor, name: str, project_id: UUID
) -> User:
    """Create a service account, which owns what a machine sends into a project and cannot sign in.

    Raises:
        Problem: 404 if there is no such project; 409 if the name is taken.
    """
    if session.get(Project, project_id) is None:
        raise not_found("project")
    lock(session, "service-accounts")
    same = select(User.id).where(User.service, User.name == name)
    if session.scalar(same) is not None:
        raise Problem(
            409,
            "name-taken",
            "A service account with this name already exists; choose another name.",
        )
    user = User(name=name, email=None, service=True)
    _add(session, user)
    memberships.put(session, project_id, user.id, Role.ANNOTATOR)
    audit.record(
        session, key, actor, "service-account.created", "user", user.id, project=str(project_id)
    )
    return user


def _add(session: WriteSession, user: User) -> None:
    session.add(user)
    _flush(session)


def _flush(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Problem(409, "email-taken", "Somebody already has this email address.") from error


def page(session: Session, after: UUID | None, limit: int) -> Sequence[User]:
    """Return people in the order in which they were added."""
    query = select(User).order_by(User.id).limit(limit)
    return session.scalars(query.where(User.id > after) if after else query).all()


def find(session: Session, user_id: UUID) -> User:
    """Return the person with this id.

    Raises:
        Problem: 404.
    """
    user = session.get(User, user_id)
    if user is None:
        raise not_found("person")
    return user


def change(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    user: User,
    *,
    name: str | None = None,
    email: str | None = None,
    role: Role | None = None,
    active: bool | None = None,
) -> None:
    """Change a person; None leaves a value as it is.

    The role admin applies to the site, any other role to the person's only project. A changed role
    ends the person's sessions and links: nobody may become admin with a link made for an annotator.
    Tokens for administration end with the role. Deactivation ends sessions and links and revokes
    tokens, so that a later activation revives none of them. Links sent to an email that is no
    longer theirs end as well.

    Raises:
        Problem: 409 if nobody could sign in as admin any more, the email is already in use, or a
            group gives a higher role than this one.
    """
    held = memberships.roles_of(session, [user.id])[user.id]
    now = {
        "name": user.name,
        "email": user.email,
        "role": memberships.highest(user, held),
        "active": user.active,
    }
    asked = {"name": name, "email": email, "role": role, "active": active}
    changed = {
        field: value for field, value in asked.items() if value is not None and value != now[field]
    }
    if not changed:
        return
    _refuse_service(user, role, email)
    loses_admin = changed.get("active") is False or "role" in changed
    if loses_admin:
        lock(session, "admins")  # of two admins who demote each other, only the first succeeds
        memberships.hold(session)
    if loses_admin and list(_able_admins(session)) == [user.id]:
        raise Problem(
            409,
            "last-admin",
            "This is the last admin who can sign in; make somebody else admin first.",
        )
    before = {field: now[field] for field in changed if field not in ("name", "email")}
    if name is not None:
        user.name = name
    if "email" in changed:
        user.email = email
        _flush(session)
        links.end_all(session, user)
    if active is not None:
        user.active = active
    if role is not None and "role" in changed:
        _change_role(session, user, role)
    if loses_admin:
        sessions.end_all(session, user.id)
        links.end_all(session, user)
        tokens.revoke_all(session, user, administration_only=changed.get("active") is not False)
    session.flush()
    # The log does not record names and emails, because it can never be corrected.
    after = {field: changed[field] for field in before}
    told = {"email_changed": True} if "email" in changed else {}
    audit.record(
        session, key, actor, _action(changed), "user", user.id, before=before, after=after, **told
    )


def _change_role(session: WriteSession, user: User, role: Role) -> None:
    was_admin, user.site_admin = user.site_admin, role is Role.ADMIN
    project_id = memberships.only_project(session, user)
    memberships.put(session, project_id, user.id, role)
    held = memberships.roles_of(session, [user.id])[user.id]
    if not was_admin and memberships.highest(user, held) is not role:
        raise Problem(
            409,
            "role-by-group",
            "A group gives this person a higher role; take them out of the group first.",
        )


def _refuse_service(user: User, role: Role | None, email: str | None) -> None:
    if user.service and email is not None:
        raise Problem(
            409, "service-account", "A service account has no email; nobody signs in with it."
        )
    if user.service and role is Role.ADMIN:
        raise Problem(
            409,
            "service-account",
            "A service account cannot administer the site; it is not a person.",
        )


def _action(changed: Mapping[str, object]) -> Action:
    if "active" in changed:
        return "user.activated" if changed["active"] else "user.deactivated"
    return "user.changed"


def set_up_link(session: WriteSession, key: SiteKey, actor: Actor, user: User) -> str:
    """Create a link with which the person sets a password, and return its secret.

    Raises:
        Problem: 409 if the person is deactivated.
    """
    if user.service:
        raise Problem(
            409, "service-account", "A service account cannot sign in; make a token for it."
        )
    if not user.active:
        raise Problem(409, "user-inactive", "This person is deactivated; activate them first.")
    purpose = LinkPurpose.RESET if user.password_hash else LinkPurpose.INVITATION
    return links.create(session, key, actor, purpose, user)


def accept_link(
    session: WriteSession, key: SiteKey, secret: str, name: str | None, hashed: str
) -> User:
    """Set the password of the person that an invitation or a reset link was made for.

    Raises:
        Problem: 410 if the link no longer works.
    """
    purpose, user = links.redeem(session, secret, (LinkPurpose.INVITATION, LinkPurpose.RESET))
    if user is None:
        raise not_found("person")
    if name is not None and purpose is LinkPurpose.INVITATION:
        user.name = name
    actor = Actor(user.id)
    audit.record(session, key, actor, "link.used", "user", user.id, purpose=purpose)
    set_password(session, key, actor, user, hashed)
    return user


def set_password(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    user: User,
    hashed: str,
    *,
    keep_tokens: bool = False,
) -> None:
    """Replace a person's password; all their sessions, links and tokens end."""
    user.password_hash = hashed
    sessions.end_all(session, user.id)
    links.end_all(session, user)
    ended = 0 if keep_tokens else tokens.revoke_all(session, user)
    session.flush()
    audit.record(
        session, key, actor, "user.password-changed", "user", user.id, tokens_revoked=ended
    )
