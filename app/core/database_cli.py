"""Migrations: bring a database to the schema of this version of the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.revisions import MIGRATIONS as MIGRATIONS
from app.core.revisions import MigrationError as MigrationError
from app.core.revisions import current_revision as current_revision
from app.core.revisions import head as head
from app.core.revisions import known
from app.core.settings import Settings, get_settings

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x50_4F_4C_4D  # one migration at a time on PostgreSQL


def upgrade(settings: Settings) -> bool:
    """Migrate the database that the settings name to the newest revision.

    Safe to call from several machines at once. If a step fails, nothing is changed.

    Returns:
        Whether there was anything to do.

    Raises:
        MigrationError: the database was written by a newer version, or cannot be reached.
    """
    database = Database(settings.database)
    try:
        with _exclusive(database) as connection:
            found = current_revision(connection)
            if found == head():
                return False
            if found is not None and found not in known():
                raise MigrationError(
                    "The database was written by a newer version of Sonoloop "
                    f"(revision {found}). Install that version, or restore an older backup."
                )
            from alembic import command  # not needed at most starts

            command.upgrade(alembic_config(connection), "head")
            return True
    except DBAPIError as error:
        raise MigrationError(
            f"The database cannot be migrated: {error.orig}. Check SONOLOOP_DATABASE_URL and "
            "that the server runs and lets this account create tables."
        ) from error
    finally:
        database.dispose()


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration; the connection is handed to ``migrations/env.py``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """Open one connection in one transaction that excludes every other migration."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # Rebuilding a table (the only way SQLite alters one) must not cascade; the pragma takes
            # effect only outside a transaction.
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
