"""Commits that wait for the disk, on SQLite and PostgreSQL."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.database import Database, WriteSession, after_commit, before_commit
from tests.integration.servers import Postgres

WAITS = {
    "sqlite": ("PRAGMA synchronous", 2, 1),
    "postgresql": ("SHOW synchronous_commit", "on", "off"),
}
"""By kind: the query whether a commit waits for the disk, its result if so, its result if not."""


@pytest.fixture(params=list(WAITS))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'site.db'}"
    else:
        url = request.getfixturevalue("postgres").new_database()
    database = Database(url)
    with database.write() as session:
        session.execute(text("CREATE TABLE note (number INTEGER)"))
    return database


def asked(session: WriteSession) -> object:
    question = WAITS[session.get_bind().dialect.name][0]
    return session.execute(text(question)).scalar()


def test_a_commit_waits_for_the_disk_unless_told_otherwise_and_again_after_that(
    database: Database,
) -> None:
    _, waits, does_not = WAITS[database.engine.dialect.name]
    seen = []
    for durable in (True, False, True):
        with database.write(durable=durable) as session:
            seen.append(asked(session))
            session.execute(text("INSERT INTO note VALUES (1)"))
    assert seen == [waits, does_not, waits]
    with database.engine.begin() as connection:  # the same connection, outside of sessions
        assert connection.execute(text(WAITS[database.engine.dialect.name][0])).scalar() == waits
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM note")).scalar() == 3


def test_what_was_prepared_is_dropped_only_if_nothing_was_committed(database: Database) -> None:
    dropped: list[str] = []

    def fail() -> None:
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        database.write(otherwise=lambda: dropped.append("block")) as session,
    ):
        session.execute(text("INSERT INTO note VALUES (1)"))
        fail()
    with (
        pytest.raises(KeyboardInterrupt),
        database.write(otherwise=lambda: dropped.append("before")) as session,
    ):
        session.execute(text("INSERT INTO note VALUES (2)"))
        before_commit(session, fail)
    with (
        pytest.raises(KeyboardInterrupt),
        database.write(otherwise=lambda: dropped.append("after")) as session,
    ):
        session.execute(text("INSERT INTO note VALUES (3)"))
        after_commit(session, fail)
    assert dropped == ["block", "before"]
    with database.read() as session:
        assert list(session.execute(text("SELECT number FROM note")).scalars()) == [3]


def test_nothing_is_dropped_if_the_answer_to_a_commit_is_lost(postgres: Postgres) -> None:
    database = Database(postgres.new_database())
    dropped: list[int] = []

    def lose(backend: int) -> None:
        with database.engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})

    with (
        pytest.raises(DBAPIError),
        database.write(otherwise=lambda: dropped.append(1)) as session,
    ):
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        before_commit(session, lambda: lose(backend))
    assert not dropped


def test_making_it_durable_brings_postgresql_s_log_to_the_disk(postgres: Postgres) -> None:
    database = Database(postgres.new_database())
    with database.write() as session:
        session.execute(text("CREATE TABLE note (number INTEGER)"))
    with database.write(durable=False) as session:
        session.execute(text("INSERT INTO note VALUES (1)"))
    with database.read() as session:
        written = session.execute(text("SELECT pg_current_wal_insert_lsn()")).scalar()
    database.make_durable()
    with database.read() as session:
        flushed = text("SELECT pg_current_wal_flush_lsn() >= CAST(:written AS pg_lsn)")
        assert session.execute(flushed, {"written": written}).scalar() is True


def test_making_durable_a_new_sqlite_database_needs_no_log(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'empty.db'}").make_durable()
