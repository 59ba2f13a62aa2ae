"""A worker that is killed at any instant costs one part of an export, or one label of an import."""

import json
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.accounts.tables import Role
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from app.exports.tables import ExportPart
from app.images.tables import Image
from app.masks.tables import Mask
from tests.behaviour.exports.archives import opened
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.imports.sending import zipped
from tests.faults.conftest import prepare
from tests.processes import Processes, children, wait_until
from tests.processes import opened as processes_of
from tests.running_site import Site
from worker.pipeline import encode_mask_png, encode_png

IMAGES = 90
KILLS = 4


@pytest.fixture
def product(tmp_path: Path) -> Iterator[tuple[Processes, Site]]:
    """Broker and api; exports in parts of 4 kB, so that every two images or so are one."""
    yield from site_of(tmp_path / "data", export_part_bytes="4096")


def site_of(folder: Path, **changes: str) -> Iterator[tuple[Processes, Site]]:
    """Broker and api with these settings; the worker is the test's to start."""
    for processes in processes_of(folder, **changes):
        prepare(processes)
        _, url = processes.start_api()
        settings = processes.settings
        site = Site(
            settings,
            url,
            Database(settings.database),
            open_blobs(settings),
            load_site_key(settings),
        )
        yield processes, site
        site.close()


def killed_often(processes: Processes, count: partial, seed: int) -> None:  # type: ignore[type-arg]
    """Run a worker and kill all of it at random instants, each time after a little was kept."""
    rng = random.Random(seed)
    for _ in range(KILLS):
        before = count()
        worker = processes.start_worker("background")
        while count() <= before:
            assert worker.poll() is None, processes.log("worker")
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05))
        family = children(worker.pid)
        processes.kill(worker)
        for child in family:
            child.kill()
    processes.start_worker("background")


def in_table(site: Site, table: type) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def ended(client: httpx.Client, address: str, state: str) -> dict:
    def reached() -> dict | None:
        found = client.get(address).json()
        assert found["state"] not in ("failed", "cancelled"), found["problem"]
        return found if found["state"] == state else None

    return wait_until(reached, 100, f"for {address}")


def test_an_export_goes_on_behind_the_last_part(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    owner = site.person(Role.ANNOTATOR)
    for seed in range(IMAGES):
        add_pooled(site, owner, speckle(seed), ellipses((20, 20 + seed % 30)))
    first = admin.post("/exports", json={"format": "coco"}).json()
    killed_often(processes, partial(in_table, site, ExportPart), 1)
    done = ended(admin, first["links"]["self"], "done")
    archive = admin.get(done["links"]["archive"]).content
    assert in_table(site, ExportPart) > 5 * KILLS

    undisturbed = admin.post("/exports", json={"format": "coco"}).json()
    undisturbed = ended(admin, undisturbed["links"]["self"], "done")
    one, other = opened(archive), opened(admin.get(undisturbed["links"]["archive"]).content)
    assert one.namelist() == other.namelist()
    assert {n for n in one.namelist() if one.read(n) != other.read(n)} <= {"manifest.json"}
    assert json.loads(one.read("manifest.json"))["counts"]["images"] == IMAGES
    assert len(archive) == done["size_bytes"]


def test_an_import_stores_each_label_once(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    files = {}
    for seed in range(IMAGES):
        files[f"images/{seed}.png"] = encode_png(speckle(seed))
        files[f"masks/{seed}.png"] = encode_mask_png(ellipses((20, 20 + seed % 30)) > 0)
    sent = admin.post("/imports", files={"file": ("labels.zip", zipped(files))}).json()
    worker = processes.start_worker("background")
    checked = ended(admin, sent["links"]["self"], "checked")
    assert checked["checked"]["new_images"] == IMAGES
    for child in [*children(worker.pid), worker]:
        child.kill()
    worker.wait()
    assert admin.post(checked["links"]["apply"], json={}).status_code == 202
    killed_often(processes, partial(in_table, site, Mask), 2)
    done = ended(admin, sent["links"]["self"], "applied")
    assert (done["applied"]["new_images"], done["applied"]["unchanged"]) == (IMAGES, 0)
    assert in_table(site, Mask) == in_table(site, Image) == IMAGES
    processes.run("sweep", "--older-than", "0")
    named = {str(key.key).split("/")[1] for key in site.blobs.list("images/")}
    assert len(named) == IMAGES


def test_a_running_export_that_is_cancelled_stops(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    for seed in range(IMAGES):
        add_pooled(site, site.person(Role.ANNOTATOR), speckle(seed), ellipses((20, 20)))
    export = admin.post("/exports", json={"format": "png"}).json()
    processes.start_worker("background")
    wait_until(lambda: in_table(site, ExportPart) > 1, what="for the first parts")
    cancelled = admin.post(f"{export['links']['self']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    time.sleep(1)
    assert in_table(site, ExportPart) == 0
    assert admin.get(export["links"]["self"]).json()["state"] == "cancelled"
    assert admin.delete(export["links"]["self"]).status_code == 204
    assert not list(site.blobs.list("exports/"))
    assert "Traceback" not in processes.log("worker")


def test_a_running_export_that_is_deleted_stops(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    for seed in range(IMAGES):
        add_pooled(site, site.person(Role.ANNOTATOR), speckle(seed), ellipses((20, 20)))
    export = admin.post("/exports", json={"format": "png"}).json()
    processes.start_worker("background")
    wait_until(lambda: in_table(site, ExportPart) > 1, what="for the first parts")
    assert admin.delete(export["links"]["self"]).status_code == 204
    job = admin.get("/exports").json()["items"]
    assert job == []
    time.sleep(1)
    processes.run("sweep", "--older-than", "0")
    assert not list(site.blobs.list("exports/"))
    assert "Traceback" not in processes.log("worker")
