"""Databases at the newest schema, made once and copied: migrating takes most of a site's start.

What migrations do is tested in `tests/integration/test_migrations.py`, which makes its own.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from app.core.database_cli import upgrade
from app.core.settings import Settings


def migrate(settings: Settings) -> None:
    """Bring the settings' database to the newest schema; a fresh SQLite one by copying it."""
    if settings.database != Settings(_env_file=None, data_dir=settings.data_dir).database:
        upgrade(settings)  # on a server
        return
    fresh = _fresh()
    path = settings.data_dir / fresh.name
    if path.exists():
        upgrade(settings)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(fresh, path)


@cache
def _fresh() -> Path:
    """A migrated database without rows but those that migrations make."""
    folder = Path(tempfile.mkdtemp(prefix="sonoloop-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(Settings(_env_file=None, data_dir=folder))
    (path,) = folder.glob("*.sqlite3*")  # its log is closed
    return path
