"""Images that may show a name are exported only if someone checked or takes responsibility."""

import json
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.core.settings import Settings
from app.exports.tables import ExportItem
from tests.behaviour.exports.archives import exported, opened, work
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.running_site import Site, running_site


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser("admin")


def fill(site: Site) -> list[UUID]:
    """Store three images, one of which seems to contain text; return their ids."""
    owner = site.person("annotator")
    images = [add_pooled(site, owner, speckle(seed), ellipses((20, 30))) for seed in range(3)]
    site.add_suspected(images[1], (4, 5, 6, 7))
    return images


def test_they_are_counted_and_left_out(site: Site, admin: httpx.Client) -> None:
    fill(site)
    preview = admin.post("/exports/preview", json={"format": "png"}).json()
    counts = preview["counts"]
    assert (counts["images"], counts["suspected_text"], counts["text_unknown"]) == (2, 1, 0)
    assert preview["may_include_suspected_text"]
    manifest = json.loads(opened(exported(site, admin)).read("manifest.json"))
    assert manifest["counts"]["images"] == 2
    assert manifest["counts"]["left_out"]["suspected_text"] == 1
    assert manifest["suspected_text"] == {"images": 0, "signed_off": False}
    assert manifest["not_searched_for_text"] == 0


def test_an_admin_who_includes_them_is_recorded(site: Site, admin: httpx.Client) -> None:
    fill(site)
    order = {"format": "png", "suspected_text": "include"}
    counts = admin.post("/exports/preview", json=order).json()["counts"]
    assert (counts["images"], counts["suspected_text"]) == (3, 0)
    assert counts["suspected_text_included"] == 1
    made = admin.post("/exports", json=order).json()
    work(site, made["links"]["job"])
    done = admin.get(made["links"]["self"]).json()
    archive = opened(admin.get(done["links"]["archive"]).content)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["counts"]["images"] == 3
    assert manifest["suspected_text"] == {"images": 1, "signed_off": True}
    assert str(site.person("admin").id) not in archive.read("manifest.json").decode()
    with site.database.read() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "export.created")
        ).one()
    assert event.actor_id == site.person("admin").id
    assert event.detail["suspected_text_included"] == 1


def test_what_was_signed_off_is_exported(site: Site, admin: httpx.Client) -> None:
    images = fill(site)
    area = admin.get(f"/images/{images[1]}").json()["text"]["suspected"][0]["id"]
    address = f"/images/{images[1]}/suspected-text/{area}"
    kept = admin.put(address, json={"judgement": "kept"}).json()
    assert kept["judgement"] == "kept"
    assert kept["judged_by"]["id"] == str(site.person("admin").id)
    counts = admin.post("/exports/preview", json={"format": "png"}).json()["counts"]
    assert (counts["images"], counts["suspected_text"]) == (3, 0)
    assert admin.get("/images", params={"text": "suspected"}).json()["total"] == 0

    assert admin.put(address, json={"judgement": None}).json()["judged_by"] is None
    counts = admin.post("/exports/preview", json={"format": "png"}).json()["counts"]
    assert (counts["images"], counts["suspected_text"]) == (2, 1)
    with site.database.read() as session:
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == str(images[1]))
        ).all()
    assert actions == ["text.kept", "text.reopened"]


def test_of_the_same_pixels_the_cleared_image_is_exported(site: Site, admin: httpx.Client) -> None:
    first, second = site.person("annotator"), site.add_person()
    cleared = add_pooled(site, first, speckle(1), ellipses((20, 30)))
    doubtful = add_pooled(site, second, speckle(1), ellipses((24, 30)))
    site.add_suspected(doubtful, (4, 5, 6, 7))
    counts = admin.post("/exports/preview", json={"format": "png"}).json()["counts"]
    assert (counts["images"], counts["duplicates"], counts["suspected_text"]) == (1, 1, 0)
    made = admin.post("/exports", json={"format": "png"}).json()
    with site.database.read() as session:
        items = session.scalars(
            select(ExportItem.image_id).where(ExportItem.export_id == UUID(made["id"]))
        ).all()
    assert items == [cleared]


def test_where_only_they_match_the_answer_says_what_to_do(site: Site, admin: httpx.Client) -> None:
    image = add_pooled(site, site.person("annotator"), speckle(1), ellipses((20, 30)))
    site.add_suspected(image, (4, 5, 6, 7))
    refused = admin.post("/exports", json={"format": "png"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "nothing-to-export"
    assert "looks like text" in refused.json()["detail"]


def test_a_site_can_refuse_to_let_them_out(settings: Settings) -> None:
    strict = settings.model_copy(update={"export_suspected_text": "refuse"})
    with running_site(strict) as site:
        admin = site.browser("admin")
        fill(site)
        order = {"format": "png", "suspected_text": "include"}
        for path in ("/exports", "/exports/preview"):
            refused = admin.post(path, json=order)
            assert refused.status_code == 422
            assert refused.json()["code"] == "suspected-text-refused"
        preview = admin.post("/exports/preview", json={"format": "png"}).json()
        assert not preview["may_include_suspected_text"]
        assert preview["counts"]["suspected_text"] == 1
        assert admin.post("/exports", json={"format": "png"}).json()["counts"]["images"] == 2
