"""``sonoloop user`` and ``sonoloop token``: without signing in, for people on the machine
itself."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.accounts import links, memberships, service, tokens
from app.accounts.principal import Principal, Scope, principal_of
from app.accounts.schemas import MAX_TOKEN_DAYS
from app.accounts.tables import ApiToken, Role, User
from app.core.audit import SYSTEM
from app.core.database import Database
from app.core.database_cli import MigrationError, current_revision, head
from app.core.logs import escape
from app.core.problems import Problem
from app.core.security import SiteKey, SiteKeyError
from app.core.settings import Settings, get_settings
from app.projects.tables import DEFAULT_PROJECT, TRASH, Project
from app.site.records import verified_site_key

PIPE_WIDTH = 400


@dataclass(frozen=True, slots=True)
class Site:
    """The database that the settings name, migrated, and the key that it was written with."""

    settings: Settings
    database: Database
    key: SiteKey


@contextmanager
def open_site() -> Iterator[Site]:
    """Open the site for the duration of a command.

    Raises:
        click.ClickException: there is no usable database; the message says what to do.
    """
    settings = get_settings()
    database = Database(settings.database)
    try:
        if database.is_sqlite and not _exists(database):
            raise click.ClickException(
                f"There is no database at {database.url.database}. "
                "Start `sonoloop serve` once, or run `sonoloop migrate`."
            )
        with database.engine.connect() as connection:
            revision = current_revision(connection)
        if revision != head():
            raise click.ClickException(
                "The database is not migrated to this version. Run `sonoloop migrate` first."
            )
        yield Site(settings, database, verified_site_key(database, settings))
    except OperationalError as error:
        raise click.ClickException(
            f"The database cannot be used ({error.orig}). Check SONOLOOP_DATABASE_URL."
        ) from error
    except (MigrationError, SiteKeyError) as error:
        raise click.ClickException(str(error)) from error
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    finally:
        database.dispose()


def _exists(database: Database) -> bool:
    return Path(database.url.database or "").is_file()


def on_site(command: Callable[..., None]) -> Callable[..., None]:
    """Pass a command the opened site as its first argument."""

    @wraps(command)
    def opened(*args: Any, **options: Any) -> None:
        with open_site() as site:
            command(site, *args, **options)

    return opened


def _by_email(session: Session, email: str) -> User:
    found = session.scalar(select(User).where(User.email == service.parse_email(email)))
    if found is None:
        raise click.ClickException(f"There is nobody with the email {email}.")
    return found


def acting_admin(
    session: Session, email: str | None, project: str | None, *, anywhere: bool = False
) -> Principal:
    """Return the site admin with this email, or the first one, in a project; the audit log records
    the command under this name.

    Args:
        project: its name; None is the only project.
        anywhere: the command may be about the whole site rather than a project.

    Raises:
        click.ClickException: there is no such admin, or no such project.
        Problem: 422 if there are several projects and none is named.
    """
    query = select(User).where(User.site_admin, User.active.is_(True)).order_by(User.id)
    if email is not None:
        query = query.where(User.email == service.parse_email(email))
    found = session.scalar(query.limit(1))
    if found is None and email is None:
        raise click.ClickException(
            "This site has no active admin yet, whom a command could be recorded as. Open the link "
            "that `sonoloop serve` prints, or invite one with `sonoloop user create --role admin`."
        )
    if found is None:
        raise click.ClickException("There is no such active admin; see `sonoloop user list`.")
    principal = principal_of(session, found)
    if anywhere and project is None:
        return principal
    return principal.entering(project_named(session, project) if project is not None else None)


def project_named(session: Session, name: str) -> UUID:
    found = session.scalar(
        select(Project.id).where(Project.name == name.strip(), Project.id != TRASH)
    )
    if found is None:
        raise click.ClickException(f"There is no project “{name}”; see `sonoloop project list`.")
    return found


def _time(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _add(table: Table, *cells: str) -> None:
    """Add a row; typed text cannot move the cursor or change the direction of writing."""
    table.add_row(*(escape(cell) for cell in cells))


def _show(table: Table) -> None:
    """Print a table as wide as the terminal, or as wide as needed in a pipe."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False, emoji=False).print(table)


@click.group()
def user() -> None:
    """Manage people who may sign in."""


@user.command("list")
@on_site
def list_users(site: Site) -> None:
    """Show all people."""
    table = Table(Column("email", no_wrap=True), "name", "role", "state", "last seen")
    with site.database.read() as session:
        people = session.scalars(select(User).order_by(User.email)).all()
        held = memberships.roles_of(session, [person.id for person in people])
        for person in people:
            state = "active" if person.password_hash else "invited"
            state = "service" if person.service else state
            state = state if person.active else "deactivated"
            seen = _time(person.last_seen_at)
            role = memberships.highest(person, held[person.id])
            _add(table, person.email or "–", person.name, role, state, seen)
    _show(table)


@user.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default=Role.ANNOTATOR.value
)
@on_site
def create_user(site: Site, email: str, name: str, role: str) -> None:
    """Invite a person and print the link for setting their password."""
    if not name.strip():
        raise click.ClickException("The name is empty.")
    with site.database.write() as session:
        _, secret = service.invite(
            session, site.key, SYSTEM, name.strip()[:120], service.parse_email(email), Role(role)
        )
    click.echo(links.url(site.settings, secret))


