"""Heartbeats report which workers are alive and what they have loaded."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.core.database import Database
from app.core.ids import new_id, now
from app.core.settings import Settings
from app.status import checks, machine
from app.status.alive import alive
from app.status.records import (
    FORGET,
    FRESH,
    LoadedModel,
    fresh,
    record_heartbeat,
    remove_heartbeat,
)
from app.status.tables import WorkerHeartbeat
from tests.databases import migrate
from tests.unit.worker.pipeline.dark import write_dark_model

MODEL = LoadedModel("sonoloop-lite0", "1.0.0", "0" * 64)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    migrate(settings)
    found = Database(settings.database)
    yield found
    found.dispose()


def age(database: Database, by: timedelta) -> None:
    """Make every heartbeat older."""
    with database.write() as session:
        session.execute(update(WorkerHeartbeat).values(seen_at=now() - by))


def test_beats_of_one_worker_are_one_row(database: Database) -> None:
    worker = new_id()
    for provider, models in ((None, []), ("CPUExecutionProvider", [MODEL])):
        with database.write() as session:
            record_heartbeat(session, worker, "w", now(), models, provider)
    with database.read() as session:
        (row,) = fresh(session)
    assert row.provider == "CPUExecutionProvider"
    assert row.models == [asdict(MODEL)]


def test_a_worker_that_is_silent_counts_as_dead(database: Database) -> None:
    with database.write() as session:
        record_heartbeat(session, new_id(), "w", now(), [MODEL], "CPUExecutionProvider")
    assert checks.model(database).ok
    age(database, FRESH + timedelta(seconds=1))
    found = checks.model(database)
    assert not found.ok
    assert found.fix


def test_a_worker_without_a_model_is_not_ready(database: Database) -> None:
    with database.write() as session:
        record_heartbeat(session, new_id(), "w", now(), [], None)
    assert checks.model(database).detail == "No worker has a model loaded."


def test_the_models_and_their_provider_are_named(database: Database) -> None:
    for provider in ("CUDAExecutionProvider", "CPUExecutionProvider", "CPUExecutionProvider"):
        with database.write() as session:
            record_heartbeat(session, new_id(), "w", now(), [MODEL], provider)
    assert checks.model(database).detail == (
        "Loaded: sonoloop-lite0 1.0.0 on CPUExecutionProvider; "
        "sonoloop-lite0 1.0.0 on CUDAExecutionProvider."
    )


def test_farewell_and_forgetting_leave_no_rows(database: Database) -> None:
    leaving = new_id()
    with database.write() as session:
        record_heartbeat(session, leaving, "leaving", now(), [], None)
        remove_heartbeat(session, leaving)
        record_heartbeat(session, new_id(), "old", now(), [], None)
    age(database, FORGET + timedelta(minutes=1))
    with database.write() as session:
        record_heartbeat(session, new_id(), "new", now(), [], None)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(WorkerHeartbeat)) == 1


def test_a_container_asks_only_for_its_own_worker(database: Database) -> None:
    with database.write() as session:
        record_heartbeat(session, new_id(), "w", now(), [], None)
        host = session.scalar(select(WorkerHeartbeat.host))
    assert host
    assert alive(database, host)
    assert not alive(database, "another-host")
    age(database, FRESH + timedelta(seconds=1))
    assert not alive(database, host)


def test_a_model_that_serves_in_the_stead_of_a_broken_one_is_named(database: Database) -> None:
    fallback = LoadedModel("own", "1.0.0", "1" * 64, instead_of="own@1.1.0")
    with database.write() as session:
        record_heartbeat(session, new_id(), "w", now(), [fallback], "CPUExecutionProvider")
    found = checks.model(database)
    assert not found.ok
    assert found.answering, "an image sent now is segmented"
    assert "own 1.0.0 serves, because own 1.1.0 cannot be used" in found.detail
    assert found.fix


def test_the_doctor_names_the_model_that_cannot_serve(tmp_path: Path) -> None:
    good = write_dark_model(tmp_path / "models", "own", "1.0.0")
    settings = Settings(_env_file=None, data_dir=tmp_path, default_model="own")
    assert machine.models(settings).ok
    bad = write_dark_model(tmp_path / "models", "own", "1.1.0")
    (bad / "model.onnx").write_bytes(b"damaged")
    found = machine.models(settings)
    assert not found.ok
    assert str(bad) in (found.reason or "")
    assert "own 1.0.0" in found.detail
    shutil.rmtree(good)
    assert "not there" in machine.models(settings).detail
