"""Databases at the newest schema, made once and copied, as migrating takes most of a site's start.

Migrations are tested in `tests/integration/test_migrations.py`, which makes its own databases.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from app.core.database_cli import upgrade
from app.core.settings import Settings


def migrate(settings: Settings) -> None:
    """Bring the settings' database to the newest schema; replace a new one with a copy."""
    if settings.database != Settings(_env_file=None, data_dir=settings.data_dir).database:
        _migrate_on_server(settings)
        return
    fresh = _fresh()
    path = settings.data_dir / fresh.name
    if path.exists():
        upgrade(settings)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(fresh, path)


TEMPLATE = "sonoloop_newest"


def _migrate_on_server(settings: Settings) -> None:
    """Migrate the first database on a PostgreSQL server; make further empty ones its copies."""
    url = settings.database_url.replace("+psycopg", "")
    name = conninfo_to_dict(url)["dbname"]
    assert isinstance(name, str)
    with psycopg.connect(url) as connection:
        empty = connection.execute("SELECT to_regclass('alembic_version') IS NULL").fetchone()
    if empty != (True,):
        upgrade(settings)
        return
    with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        copy = SQL("CREATE DATABASE {} TEMPLATE {}")
        if found.fetchone() is None:
            upgrade(settings)
            server.execute(copy.format(Identifier(TEMPLATE), Identifier(name)))
            return
        server.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
        server.execute(copy.format(Identifier(name), Identifier(TEMPLATE)))


@cache
def _fresh() -> Path:
    """Return a migrated database with only the rows that migrations create."""
    folder = Path(tempfile.mkdtemp(prefix="sonoloop-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(Settings(_env_file=None, data_dir=folder))
    (path,) = folder.glob("*.sqlite3*")  # its write-ahead log is merged
    return path
