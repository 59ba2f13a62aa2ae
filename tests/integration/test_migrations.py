"""Migrations make the same schema on SQLite and PostgreSQL, forth and back, and from anywhere."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from app.core.database import Database
from app.core.database_cli import (
    MigrationError,
    alembic_config,
    current_revision,
    head,
    upgrade,
)
from app.core.settings import Settings
from app.tables import metadata
from tests.integration.servers import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A site with an empty database of each kind."""
    if request.param == "sqlite":
        return Settings(_env_file=None, data_dir=tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return Settings(_env_file=None, data_dir=tmp_path, database_url=server.new_database())


@pytest.fixture
def database(settings: Settings) -> Database:
    return Database(settings.database)


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_the_migrations_make_what_the_program_expects(
    settings: Settings, database: Database
) -> None:
    assert upgrade(settings) is True
    with database.engine.connect() as connection:
        assert current_revision(connection) == head()
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert tables(database) == {*metadata.tables, "alembic_version"}


def test_a_second_time_there_is_nothing_to_do(settings: Settings) -> None:
    upgrade(settings)
    assert upgrade(settings) is False


def test_down_and_up_again(settings: Settings, database: Database) -> None:
    upgrade(settings)
    with database.engine.connect() as connection, connection.begin():
        command.downgrade(alembic_config(connection), "base")
    assert tables(database) <= {"alembic_version"}
    database.dispose()
    assert upgrade(settings) is True
    assert tables(database) == {*metadata.tables, "alembic_version"}


def test_several_machines_may_migrate_at_once(settings: Settings, database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        did = list(pool.map(lambda _: upgrade(settings), range(6)))
    assert sorted(did) == [False] * 5 + [True]
    assert tables(database) == {*metadata.tables, "alembic_version"}


def test_a_database_of_a_newer_version_is_left_alone(
    settings: Settings, database: Database
) -> None:
    upgrade(settings)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    with pytest.raises(MigrationError, match="newer version"):
        upgrade(settings)
    assert tables(database) == {*metadata.tables, "alembic_version"}


def test_a_step_that_fails_changes_nothing(settings: Settings, database: Database) -> None:
    # A table in the way of the first migration, named so that many are made before it.
    last = max(metadata.tables)
    with database.engine.begin() as connection:
        connection.execute(text(f'CREATE TABLE "{last}" (x INTEGER)'))
    with pytest.raises(MigrationError, match="cannot be migrated"):
        upgrade(settings)
    assert tables(database) <= {last, "alembic_version"}
    with database.engine.connect() as connection:
        assert current_revision(connection) is None


def test_a_server_that_is_away_is_said_so(tmp_path: Path) -> None:
    away = Settings(
        _env_file=None, data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none"
    )
    with pytest.raises(MigrationError, match="SONOLOOP_DATABASE_URL"):
        upgrade(away)
