"""Migrations make the same schema on SQLite and PostgreSQL, forth and back, and from anywhere."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from app.accounts.tables import ApiToken
from app.core.database import Database
from app.core.database_cli import (
    MigrationError,
    alembic_config,
    current_revision,
    head,
    upgrade,
)
from app.core.settings import Settings
from app.exports.tables import Export
from app.images.tables import Image, Subject
from app.imports.tables import Import
from app.jobs.tables import Job
from app.masks.tables import Mask
from app.projects.tables import DEFAULT_PROJECT
from app.redaction.tables import PixelAlias
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


def test_what_was_stored_before_readings_existed_is_kept(
    settings: Settings, database: Database
) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0002")
    at, ids = "2026-01-31 12:00:00+00:00", {name: uuid4().hex for name in ("u", "i", "f", "m", "j")}
    rows = [
        """INSERT INTO "user" (id, email, name, role, active, created_at)
           VALUES (:u, 'reader@example.org', 'Reader', 'annotator', true, :at)""",
        """INSERT INTO image (id, owner_id, pixel_sha256, format, created_at, state)
           VALUES (:i, :u, 'aa', 'png', :at, 'predicted')""",
        """INSERT INTO frame (id, image_id, "index", width, height, attributes)
           VALUES (:f, :i, 0, 32, 24, '{}')""",
        """INSERT INTO mask (id, image_id, frame_id, revision, source, result, settings_digest,
           created_at) VALUES (:m, :i, :f, 1, 'model', '{}', 'bb', :at)""",
        """INSERT INTO job (id, kind, state, owner_id, created_at, rung_at, attempts, progress,
           store, has_source, source_bytes, image_id, mask_id, duplicate, retryable)
           VALUES (:j, 'segment', 'done', :u, :at, :at, 1, 1, true, false, 0, :i, :m, false,
           false)""",
    ]
    with database.engine.begin() as connection:
        for row in rows:
            connection.execute(text(row), {**ids, "at": at})
    assert upgrade(settings) is True
    with database.read() as session:
        job = session.scalars(select(Job)).one()
        assert job.mask_id == session.scalars(select(Mask)).one().id
        image = session.scalars(select(Image)).one()
        assert image.state_changed_at == image.created_at
        assert not image.double_reading


def test_what_was_stored_before_projects_existed_belongs_to_the_first(
    settings: Settings, database: Database
) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0008")
    names = ("u", "s", "i", "j", "e", "k", "m", "t")
    at, ids = "2026-01-31 12:00:00+00:00", {name: uuid4().hex for name in names}
    rows = [
        """INSERT INTO "user" (id, email, name, role, active, created_at)
           VALUES (:u, 'reader@example.org', 'Reader', 'annotator', true, :at)""",
        "INSERT INTO subject (id, pseudonym, code, created_at) VALUES (:s, 'cc', 'CC', :at)",
        """INSERT INTO image (id, owner_id, subject_id, pixel_sha256, format, created_at, state,
           state_changed_at, double_reading, readers_wanted, uncertainty_score)
           VALUES (:i, :u, :s, 'aa', 'png', :at, 'predicted', :at, false, 1, 0.25)""",
        "INSERT INTO pixel_alias (owner_id, pixel_sha256, image_id) VALUES (:u, 'bb', :i)",
        """INSERT INTO job (id, kind, state, owner_id, awaited, turn, created_at, rung_at, attempts,
           progress, store, has_source, source_bytes, duplicate, retryable)
           VALUES (:j, 'export', 'done', :u, false, 0, :at, :at, 1, 1, true, false, 0, false,
           false),
           (:k, 'import', 'done', :u, false, 0, :at, :at, 1, 1, true, false, 0, false, false)""",
        """INSERT INTO export (id, job_id, created_by_id, created_at, format, filters, lesion_names,
           licence, counts, left_out)
           VALUES (:e, :j, :u, :at, 'png', '{}', true, '', '{}', 0)""",
        """INSERT INTO "import" (id, job_id, created_by_id, created_at, size_bytes, phase,
           stored_as, position, has_archive)
           VALUES (:m, :k, :u, :at, 1, 'check', 'submitted', 0, true)""",
        """INSERT INTO api_token (id, digest, name, scopes, user_id, created_at)
           VALUES (:t, 'dd', 'script', '["read"]', :u, :at)""",
    ]
    with database.engine.begin() as connection:
        for row in rows:
            connection.execute(text(row), {**ids, "at": at})
    assert upgrade(settings) is True
    with database.read() as session:
        for table in (Subject, Image, PixelAlias, Export, Import):
            assert session.scalars(select(table)).one().project_id == DEFAULT_PROJECT
        assert set(session.scalars(select(Job.project_id))) == {DEFAULT_PROJECT}
        assert session.scalars(select(ApiToken)).one().project_id is None
        image = session.scalars(select(Image)).one()
        assert (image.uncertainty_rank, image.wants_readers) == (-0.25, True)


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
