"""Drafts: one per person, never seen by others, never overwritten unnoticed."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.core.audit import AuditEvent
from app.images.tables import Image
from app.reviews.tables import Reading
from tests.behaviour.masks.sending import assign, autosave, save, square
from tests.running_site import Site


@pytest.fixture
def client(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


@pytest.fixture
def image_id(shared_site: Site) -> UUID:
    return shared_site.add_image(shared_site.person("annotator"))


def test_each_write_follows_the_one_before(client: httpx.Client, image_id: UUID) -> None:
    assert client.get(f"/images/{image_id}/draft").json() is None
    first = autosave(client, image_id, 0).json()
    assert (first["version"], first["state_changed"]) == (1, True)
    second = autosave(
        client, image_id, 1, square(9), answer="lesions", seconds=8.5, parent_revision=None
    ).json()
    assert (second["version"], second["state_changed"]) == (2, False)
    draft = client.get(f"/images/{image_id}/draft").json()
    assert draft == {
        "version": 2,
        "updated_at": second["updated_at"],
        "parent_revision": None,
        "labels": square(9),
        "answer": "lesions",
        "answer_reason": None,
        "seconds": 8.5,
    }
    details = client.get(f"/images/{image_id}").json()
    assert details["draft"] == {"version": 2, "updated_at": second["updated_at"]}
    assert details["state"] == "in-correction"


def test_another_tab_is_noticed_and_may_be_overwritten_on_purpose(
    client: httpx.Client, image_id: UUID
) -> None:
    autosave(client, image_id, 0, square(2))
    autosave(client, image_id, 1, square(3))
    for version in (0, 1, 3):
        refused = autosave(client, image_id, version, square(20))
        assert refused.status_code == 409
        assert refused.json()["code"] == "draft-changed"
        assert refused.json()["draft"] == client.get(f"/images/{image_id}/draft").json()
        assert refused.json()["draft"]["labels"] == square(3)
    forced = autosave(client, image_id, 0, square(20), force=True)
    assert forced.json()["version"] == 3
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == square(20)
    assert autosave(client, image_id, 3, square(21)).json()["version"] == 4


def test_a_late_autosave_does_not_bring_a_saved_draft_back(
    client: httpx.Client, image_id: UUID
) -> None:
    autosave(client, image_id, 0)
    assert save(client, image_id, 1).status_code == 201
    late = autosave(client, image_id, 1)
    assert (late.status_code, late.json()["code"], late.json()["draft"]) == (
        409,
        "draft-changed",
        None,
    )
    assert client.get(f"/images/{image_id}/draft").json() is None
    forced = autosave(client, image_id, 1, force=True, parent_revision=2)
    assert forced.json()["version"] == 1


def test_a_draft_is_its_authors_alone(shared_site: Site, client: httpx.Client) -> None:
    image_id = shared_site.add_image(shared_site.person("annotator"))
    admin = shared_site.browser("admin")
    autosave(client, image_id, 0, square(2))
    assert admin.get(f"/images/{image_id}/draft").json() is None
    assert admin.get(f"/images/{image_id}").json()["draft"] is None
    assert autosave(admin, image_id, 0, square(9)).status_code == 200
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == square(2)
    assert admin.delete(f"/images/{image_id}/draft").status_code == 204
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == square(2)


def test_thrown_away_the_image_is_as_before(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    autosave(client, image_id, 0)
    for _ in range(2):
        assert client.delete(f"/images/{image_id}/draft").status_code == 204
    assert client.get(f"/images/{image_id}/draft").json() is None
    assert client.get(f"/images/{image_id}").json()["state"] == "predicted"
    with shared_site.database.read() as session:
        readings = select(func.count()).where(Reading.image_id == image_id)
        assert session.scalar(readings) == 0


def test_thrown_away_an_assigned_reading_stays(shared_site: Site) -> None:
    image_id = shared_site.add_image(shared_site.person("admin"))
    reader = shared_site.add_person("annotator")
    assign(shared_site, image_id, reader)
    with shared_site.database.write() as session:
        reading = session.scalars(select(Reading).where(Reading.image_id == image_id)).one()
        reading.assigned_by_id = shared_site.person("admin").id
    client = shared_site.browser(reader)
    assert autosave(client, image_id, 0).status_code == 200
    assert client.delete(f"/images/{image_id}/draft").status_code == 204
    assert client.get(f"/images/{image_id}").json()["reading"]["state"] == "open"


def test_only_the_first_write_is_in_the_audit_log(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    for version in range(5):
        autosave(client, image_id, version)
    with shared_site.database.read() as session:
        events = session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == str(image_id))
        ).all()
    assert events == ["draft.begun"]


def test_an_approved_image_takes_no_new_draft_but_keeps_one_that_was_begun(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    reviewer = shared_site.browser("reviewer")
    autosave(reviewer, image_id, 0, square(2))
    assert save(client, image_id, 1, submit=True).status_code == 201
    verdict = {"revision": 2, "verdict": "approved"}
    approved = shared_site.browser("admin").post(f"/images/{image_id}/reviews", json=verdict)
    assert approved.status_code == 201, approved.text
    refused = autosave(client, image_id, 0)
    assert (refused.status_code, refused.json()["code"]) == (409, "approved")
    assert autosave(reviewer, image_id, 1, square(3)).status_code == 200, "work goes on being kept"
    with shared_site.database.read() as session:
        assert session.get_one(Image, image_id).state == "approved"