@user.command("reset-link")
@click.argument("email")
@on_site
def reset_link(site: Site, email: str) -> None:
    """Print a link for setting a new password."""
    with site.database.write() as session:
        secret = service.set_up_link(session, site.key, SYSTEM, _by_email(session, email))
    click.echo(links.url(site.settings, secret))


@user.command("deactivate")
@click.argument("email")
@on_site
def deactivate(site: Site, email: str) -> None:
    """End a person's sessions, revoke their tokens and stop them from signing in."""
    with site.database.write() as session:
        service.change(session, site.key, SYSTEM, _by_email(session, email), active=False)
    click.echo(f"{escape(email)} is deactivated.")


@click.group("service-account")
def service_account() -> None:
    """Manage accounts of machines, which own what they send and cannot sign in."""


@service_account.command("create")
@click.option("--name", required=True, help="The script, or the AE title that sends.")
@click.option("--project", help="Name of the project that its images go to.")
@on_site
def create_service_account(site: Site, name: str, project: str | None) -> None:
    """Create a service account; `sonoloop token create --service-account NAME` gives it a token."""
    if not name.strip():
        raise click.ClickException("The name is empty.")
    with site.database.write() as session:
        into = project_named(session, project) if project is not None else DEFAULT_PROJECT
        service.add_service(session, site.key, SYSTEM, name.strip()[:120], into)
    click.echo(f"“{escape(name.strip())}” is made.")


@service_account.command("list")
@on_site
def list_service_accounts(site: Site) -> None:
    """Show all service accounts."""
    table = Table("name", "state", "projects")
    with site.database.read() as session:
        accounts = session.scalars(select(User).where(User.service).order_by(User.name)).all()
        held = memberships.roles_of(session, [one.id for one in accounts])
        for one in accounts:
            projects = ", ".join(place.name for place in held[one.id])
            _add(table, one.name, "active" if one.active else "deactivated", projects)
    _show(table)


def service_account_named(session: Session, name: str) -> User:
    found = session.scalar(select(User).where(User.service, User.name == name.strip()))
    if found is None:
        raise click.ClickException(
            f"There is no service account “{name}”; see `sonoloop service-account list`."
        )
    return found


@click.group()
def token() -> None:
    """API tokens of scripts."""


@token.command("create")
@click.option("--name", required=True, help="What it is for, such as the script's name.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may be used for; may be given several times.",
)
@click.option("--user", "email", help="Email of the owner; without it, the first admin.")
@click.option("--service-account", "machine", help="Name of the service account that owns it.")
@click.option("--project", help="Name of the only project that the token gives access to.")
@click.option("--expires-days", type=click.IntRange(1, MAX_TOKEN_DAYS))
@on_site
def create_token(
    site: Site,
    name: str,
    scopes: tuple[str, ...],
    email: str | None,
    machine: str | None,
    project: str | None,
    expires_days: int | None,
) -> None:
    """Create a token and print only the token on standard output."""
    if not name.strip():
        raise click.ClickException("The name is empty.")
    with site.database.write() as session:
        if email and machine:
            raise click.ClickException("Name either a person or a service account.")
        if machine:
            owner = service_account_named(session, machine)
        else:
            owner = _by_email(session, email) if email else _first_admin(session)
        if not owner.active:
            raise click.ClickException(f"{owner.email} is deactivated.")
        chosen = [Scope(scope) for scope in scopes]
        if Scope.ADMIN in chosen and not principal_of(session, owner).has_anywhere(Role.ADMIN):
            raise click.ClickException(f"The scope admin needs an admin; {owner.email} is not one.")
        _, secret = tokens.create(
            session,
            site.key,
            SYSTEM,
            owner,
            name.strip()[:120],
            chosen,
            expires_days,
            project_named(session, project) if project is not None else None,
        )
    click.echo(secret)


def _first_admin(session: Session) -> User:
    found = session.scalar(
        select(User).where(User.site_admin, User.active).order_by(User.id).limit(1)
    )
    if found is None:
        raise click.ClickException(
            "There is no admin yet. Start `sonoloop serve` and open the set-up link that it "
            "prints, or set SONOLOOP_ADMIN_EMAIL and SONOLOOP_ADMIN_PASSWORD before the start."
        )
    return found


@token.command("list")
@on_site
def list_tokens(site: Site) -> None:
    """Show all tokens, newest first."""
    identifier = Column("id", no_wrap=True)
    table = Table(identifier, "name", "scopes", "owner", "last used", "expires", "revoked")
    with site.database.read() as session:
        for entry in session.scalars(select(ApiToken).order_by(ApiToken.id.desc())):
            _add(
                table,
                str(entry.id),
                entry.name,
                ", ".join(entry.scopes),
                entry.user.email or entry.user.name,
                _time(entry.last_used_at),
                _time(entry.expires_at),
                _time(entry.revoked_at),
            )
    _show(table)


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
@on_site
def revoke_token(site: Site, token_id: UUID) -> None:
    """Revoke a token, effective at once; `sonoloop token list` shows the ids."""
    with site.database.write() as session:
        entry = session.get(ApiToken, token_id)
        if entry is None:
            raise click.ClickException("There is no token with this id.")
        tokens.revoke(session, site.key, SYSTEM, entry)
    click.echo(f"“{escape(entry.name)}” is revoked.")
