"""A database with an older schema is upgraded without losing anything, and stays readable.

`schema_0006.zip` holds the rows and blobs of a site filled by the last version with that schema
(`fill.py`), and its responses to each person. After the upgrade the API returns the same ones.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from alembic import command
from PIL import Image as Picture
from sqlalchemy import inspect, select, text

from app.accounts.tables import User
from app.core.database import Database
from app.core.database_cli import alembic_config, upgrade
from app.core.settings import Settings
from app.images.tables import Frame, Image, Series, Study
from app.jobs.tables import Job, JobState
from tests.behaviour.reviews.acting import work
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, running_site

KEPT = Path(__file__).parent / "schema_0006.zip"
SCHEMA = "0006"


class Before:
    """The database, blobs and responses of the older version."""

    def __init__(self) -> None:
        with zipfile.ZipFile(KEPT) as archive:
            self.rows: dict[str, list[dict[str, Any]]] = json.loads(archive.read("rows.json"))
            self.answers: dict[str, dict[str, Any]] = json.loads(archive.read("answers.json"))

    def put(self, settings: Settings) -> None:
        """Create the older schema and restore everything."""
        database = Database(settings.database)
        with database.engine.connect() as connection:
            if database.is_sqlite:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                command.upgrade(alembic_config(connection), SCHEMA)
                for table in sorted(self.rows, key=self._order(connection).index):
                    self._insert(connection, table)
        database.dispose()
        with zipfile.ZipFile(KEPT) as archive:
            for name in archive.namelist():
                if name.startswith("blobs/"):
                    archive.extract(name, settings.data_dir)

    @staticmethod
    def _order(connection: Any) -> list[str]:
        found = inspect(connection).get_sorted_table_and_fkc_names()
        return [name for name, _ in found if name]

    def _insert(self, connection: Any, table: str) -> None:
        columns = {
            column["name"]: column
            for column in inspect(connection).get_columns(table)
            if "computed" not in column
        }
        yes_or_no = {name for name, c in columns.items() if str(c["type"]) == "BOOLEAN"}
        for row in self.rows[table]:
            values = {name: row[name] for name in columns}
            if connection.dialect.name == "postgresql":
                values |= {
                    name: None if values[name] is None else bool(values[name]) for name in yes_or_no
                }
                # As untyped text, which the server converts to the column's type.
                marks = ", ".join("%s" for _ in values)
            else:
                marks = ", ".join("?" for _ in values)
            names = ", ".join(f'"{name}"' for name in values)
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
            connection.exec_driver_sql(statement, tuple(values.values()))


@pytest.fixture(scope="module")
def before() -> Before:
    return Before()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def upgraded(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    valkey: str,
    before: Before,
) -> Iterator[Site]:
    """A site of the current version on the older version's data."""
    folder = tmp_path_factory.mktemp("upgraded")
    # Housekeeping would delete what has expired, such as idempotency keys.
    settings = fresh_settings(folder, valkey, sweep_seconds=3600)
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        settings = settings.model_copy(update={"database_url": server.new_database()})
    before.put(settings)
    assert upgrade(settings) is True
    with running_site(settings) as site:
        yield site


def reader(site: Site, name: str) -> httpx.Client:
    """Return a client signed in as the person of that name."""
    with site.database.read() as session:
        user = session.scalars(select(User).where(User.email == f"{name}@example.org")).one()
    return site.browser(user)


