"""Migrations: bringing a database to the schema of this version of the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.settings import Settings, get_settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LOCK = 0x50_4F_4C_4D  # one migration at a time on PostgreSQL


class MigrationError(Exception):
    """The database cannot be brought to this version's schema; says what to do."""


def upgrade(settings: Settings) -> bool:
    """Migrate the database that the settings name to the newest revision.

    Safe to call from several machines at once. Nothing is changed when a step fails.

    Returns:
        Whether anything had to be done.

    Raises:
        MigrationError: the database was written by a newer version, or cannot be reached.
    """
    database = Database(settings.database)
    try:
        with _exclusive(database) as connection:
            found = current_revision(connection)
            if found == head():
                return False
            if found is not None and found not in _known():
                raise MigrationError(
                    "The database was written by a newer version of Sonoloop "
                    f"(revision {found}). Install that version, or restore an older backup."
                )
            command.upgrade(alembic_config(connection), "head")
            return True
    except DBAPIError as error:
        raise MigrationError(
            f"The database cannot be migrated: {error.orig}. Check SONOLOOP_DATABASE_URL and "
            "that the server runs and lets this account create tables."
        ) from error
    finally:
        database.dispose()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; the connection is handed to ``migrations/env.py``."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@lru_cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


@lru_cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


@lru_cache
def head() -> str:
    """The newest revision that this program knows."""
    revision = _scripts().get_current_head()
    if revision is None:
        raise MigrationError(f"There are no migrations in {MIGRATIONS}; install Sonoloop again.")
    return revision


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """One connection in one transaction, with every other migration shut out."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # Rebuilding a table (the only way SQLite alters one) must not cascade; the pragma
            # counts only outside a transaction.
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101
            raw.execute("PRAGMA foreign_keys=OFF")
            connection = connection.execution_options(sonoloop_write=True)
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection
            if database.is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise MigrationError(f"The migration would break references: {broken[:5]}")


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    settings = get_settings()
    try:
        changed = upgrade(settings)
    except MigrationError as error:
        raise click.ClickException(str(error)) from error
    click.echo("The database is migrated." if changed else "The database is up to date.")
