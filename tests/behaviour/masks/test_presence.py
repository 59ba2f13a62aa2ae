"""The people who have an image open: renewed, forgotten, shown immediately."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from app.core.ids import now
from app.corrections import presence
from app.masks.tables import Presence
from app.reviews.visibility import PRESENT_FOR
from tests.behaviour.masks.sending import listening, save
from tests.running_site import Site


@pytest.fixture
def image_id(shared_site: Site) -> UUID:
    return shared_site.add_image(shared_site.person("annotator"))


@pytest.fixture
def one(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


@pytest.fixture
def other(shared_site: Site) -> httpx.Client:
    return shared_site.browser("reviewer")


def put(client: httpx.Client, image_id: UUID, editing: bool) -> list[dict[str, object]]:
    answer = client.put(f"/images/{image_id}/presence", json={"editing": editing})
    assert answer.status_code == 200, answer.text
    people: list[dict[str, object]] = answer.json()["people"]
    return people


def age(site: Site, image_id: UUID) -> None:
    """Expire everyone's last renewal."""
    with site.database.write() as session:
        old = now() - PRESENT_FOR - timedelta(seconds=1)
        session.execute(update(Presence).where(Presence.image_id == image_id).values(seen_at=old))


def test_each_sees_the_others_and_what_they_do(
    shared_site: Site, image_id: UUID, one: httpx.Client, other: httpx.Client
) -> None:
    assert put(one, image_id, True) == []
    (seen,) = put(other, image_id, False)
    me = shared_site.person("annotator")
    assert (seen["id"], seen["name"], seen["editing"]) == (str(me.id), me.name, True)
    put(one, image_id, False)
    (again,) = other.get(f"/images/{image_id}").json()["people"]
    assert again == {**seen, "editing": False}, "since when stays the same"
    assert one.delete(f"/images/{image_id}/presence").status_code == 204
    assert put(other, image_id, False) == []


def test_who_does_not_renew_is_forgotten_and_swept(
    shared_site: Site, image_id: UUID, one: httpx.Client, other: httpx.Client
) -> None:
    put(one, image_id, True)
    (before,) = put(other, image_id, True)
    age(shared_site, image_id)
    assert other.get(f"/images/{image_id}").json()["people"] == []
    put(one, image_id, True)
    (after,) = put(other, image_id, True)
    assert str(after["since"]) > str(before["since"]), "who comes back begins anew"
    age(shared_site, image_id)
    with shared_site.database.write() as session:
        presence.sweep(session)
        left = select(func.count()).where(Presence.image_id == image_id)
        assert session.scalar(left) == 0


def test_those_present_are_told_of_coming_editing_and_leaving_but_not_of_renewals(
    image_id: UUID, one: httpx.Client, other: httpx.Client
) -> None:
    put(one, image_id, False)
    with listening(one) as browser:
        put(other, image_id, False)
        browser.hears("presence", lambda data: len(data["people"]) == 1)
        for _ in range(5):
            put(other, image_id, False)
        put(other, image_id, True)
        told = browser.hears("presence", lambda data: data["people"][0]["editing"] is True)
        assert told["image_id"] == str(image_id)
        other.delete(f"/images/{image_id}/presence")
        browser.hears("presence", lambda data: data["people"] == [])
        assert len([name for name, _ in browser.heard if name == "presence"]) == 3


def test_who_is_present_hears_of_a_new_revision_though_neither_owner_nor_reader(
    shared_site: Site, image_id: UUID, one: httpx.Client
) -> None:
    visitor = shared_site.add_person("reviewer")
    client = shared_site.browser(visitor)
    with listening(client) as browser:
        put(client, image_id, False)
        save(one, image_id, 1)
        told = browser.hears("image", lambda data: data["change"] == "mask")
        author = shared_site.person("annotator")
        assert told["id"] == str(image_id)
        assert told["by"] == {"id": str(author.id), "name": author.name}
        assert told["revision"] == 2


def test_a_deleted_image_is_news_to_those_who_have_it_open(
    image_id: UUID, one: httpx.Client, other: httpx.Client
) -> None:
    put(other, image_id, False)
    with listening(other) as browser:
        assert one.delete(f"/images/{image_id}").status_code == 204
        browser.hears("image", lambda data: data["change"] == "deleted")
    assert other.put(f"/images/{image_id}/presence", json={"editing": True}).status_code == 404
