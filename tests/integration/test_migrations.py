"""Migrations make the same schema on SQLite and PostgreSQL, up and down, from any revision."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, Uuid, inspect, select, text

from app.accounts.tables import ApiToken
from app.core.blobs import open_blobs
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.core.database import Database
from app.core.database_cli import (
    MigrationError,
    alembic_config,
    current_revision,
    head,
    upgrade,
)
from app.core.security import load_site_key
from app.core.settings import Settings
from app.exports.tables import Export
from app.images.tables import Image, Subject
from app.imports.tables import Import
from app.jobs.tables import Job, JobKind
from app.label_sets.ready import BY_KEY, TERMS
from app.label_sets.tables import Attribute, LabelClass
from app.masks.jobs import MEASURE
from app.masks.tables import Mask
from app.projects.tables import DEFAULT_PROJECT
from app.redaction.tables import Judgement, PixelAlias, SuspectedText
from app.reviews.jobs import CONSENSUS, ConsensusOutcome
from app.segment.jobs import INGEST, PREDICT, SEGMENT, PredictParameters, SegmentParameters
from app.tables import metadata
from tests.integration.servers import Postgres
from tests.running_site import Site


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a site with an empty database of either kind."""
    if request.param == "sqlite":
        return Settings(_env_file=None, data_dir=tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return Settings(_env_file=None, data_dir=tmp_path, database_url=server.new_database())


@pytest.fixture
def database(settings: Settings) -> Database:
    return Database(settings.database)


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_the_migrations_make_what_the_program_expects_and_go_down_and_up_again(
    settings: Settings, database: Database
) -> None:
    assert upgrade(settings) is True
    with database.engine.connect() as connection:
        assert current_revision(connection) == head()
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert tables(database) == {*metadata.tables, "alembic_version"}
    assert upgrade(settings) is False, "a second time there is nothing to do"

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
           store, has_source, source_bytes, image_id, mask_id, duplicate, retryable, result)
           VALUES (:j, 'segment', 'done', :u, :at, :at, 1, 1, true, false, 0, :i, :m, false,
           false, '{}')""",
    ]
    with database.engine.begin() as connection:
        for row in rows:
            connection.execute(text(row), {**ids, "at": at})
    assert upgrade(settings) is True
    with database.read() as session:
        job = session.scalars(select(Job)).one()
        mask = session.scalars(select(Mask)).one()
        said = {"mask_id": str(mask.id), "frame_id": str(mask.frame_id), "duplicate": False}
        assert (job.kind, job.queue, job.result) == (JobKind.PREDICT, SEGMENT_QUEUE, said)
        image = session.scalars(select(Image)).one()
        assert image.state_changed_at == image.created_at
        assert not image.double_reading


OLD_JOBS = (
    # id, kind, state, store, has_source, source_bytes, image, mask, subject, model, result
    ("waits", "segment", "queued", True, True, 70, None, None, "s", "lite@1", None),
    ("sized", "segment", "failed", True, True, 0, None, None, None, None, None),
    ("gone", "segment", "done", True, False, 70, None, None, None, None, None),
    ("mask", "segment", "done", True, False, 70, "i", "m", None, "lite", {"width": 4}),
    ("again", "segment", "queued", True, False, 0, "i", None, None, "lite", None),
    ("transient", "segment", "done", False, False, 0, None, None, None, None, {"width": 4}),
    ("measure", "measure", "done", True, False, 0, "i", "m", None, None, None),
    ("consensus", "consensus", "done", True, False, 0, "i", "m", None, None, None),
    ("export", "export", "done", True, False, 0, None, None, None, None, None),
)


def test_jobs_of_before_they_knew_only_jobs_say_and_do_the_same(
    settings: Settings, database: Database
) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0013")
    at = datetime(2026, 1, 31, tzinfo=UTC)
    ids = {name: uuid4() for name in ("u", "s", "i", "f", "m", *(job[0] for job in OLD_JOBS))}
    jobs = [
        {
            "id": ids[name],
            "kind": kind,
            "state": state,
            "store": store,
            "has_source": has_source,
            "source_bytes": size,
            "image_id": ids.get(image or ""),
            "mask_id": ids.get(mask or ""),
            "subject_id": ids.get(subject or ""),
            "model_name": model,
            "result": result,
        }
        for name, kind, state, store, has_source, size, image, mask, subject, model, result in (
            OLD_JOBS
        )
    ]
    for job in jobs:
        job |= {"parameters": None, "owner_id": ids["u"], "duplicate": job["id"] == ids["mask"]}
    rows = {
        "user": {
            "email": "a@example.org",
            "name": "A",
            "role": "admin",
            "site_admin": True,
            "service": False,
            "active": True,
        },
        "subject": {"project_id": DEFAULT_PROJECT, "pseudonym": "cc", "code": "CC"},
        "image": {
            "project_id": DEFAULT_PROJECT,
            "owner_id": ids["u"],
            "pixel_sha256": "aa",
            "format": "png",
            "state": "predicted",
            "state_changed_at": at,
            "double_reading": False,
            "readers_wanted": 1,
        },
        "frame": {"image_id": ids["i"], "index": 0, "width": 4, "height": 4, "attributes": {}},
        "mask": {"image_id": ids["i"], "frame_id": ids["f"], "revision": 1, "source": "model"},
    }
    fixed = {"awaited": False, "turn": 0, "created_at": at, "rung_at": at, "attempts": 1}
    fixed |= {"progress": 0.0, "retryable": False, "project_id": DEFAULT_PROJECT}
    with database.engine.begin() as connection:
        for name, values in rows.items():
            put(connection, name, {"id": ids[name[0]], "created_at": at} | values)
        for job in jobs:
            put(connection, "job", fixed | job)
    assert upgrade(settings) is True
    with database.read() as session:
        found = {name: session.get_one(Job, ids[name]) for name, *_ in OLD_JOBS}
    waits = INGEST.read(found["waits"])
    assert (waits.model, waits.subject_id) == ("lite@1", ids["s"])
    assert (found["waits"].input_bytes, found["sized"].input_bytes) == (70, 1)
    assert found["waits"].parameters is not None
    assert str(ids["s"]) in found["waits"].parameters.values()
    assert (found["gone"].kind, found["gone"].input_bytes) == (JobKind.PREDICT, 0)
    said = {"width": 4, "mask_id": str(ids["m"]), "frame_id": str(ids["f"]), "duplicate": True}
    assert (found["mask"].kind, found["mask"].result) == (JobKind.PREDICT, said)
    assert PREDICT.read(found["mask"]).model == "lite"
    assert PREDICT.read(found["again"]) == PredictParameters(model="lite")
    assert found["again"].image_id == ids["i"]
    assert SEGMENT.read(found["transient"]) == SegmentParameters()
    assert found["transient"].result == {"width": 4}
    assert MEASURE.read(found["measure"]).mask_id == ids["m"]
    assert CONSENSUS.result_of(found["consensus"]) == ConsensusOutcome(mask_id=ids["m"])
    assert found["export"].queue == BACKGROUND_QUEUE
    assert {one.queue for name, one in found.items() if name != "export"} == {SEGMENT_QUEUE}
    with database.engine.connect() as connection, connection.begin():
        command.downgrade(alembic_config(connection), "0013")
    columns = ("kind", "state", "store", "has_source", "image_id", "mask_id", "subject_id")
    with database.engine.connect() as connection:
        rows_now = connection.execute(reflected(connection, "job").select()).mappings().all()
    now_by_id = {row["id"]: row for row in rows_now}
    for job in jobs:
        row = now_by_id[job["id"]]
        assert {column: row[column] for column in columns} == {
            column: job[column] for column in columns
        }


def reflected(connection: Connection, name: str) -> Table:
    """Return a table as it is in the database now, with ids typed as UUIDs."""
    table = Table(name, MetaData(), autoload_with=connection)
    for column in table.c:
        if column.name == "id" or column.name.endswith("_id"):
            column.type = Uuid()
    return table


def put(connection: Connection, name: str, values: dict[str, Any]) -> None:
    """Insert a row, leaving out values for columns that the table lacks."""
    table = reflected(connection, name)
    known = {key: one for key, one in values.items() if key in table.c and one is not None}
    connection.execute(table.insert(), known)


def test_what_was_stored_before_projects_existed_belongs_to_the_first(
    settings: Settings, database: Database
) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0008")
    names = ("u", "s", "i", "j", "e", "k", "m", "t", "a", "f")
    at, ids = "2026-01-31 12:00:00+00:00", {name: uuid4().hex for name in names}
    rows = [
        """INSERT INTO "user" (id, email, name, role, active, created_at)
           VALUES (:u, 'reader@example.org', 'Reader', 'annotator', true, :at)""",
        "INSERT INTO subject (id, pseudonym, code, created_at) VALUES (:s, 'cc', 'CC', :at)",
        """INSERT INTO image (id, owner_id, subject_id, pixel_sha256, format, created_at, state,
           state_changed_at, double_reading, readers_wanted, uncertainty_score, lesion_count,
           latest_mask_id)
           VALUES (:i, :u, :s, 'aa', 'png', :at, 'predicted', :at, false, 1, 0.25, 3, :a)""",
        """INSERT INTO frame (id, image_id, "index", width, height, attributes)
           VALUES (:f, :i, 0, 32, 24, '{}')""",
        """INSERT INTO mask (id, image_id, frame_id, revision, source, result, settings_digest,
           created_at) VALUES (:a, :i, :f, 1, 'model', :result, 'bb', :at)""",
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
    # The model gives one of three outlines a probability below one half, and another none at all.
    lesions = [{"probability": 0.2}, {"probability": 0.9}, {"area_px": 40}]
    with database.engine.begin() as connection:
        for row in rows:
            connection.execute(
                text(row), {**ids, "at": at, "result": json.dumps({"lesions": lesions})}
            )
    assert upgrade(settings) is True
    with database.read() as session:
        for table in (Subject, Image, PixelAlias, Export, Import):
            assert session.scalars(select(table)).one().project_id == DEFAULT_PROJECT
        assert set(session.scalars(select(Job.project_id))) == {DEFAULT_PROJECT}
        assert session.scalars(select(ApiToken)).one().project_id is None
        image = session.scalars(select(Image)).one()
        assert (image.uncertainty_rank, image.wants_readers) == (-0.25, True)
        assert (image.lesion_count, image.possible_count) == (3, 1)


def test_texts_of_sets_that_were_made_from_ready_ones_get_their_keys(
    settings: Settings, database: Database
) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0051")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    breast, ovary, own = uuid4(), uuid4(), uuid4()
    classes, attributes = BY_KEY["bi-rads-us"].build()
    renamed = {"Cyst": "Our cyst", "Shape": "Form", "Round": "Circular"}
    named = {breast: [renamed.get(one.name, one.name) for one in classes]}
    named[ovary] = ["Teratoma", "Simple cyst", "Chocolate cyst", "Normal ovary", "Mass"]
    named[own] = ["Teratoma", "Cyst"]
    set_row = """INSERT INTO label_set (id, name, version, created_at)
        VALUES (:id, 'A set', 1, :at)"""
    class_row = """INSERT INTO label_class
        (id, label_set_id, position, name, colour, kind, "overlaps")
        VALUES (:id, :set, :place, :name, '#4fc3f7', 'instance', false)"""
    attribute_row = """INSERT INTO attribute
        (id, label_set_id, position, name, subject, kind, required, class_ids, choices)
        VALUES (:id, :set, :place, :name, :subject, 'choice', false, '[]', :choices)"""
    hexed = database.engine.dialect.name == "sqlite"

    def stored(one: UUID) -> str:
        return one.hex if hexed else str(one)

    with database.engine.begin() as connection:
        for set_id, names in named.items():
            connection.execute(text(set_row), {"id": stored(set_id), "at": at})
            for place, name in enumerate(names):
                row = {"id": stored(uuid4()), "set": stored(set_id), "place": place, "name": name}
                connection.execute(text(class_row), row)
        for place, one in enumerate(attributes):
            choices = [
                {"value": each.value, "meaning": renamed.get(each.meaning, each.meaning)}
                for each in one.choices
            ]
            row = {"id": stored(uuid4()), "set": stored(breast), "place": place}
            row |= {"name": renamed.get(one.name, one.name), "subject": one.subject.value}
            connection.execute(text(attribute_row), {**row, "choices": json.dumps(choices)})
    assert upgrade(settings) is True

    def keys(set_id: UUID) -> dict[str, str | None]:
        query = select(LabelClass).where(LabelClass.label_set_id == set_id)
        return {one.name: one.term for one in session.scalars(query)}

    with database.read() as session:
        assert keys(own) == {"Teratoma": None, "Cyst": None}
        assert keys(ovary) == {
            "Teratoma": "ovarian-tumours/teratoma",
            "Simple cyst": "ovarian-tumours/simple-cyst",
            "Chocolate cyst": "ovarian-tumours/chocolate-cyst",
            "Normal ovary": "ovarian-tumours/normal-ovary",
            "Mass": None,
        }
        found = [*keys(breast).items()]
        for row in session.scalars(select(Attribute).where(Attribute.label_set_id == breast)):
            found.append((row.name, row.term))
            found += [(each["meaning"], each.get("term")) for each in row.choices]
    assert {name for name, term in found if term is None} == {
        *("Our cyst", "Form", "Circular", "Oval", "Irregular")
    }
    assert all(TERMS[term] == name for name, term in found if term is not None)
    assert len({term for _, term in found} - {None}) + 5 == len(BY_KEY["bi-rads-us"].terms())


def test_areas_of_cines_that_were_judged_by_the_first_frame_are_open_again(
    settings: Settings, database: Database
) -> None:
    upgrade(settings)
    site = Site(settings, "", database, open_blobs(settings), load_site_key(settings))
    person = site.add_person()
    still, cine, kept = (site.add_image(person) for _ in range(3))
    with database.write() as session:
        for image_id in (cine, kept):
            session.get_one(Image, image_id).frame_count = 8
    for image_id in (still, cine, kept):
        site.add_suspected(image_id)
    with database.write() as session:
        for one in session.scalars(select(SuspectedText)):
            of_kept = one.image_id == kept
            one.judgement = Judgement.KEPT if of_kept else Judgement.BLACKED_OUT
            one.judged_by_id, one.judged_at = person.id, datetime(2026, 1, 2, tzinfo=UTC)
    with database.engine.connect() as connection, connection.begin():
        command.downgrade(alembic_config(connection), "0052")
    assert upgrade(settings) is True
    with database.read() as session:
        found = {one.image_id: one for one in session.scalars(select(SuspectedText))}
    assert found[still].judgement == Judgement.BLACKED_OUT
    assert found[kept].judgement == Judgement.KEPT
    assert found[cine].judgement is found[cine].judged_by_id is found[cine].judged_at is None


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
    # This table conflicts with the first migration; its name sorts last, so most are made first.
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
