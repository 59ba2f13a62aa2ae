"""The schema revision of a database and the one that this version needs, without loading Alembic.

Every api process compares them in its checks; Alembic would import every migration to do so.
"""

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LINE = re.compile(r'^(down_revision|revision)(?:: [^=\n]+)? = (?:"(\w+)"|None)$', re.MULTILINE)


class MigrationError(Exception):
    """The database cannot be brought to this version's schema; the message says what to do."""


@lru_cache
def known() -> frozenset[str]:
    """Return all revisions that this program knows."""
    return frozenset(_parents())


@lru_cache
def head() -> str:
    """Return the newest revision that this program knows.

    Raises:
        MigrationError: some migrations are missing.
    """
    parents = _parents()
    newest = parents.keys() - {parent for parent in parents.values() if parent}
    if len(newest) != 1:
        raise MigrationError(f"The migrations in {MIGRATIONS} are broken; install Sonoloop again.")
    return next(iter(newest))


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database, or None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _parents() -> dict[str, str | None]:
    """Return, by revision, the one before it."""
    found: dict[str, str | None] = {}
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        said = {name: value or None for name, value in _LINE.findall(path.read_text("utf-8"))}
        if said.get("revision"):
            found[str(said["revision"])] = said.get("down_revision")
    return found
