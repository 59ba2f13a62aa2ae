"""Two readers set scales at the same time on PostgreSQL, where writers do not automatically wait
for each other."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text, update

from app.core.state import State
from app.images.tables import Image
from app.masks.tables import Mask
from app.usage.counting import count_images
from tests.behaviour.dicom.test_calibration import image_with_lesion, new_series, regions, shown
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.processes import wait_until
from tests.running_site import Site, running_site


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, valkey: str, postgres: Postgres
) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("at-once")
    settings = fresh_settings(folder, valkey, database_url=postgres.new_database())
    with running_site(settings) as running:
        yield running


def at_once(site: Site, asked: list[tuple[UUID, dict[str, Any]]]) -> list[httpx.Response]:
    """Send each request as a different reader, all at the same time."""
    clients = [site.browser(site.add_person("reviewer")) for _ in asked]
    barrier = Barrier(len(asked))

    def put(client: httpx.Client, image_id: UUID, body: dict[str, Any]) -> httpx.Response:
        client.get("/healthz")
        barrier.wait(60)
        return client.put(f"/images/{image_id}/calibration", json=body)

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(lambda one: put(one[0], *one[1]), zip(clients, asked, strict=True)))


def test_of_two_who_saw_no_scale_one_is_told_of_the_others(site: Site) -> None:
    client = site.browser("annotator")
    image_id = image_with_lesion(site)
    seen = regions(client, image_id)
    asked = [(image_id, {"px": 50, "mm": mm, "seen": seen}) for mm in (5, 10, 20)]
    answers = at_once(site, asked)
    assert Counter(one.status_code for one in answers) == {200: 1, 409: 2}
    (kept,) = [one.json()["mm_per_px"] for one in answers if one.is_success]
    assert shown(client, image_id)["frame"]["spacing_mm"]["row"] == kept


def test_each_from_another_image_of_one_series_neither_waits_for_ever(site: Site) -> None:
    image_with_lesion(site)  # the series belongs to its project
    series = new_series(site)
    images = [image_with_lesion(site, series=series) for _ in range(6)]
    for mm in (10, 20):
        asked = [(one, {"px": 50, "mm": mm, "series": True}) for one in images]
        answers = at_once(site, asked)
        assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
        with site.database.read() as session:
            query = select(Mask.result).where(Mask.image_id.in_(images))
            lengths = {one["lesions"][0]["long_axis_mm"] for one in session.scalars(query) if one}
        assert lengths == {mm / 5}


def waiting(site: Site) -> int:
    """Return the number of database sessions waiting for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with site.database.read() as session:
        return int(session.execute(query).scalar_one())


def test_who_counts_bytes_holds_no_later_image_while_an_earlier_one_is_held(site: Site) -> None:
    images = [image_with_lesion(site) for _ in range(3)]
    state = State.open(site.settings)
    with ThreadPoolExecutor(1) as pool:
        while True:
            with site.database.write() as session:
                for one in reversed(images):  # so that the table has them in reverse order
                    session.execute(update(Image).where(Image.id == one).values(stored_bytes=None))
            with site.database.write() as reader:
                first = reader.get_one(Image, images[0], with_for_update=True)
                if first.stored_bytes is not None:  # the sweeper was first
                    continue
                counting = pool.submit(count_images, state)
                wait_until(lambda: waiting(site), what="for the counting to wait")
                later = select(Image).where(Image.id.in_(images[1:]))
                held = reader.scalars(later.with_for_update(skip_locked=True)).all()
                assert {one.id for one in held} == set(images[1:])
                break
        counting.result(60)
    state.close()