def differences(then: Any, now: Any, at: str = "") -> Iterator[str]:
    """Yield values that are missing or changed; additional ones do not count."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name, value in then.items():
            if name not in now:
                yield f"{at}.{name} is gone"
            else:
                yield from differences(value, now[name], f"{at}.{name}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from differences(one, other, f"{at}[{number}]")
    elif then != now:
        yield f"{at} was {then!r:.200} and is {now!r:.200}"


# Fields whose meaning has changed, or which depend on the time.
CHANGED = (".next_cursor", ".last_seen_at", ".last_used_at", ".position", "thumbnail_url", ".url")
# Images without a known patient used to count as one patient each and are now counted separately.
CHANGED += (".subjects",)


@pytest.mark.parametrize("name", ["ada", "ben", "cyd", "rae", "admin"])
def test_everybody_is_told_what_they_were_told_before(
    upgraded: Site, before: Before, name: str
) -> None:
    client = reader(upgraded, name)
    wrong = []
    assert before.answers[name]
    for path, then in before.answers[name].items():
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        wrong += [
            f"{path}{found}"
            for found in differences(then, answer.json())
            if not any(part in found.split(" ")[0] for part in CHANGED)
        ]
    assert not wrong, "\n".join(wrong)


def test_every_picture_and_mask_can_be_fetched(upgraded: Site, before: Before) -> None:
    client = reader(upgraded, "admin")
    frames = {row["image_id"]: row for row in before.rows["frame"]}
    measured = 0
    for row in before.rows["mask"]:
        size = frames[row["image_id"]]["width"], frames[row["image_id"]]["height"]
        image = f"/images/{row['image_id']}"
        revision = {"revision": row["revision"]}
        paths = [(f"{image}/frame", {}), (f"{image}/mask", revision)]
        if row["result"] is not None:
            measured += 1
            paths.append((f"{image}/overlay", revision))
        for path, query in paths:
            answer = client.get(path, params=query)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert Picture.open(io.BytesIO(answer.content)).size == size
        mask = client.get(f"{image}/mask", params=revision).content
        drawn = np.asarray(Picture.open(io.BytesIO(mask)))
        result = json.loads(row["result"] or "null")
        if result is not None:
            assert drawn.sum() == sum(one["area_px"] for one in result["lesions"])
        assert client.get(f"{image}/thumbnail").status_code == 200
    assert measured > 10


def test_no_row_is_lost_and_no_event_is_changed(upgraded: Site, before: Before) -> None:
    with upgraded.database.read() as session:
        for table, rows in before.rows.items():
            ids = session.scalars(text(f'SELECT count(*) FROM "{table}"')).one()
            known = sum(1 for _ in rows)
            assert ids >= known, table
        images = {image.id: image for image in session.scalars(select(Image))}
        frames = session.scalars(select(Frame)).all()
        assert len(frames) == len(images) == len(before.rows["image"])
        for row in before.rows["image"]:
            (frame,) = (one for one in frames if one.image_id.hex == row["id"])
            for name in ("latest_mask_id", "approved_mask_id"):
                kept = getattr(frame, name)
                assert (kept.hex if kept else None) == row[name]
            study = session.scalar(
                select(Study.pseudonym)
                .join(Series, Series.study_id == Study.id)
                .where(Series.id == images[frame.image_id].series_id)
            )
            assert study == row["study_pseudonym"]
    verified = reader(upgraded, "admin").get("/audit/verify")
    assert verified.status_code == 200, verified.text
    assert verified.json()["ok"] is True


def test_what_was_exported_can_still_be_fetched(upgraded: Site, before: Before) -> None:
    client = reader(upgraded, "admin")
    (export,) = before.rows["export"]
    answer = client.get(f"/exports/{export['id']}/archive")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None


def test_a_job_that_waited_is_done(upgraded: Site, before: Before) -> None:
    (waiting,) = (row for row in before.rows["job"] if row["state"] == "queued")
    work(upgraded)
    with upgraded.database.read() as session:
        job = session.scalars(select(Job).where(Job.id == UUID(waiting["id"]))).one()
        assert job.state == JobState.DONE
        assert job.image_id is not None


def test_work_goes_on_where_it_was(upgraded: Site, before: Before) -> None:
    client = reader(upgraded, "ada")
    (draft,) = before.rows["draft"]
    image = f"/images/{draft['image_id']}"
    kept = client.get(f"{image}/draft").json()
    saved = client.post(
        f"{image}/masks",
        json={
            "parent_revision": kept["parent_revision"],
            "labels": kept["labels"],
            "answer": "lesions",
            "seconds": 30.0,
            "submit": True,
        },
    )
    assert saved.status_code == 201, saved.text
    work(upgraded)
    approved = reader(upgraded, "rae").post(
        f"{image}/reviews", json={"revision": saved.json()["revision"], "verdict": "approved"}
    )
    assert approved.status_code == 201, approved.text
    assert client.get(image).json()["lesion_count"] == 2
