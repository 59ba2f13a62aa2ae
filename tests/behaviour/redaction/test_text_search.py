"""Pictures stored before the text search existed are searched, and exports wait for that."""

from functools import partial
from uuid import UUID

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from app.core.audit import AuditEvent
from app.core.settings import get_settings
from app.images.tables import Frame
from app.jobs.tables import Job, JobKind, JobState
from app.redaction.cli import search_text
from app.redaction.tables import Judgement, SuspectedText
from models.synthetic import random_scan
from models.synthetic.screens import DEVELOPMENT, Hand
from tests.behaviour.exports.rows import add_pooled, ellipses
from tests.behaviour.redaction.conftest import Product
from tests.processes import children, wait_until

SEED = 3


def stored(product: Product, *, text: bool, seed: int = SEED) -> UUID:
    """Store an approved image as an earlier version did, with or without text over its echoes, and
    return its id."""
    layout = "over-text"
    pixels = DEVELOPMENT[layout](Hand(seed, layout)).pixels if text else None
    if pixels is None:
        pixels = random_scan("thyroid", seed).pixels
    image_id = add_pooled(
        product.site, product.user, pixels, ellipses((150, 200), shape=pixels.shape[:2])
    )
    with product.site.database.write() as session:
        session.execute(update(Frame).where(Frame.image_id == image_id).values(blanked=None))
    return image_id


def search(product: Product) -> dict:
    answer = product.admin.get("/text-search")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(product: Product) -> dict:
    """Wait until the search has ended and return it."""

    def over() -> dict | None:
        found = search(product)
        return found if found["job"]["state"] in ("done", "failed", "cancelled") else None

    return wait_until(over, what="for the search to end")


def export(product: Product, **order: str) -> httpx.Response:
    return product.admin.post("/exports", json={"format": "png", **order})


@pytest.fixture
def product(workerless: Product) -> Product:
    return workerless


def test_what_looks_like_text_is_marked_and_the_export_waits_until_then(product: Product) -> None:
    written, plain = stored(product, text=True), stored(product, text=False)
    before = product.pixels(written)
    refused = export(product)
    assert (refused.status_code, refused.json()["code"]) == (422, "text-not-searched")
    assert "In 2 of the images" in refused.json()["detail"]
    counts = product.admin.post("/exports/preview", json={"format": "png"}).json()["counts"]
    assert (counts["images"], counts["text_unknown"]) == (0, 2)
    assert search(product) == {
        "unsearched": 2,
        "job": None,
        "black_out": False,
        "counts": {"total": 0, "searched": 0, "marked": 0, "blacked_out": 0},
    }
    asked = product.admin.post("/text-search", json={})
    assert asked.status_code == 202, asked.text
    again = product.admin.post("/text-search", json={})
    assert again.json()["job"]["id"] == asked.json()["job"]["id"], "one search at a time"
    product.processes.start_worker("background")
    done = ended(product)
    assert done["job"]["state"] == "done"
    assert done["counts"] == {"total": 2, "searched": 2, "marked": 1, "blacked_out": 0}
    assert done["unsearched"] == 0
    image = product.image(written)
    assert image["text"]["suspected"] and image["suspected_text"] > 0
    assert {area["judgement"] for area in image["text"]["suspected"]} == {None}
    assert product.image(plain)["text"]["suspected"] == []
    assert np.array_equal(product.pixels(written), before), "marked, not changed"
    made = export(product)
    assert made.status_code == 201
    assert (made.json()["counts"]["images"], made.json()["counts"]["suspected_text"]) == (1, 1)
    nothing = product.admin.post("/text-search", json={})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "all-searched")


def test_who_includes_pictures_that_nobody_searched_answers_for_it(product: Product) -> None:
    stored(product, text=False)
    made = export(product, suspected_text="include")
    assert made.status_code == 201
    assert made.json()["counts"]["text_unknown"] == 1
    with product.site.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "export.created")
        assert session.scalars(query).one().detail["text_unknown"] == 1


def test_what_surely_is_text_is_blacked_out_where_that_was_asked_for(product: Product) -> None:
    written = stored(product, text=True)
    before = product.pixels(written)
    assert product.admin.post("/text-search", json={"black_out": True}).status_code == 202
    product.processes.start_worker("background")
    assert ended(product)["counts"]["blacked_out"] == 1
    after = product.pixels(written)
    with product.site.database.read() as session:
        areas = session.scalars(
            select(SuspectedText).where(SuspectedText.image_id == written)
        ).all()
        events = session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == str(written))
        ).all()
    black = [area for area in areas if area.judgement == Judgement.BLACKED_OUT]
    assert black and all(area.judged_by_id == product.user.id for area in black)
    inside = np.zeros(before.shape[:2], bool)
    for area in black:
        inside[area.top : area.top + area.height, area.left : area.left + area.width] = True
    assert not after[inside].any() and before[inside].any()
    assert np.array_equal(after[~inside], before[~inside])
    assert events == ["image.redacted"]
    (redaction,) = product.image(written)["text"]["redactions"]
    assert redaction["applied_at"] is not None
    assert redaction["author"]["id"] == str(product.user.id)


def test_a_search_that_is_cancelled_or_killed_keeps_what_it_found(product: Product) -> None:
    for seed in range(8):
        stored(product, text=True, seed=seed)
    assert product.admin.post("/text-search", json={}).status_code == 202
    worker = product.processes.start_worker("background")
    wait_until(lambda: search(product)["counts"]["searched"] > 0, what="for the first image")
    for child in children(worker.pid):
        child.kill()
    wait_until(lambda: search(product)["counts"]["searched"] > 1, what="for another try")
    cancelled = product.admin.delete("/text-search")
    assert cancelled.status_code == 200
    found = ended(product)
    assert found["counts"]["total"] == 8
    with product.site.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.TEXT_SEARCH)).one()
        images = session.scalars(select(SuspectedText.image_id).distinct()).all()
        searched = session.scalars(select(Frame.image_id).where(Frame.blanked.is_not(None))).all()
    assert job.state in (JobState.CANCELLED, JobState.DONE)
    assert len(searched) == found["counts"]["searched"] == 8 - found["unsearched"]
    assert set(images) <= set(searched)
    if found["unsearched"]:  # the next search covers the rest
        assert product.admin.delete("/text-search").status_code == 409
        assert product.admin.post("/text-search", json={}).status_code == 202
        assert ended(product)["unsearched"] == 0


def test_the_command_orders_a_search_and_says_how_it_went(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(product, text=True)
    settings = product.processes.settings
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SONOLOOP_DATABASE_URL", settings.database)
    monkeypatch.setenv("SONOLOOP_REDIS_URL", settings.redis_url)
    run = partial(CliRunner().invoke, search_text)
    get_settings.cache_clear()
    try:
        assert "1 images are not searched" in run(["--status"]).stdout
        product.processes.start_worker("background")
        result = run([])
        assert result.exit_code == 0, result.output
        assert "1 of 1 images searched, text suspected in 1" in result.stdout
        assert run([]).exit_code == 1
    finally:
        get_settings.cache_clear()
