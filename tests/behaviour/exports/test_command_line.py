"""`sonoloop export` and `sonoloop import` on a site whose worker runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.core.settings import Settings, get_settings
from app.exports.cli import export
from app.imports.cli import import_labels
from app.jobs.tables import Job, JobState
from tests.behaviour.exports.archives import opened, work
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.conftest import SITE_KEY
from tests.running_site import Site
from worker.pipeline import encode_mask_png, encode_png


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the environment so that commands use the fixtures' site."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SONOLOOP_SITE_KEY", SITE_KEY)
    monkeypatch.setenv("SONOLOOP_REDIS_URL", settings.redis_url)


@contextmanager
def a_worker(site: Site) -> Iterator[None]:
    """Run all queued jobs in this process."""
    stop = threading.Event()

    def go() -> None:
        while not stop.wait(0.05):
            with site.database.read() as session:
                waiting = session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)).all()
            for job_id in waiting:
                work(site, str(job_id))

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(site: Site, command: object, *arguments: str) -> Result:
    get_settings.cache_clear()
    with a_worker(site):
        result = CliRunner().invoke(command, list(arguments))  # type: ignore[arg-type]
    get_settings.cache_clear()
    return result


def test_the_pool_becomes_a_file_and_leaves_nothing_on_the_site(site: Site, tmp_path: Path) -> None:
    admin = site.person("admin")
    add_pooled(site, admin, speckle(1), ellipses((20, 20)))
    result = run(site, export, "--format", "png", "--out", "pool.zip")
    assert result.exit_code == 0, result.output
    assert "1 images" in result.stdout
    archive = opened((tmp_path / "pool.zip").read_bytes())
    assert json.loads(archive.read("manifest.json"))["counts"]["images"] == 1
    assert not list(site.blobs.list("exports/"))
    again = run(site, export, "--format", "png", "--out", "pool.zip")
    assert again.exit_code == 1
    assert "there already" in again.output


def test_what_looks_like_text_is_left_out_unless_asked_for(site: Site) -> None:
    admin = site.person("admin")
    for seed in range(2):
        image = add_pooled(site, admin, speckle(seed), ellipses((20, 20)))
    site.add_suspected(image)
    result = run(site, export, "--format", "png", "--out", "without.zip")
    assert result.exit_code == 0, result.output
    assert "1 images" in result.stdout
    assert "Left out: 1 images" in result.stdout
    result = run(
        *(site, export, "--format", "png", "--out", "with.zip", "--suspected-text", "include")
    )
    assert "2 images" in result.stdout
    assert "Included as you said: 1 images" in result.stdout


def test_an_empty_pool_is_said_so(site: Site) -> None:
    site.person("admin")
    result = run(site, export, "--format", "coco", "--out", "pool.zip")
    assert result.exit_code == 1
    assert "No mask matches" in result.output
    assert not Path("pool.zip").exists()


def test_a_folder_is_checked_then_stored(site: Site, tmp_path: Path) -> None:
    client = site.browser("admin")
    for seed in range(3):
        for folder, data in (
            ("images", encode_png(speckle(seed))),
            ("masks", encode_mask_png(ellipses((20, 20 + seed)) > 0)),
        ):
            path = tmp_path / "set" / folder / f"{seed}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    checked = run(site, import_labels, "set")
    assert checked.exit_code == 0, checked.output
    assert "3 new images" in checked.stdout
    assert client.get("/images").json()["items"] == []
    (tmp_path / "set" / "images" / "alone.png").write_bytes(encode_png(speckle(9)))
    stored = run(site, import_labels, "set", "--apply", "--approved")
    assert stored.exit_code == 1, "one file cannot be used"
    assert "alone.png" in stored.stdout
    assert "Stored: 3 images" in stored.stdout
    assert {image["state"] for image in client.get("/images").json()["items"]} == {"approved"}
    assert not list(site.blobs.list("imports/"))
