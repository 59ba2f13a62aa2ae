"""A worker killed at any moment loses one part of an export, or one label of an import."""

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.accounts.tables import Role
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from app.exports.tables import ExportPart, export_prefix
from app.images.tables import Image
from app.masks.tables import Mask
from tests.behaviour.exports.archives import opened
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.imports.sending import zipped
from tests.faults.conftest import prepare
from tests.processes import Processes, wait_until
from tests.processes import opened as processes_of
from tests.running_site import Site
from worker.pipeline import encode_mask_png, encode_png

IMAGES = 90
KILLS = 3


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, Site]]:
    """Broker, API and a pool; exports have parts of 4 kB, about two images each."""
    folder = tmp_path_factory.mktemp("killed") / "data"
    for processes, site in site_of(folder, export_part_bytes="4096"):
        owner = site.person(Role.ANNOTATOR)
        for seed in range(IMAGES):
            add_pooled(site, owner, speckle(seed), ellipses((20, 20 + seed % 30)))
        yield processes, site


def site_of(folder: Path, **changes: str) -> Iterator[tuple[Processes, Site]]:
    """Yield broker and API with these settings; the test starts and kills the worker."""
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


def killed_often(
    processes: Processes,
    worker: subprocess.Popen[bytes],
    count: Callable[[], int],
    done: Callable[[], bool],
    seed: int,
) -> subprocess.Popen[bytes]:
    """Kill a worker and its children at random moments, each time after some progress was stored,
    and start another, up to `KILLS` times.

    Returns:
        The worker that continues with the rest.
    """
    rng = random.Random(seed)
    before = 0
    for _ in range(KILLS):
        while count() <= before:
            assert worker.poll() is None, processes.log("worker")
            if done():
                return worker
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05))
        processes.kill_all_of(worker)
        before = count()
        worker = processes.start_worker("background")
    return worker


def in_table(site: Site, table: type) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def parts(site: Site, export: dict[str, Any]) -> int:
    query = select(func.count()).where(ExportPart.export_id == UUID(export["id"]))
    with site.database.read() as session:
        return session.scalar(query) or 0


def ended(client: httpx.Client, address: str, state: str) -> dict:
    def reached() -> dict | None:
        found = client.get(address).json()
        assert found["state"] not in ("failed", "cancelled"), found["problem"]
        return found if found["state"] == state else None

    return wait_until(reached, what=f"for {address}")


def test_an_export_goes_on_behind_the_last_part(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    worker = processes.start_worker("background")
    first = admin.post("/exports", json={"format": "coco"}).json()
    worker = killed_often(
        processes,
        worker,
        partial(in_table, site, ExportPart),
        lambda: admin.get(first["links"]["self"]).json()["state"] == "done",
        1,
    )
    done = ended(admin, first["links"]["self"], "done")
    archive = admin.get(done["links"]["archive"]).content
    assert in_table(site, ExportPart) > 5 * KILLS

    undisturbed = admin.post("/exports", json={"format": "coco"}).json()
    undisturbed = ended(admin, undisturbed["links"]["self"], "done")
    processes.kill_all_of(worker)
    one, other = opened(archive), opened(admin.get(undisturbed["links"]["archive"]).content)
    assert one.namelist() == other.namelist()
    assert {n for n in one.namelist() if one.read(n) != other.read(n)} <= {"manifest.json"}
    assert json.loads(one.read("manifest.json"))["counts"]["images"] == IMAGES
    assert len(archive) == done["size_bytes"]
    for export in (done, undisturbed):
        assert admin.delete(export["links"]["self"]).status_code == 204


def test_a_running_export_that_is_cancelled_or_deleted_stops(
    product: tuple[Processes, Site],
) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    logged = len(processes.log("worker"))
    export = admin.post("/exports", json={"format": "png"}).json()
    worker = processes.start_worker("background")
    wait_until(lambda: parts(site, export) > 1, what="for the first parts")
    cancelled = admin.post(f"{export['links']['self']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    wait_until(lambda: parts(site, export) == 0, what="for the parts to go")
    assert admin.get(export["links"]["self"]).json()["state"] == "cancelled"
    assert admin.delete(export["links"]["self"]).status_code == 204

    export = admin.post("/exports", json={"format": "png"}).json()
    wait_until(lambda: parts(site, export) > 1, what="for the first parts")
    assert admin.delete(export["links"]["self"]).status_code == 204
    assert admin.get(export["links"]["self"]).status_code == 404
    other = admin.post("/exports", json={"format": "coco"}).json()
    ended(admin, other["links"]["self"], "done")  # so the worker has stopped the deleted one
    assert admin.delete(other["links"]["self"]).status_code == 204
    assert "Traceback" not in processes.log("worker")[logged:]
    processes.kill_all_of(worker)
    processes.sweep()
    assert not list(site.blobs.list(export_prefix(UUID(export["id"]))))
    assert parts(site, export) == 0


def test_an_import_stores_each_label_once(product: tuple[Processes, Site]) -> None:
    processes, site = product
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    before = in_table(site, Mask), in_table(site, Image)
    files = {}
    for seed in range(IMAGES):
        files[f"images/{seed}.png"] = encode_png(speckle(1000 + seed))
        files[f"masks/{seed}.png"] = encode_mask_png(ellipses((20, 20 + seed % 30)) > 0)
    sent = admin.post("/imports", files={"file": ("labels.zip", zipped(files))}).json()
    worker = processes.start_worker("background")
    checked = ended(admin, sent["links"]["self"], "checked")
    assert checked["checked"]["new_images"] == IMAGES
    assert admin.post(checked["links"]["apply"], json={}).status_code == 202
    worker = killed_often(
        processes,
        worker,
        lambda: in_table(site, Mask) - before[0],
        lambda: admin.get(sent["links"]["self"]).json()["state"] == "applied",
        2,
    )
    done = ended(admin, sent["links"]["self"], "applied")
    assert (done["applied"]["new_images"], done["applied"]["unchanged"]) == (IMAGES, 0)
    after = in_table(site, Mask), in_table(site, Image)
    assert after == (before[0] + IMAGES, before[1] + IMAGES)
    processes.kill_all_of(worker)
    processes.run("sweep", "--older-than", "0")
    named = {str(key.key).split("/")[1] for key in site.blobs.list("images/")}
    assert len(named) == after[1]
