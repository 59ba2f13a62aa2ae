"""Migrations read without Alembic give the same revisions as Alembic."""

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.database import Database
from app.core.database_cli import alembic_config
from app.core.revisions import current_revision, head, known
from app.core.settings import Settings
from tests.databases import migrate


def test_head_and_known_revisions_are_alembics() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert head() == scripts.get_current_head()
    assert known() == {script.revision for script in scripts.walk_revisions()}


def test_a_databases_revision_is_alembics_and_an_empty_one_has_none(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    migrate(settings)
    migrated = Database(settings.database)
    try:
        with empty.engine.connect() as connection:
            assert current_revision(connection) is None
        with migrated.engine.connect() as connection:
            alembic = MigrationContext.configure(connection).get_current_revision()
            assert current_revision(connection) == alembic == head()
    finally:
        empty.dispose()
        migrated.dispose()
