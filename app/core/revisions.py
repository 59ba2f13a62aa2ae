"""The schema of a database and the one that this version needs, found without loading Alembic.

Every api process asks that at its checks; Alembic would import each migration for it.
"""

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LINE = re.compile(r'^(down_revision|revision)(?:: [^=\n]+)? = (?:"(\w+)"|None)$', re.MULTILINE)


class MigrationError(Exception):
    """The database cannot be brought to this version's schema; says what to do."""


@lru_cache
def known() -> frozenset[str]:
    """All revisions that this program knows."""
    return frozenset(_parents())


@lru_cache
def head() -> str:
    """The newest revision that this program knows.

    Raises:
        MigrationError: the migrations are not all there.
    """
    parents = _parents()
    newest = parents.keys() - {parent for parent in parents.values() if parent}
    if len(newest) != 1:
        raise MigrationError(f"The migrations in {MIGRATIONS} are broken; install Sonoloop again.")
    return next(iter(newest))


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _parents() -> dict[str, str | None]:
    """By revision, the one before it."""
    found: dict[str, str | None] = {}
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        said = {name: value or None for name, value in _LINE.findall(path.read_text("utf-8"))}
        if said.get("revision"):
            found[str(said["revision"])] = said.get("down_revision")
    return found
