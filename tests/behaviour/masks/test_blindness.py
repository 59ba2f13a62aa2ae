"""Two blind readers see nothing of each other until both have submitted; others see everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.accounts.tables import User
from app.reviews.tables import Reading, ReadingState
from tests.behaviour.masks.sending import assign, autosave, listening, revisions, save, square
from tests.running_site import Site


@dataclass
class Pair:
    """An image that two people read blind, and a third person owns."""

    site: Site
    image_id: UUID
    first: User
    second: User
    one: httpx.Client
    other: httpx.Client
    owner: httpx.Client
    reviewer: httpx.Client

    def submitted(self, *who: User) -> None:
        """Mark these readings as submitted."""
        with self.site.database.write() as session:
            for reading in session.scalars(
                select(Reading).where(Reading.image_id == self.image_id)
            ):
                if reading.reader_id in {user.id for user in who}:
                    reading.state = ReadingState.SUBMITTED


@pytest.fixture(params=["annotator", "reviewer", "admin"])
def pair(request: pytest.FixtureRequest, shared_site: Site) -> Iterator[Pair]:
    """Blind readers of each role: a reviewer's or admin's role does not end the blindness."""
    site = shared_site
    owner = site.add_person("annotator")
    first, second = site.add_person(request.param), site.add_person(request.param)
    image_id = site.add_image(owner)
    assign(site, image_id, first, second, blind=True)
    clients = [site.browser(who) for who in (first, second, owner, "reviewer")]
    yield Pair(site, image_id, first, second, *clients)


def test_neither_sees_the_others_revisions_by_any_address(pair: Pair) -> None:
    assert save(pair.one, pair.image_id, 1, square(2)).json()["revision"] == 2
    address = f"/images/{pair.image_id}"
    assert revisions(pair.one, pair.image_id) == [2, 1]
    assert revisions(pair.other, pair.image_id) == [1]
    for what in ("mask", "overlay"):
        query = {"revision": 2}
        assert pair.other.get(f"{address}/{what}", params=query).status_code == 404
        newest = pair.other.get(f"{address}/{what}")
        first = pair.other.get(f"{address}/{what}", params={"revision": 1})
        assert newest.content == first.content, "the newest is the newest that may be seen"
    assert pair.one.get(f"{address}/masks/2").status_code == 200
    for hidden in ("masks/2", "masks/2/labels"):
        assert pair.other.get(f"{address}/{hidden}").status_code == 404
    restored = pair.other.post(f"{address}/masks/2/restore", json={"parent_revision": 1})
    assert restored.status_code == 404
    details = pair.other.get(address).json()
    assert [reading["reader"]["id"] for reading in details["readings"]] == [str(pair.second.id)]
    assert details["reading"]["reader"]["id"] == str(pair.second.id)
    assert str(pair.first.id) not in str(details)


def test_neither_is_stale_by_the_others_work(pair: Pair) -> None:
    assert save(pair.one, pair.image_id, 1, square(2)).status_code == 201
    assert save(pair.one, pair.image_id, 2, square(3)).status_code == 201
    mine = save(pair.other, pair.image_id, 1, square(20))
    assert mine.status_code == 201
    assert mine.json()["revision"] == 4
    stale = save(pair.other, pair.image_id, 1, square(21))
    assert stale.json()["newest"]["revision"] == 4
    hidden = save(pair.other, pair.image_id, 3, square(21))
    assert hidden.json()["code"] == "unknown-parent", "as if it were not there"
    assert autosave(pair.other, pair.image_id, 0, parent_revision=3).status_code == 422


def test_a_reviewer_and_the_owner_see_all(pair: Pair) -> None:
    save(pair.one, pair.image_id, 1, square(2))
    save(pair.other, pair.image_id, 1, square(20))
    for client in (pair.reviewer, pair.owner):
        assert revisions(client, pair.image_id) == [3, 2, 1]
        assert client.get(f"/images/{pair.image_id}/masks/3/labels").status_code == 200
        assert len(client.get(f"/images/{pair.image_id}").json()["readings"]) == 2


def test_one_who_has_handed_in_still_waits_for_the_other(pair: Pair) -> None:
    save(pair.one, pair.image_id, 1, square(2))
    save(pair.other, pair.image_id, 1, square(20))
    pair.submitted(pair.first)
    assert revisions(pair.one, pair.image_id) == [2, 1]
    assert revisions(pair.other, pair.image_id) == [3, 1]
    pair.submitted(pair.first, pair.second)
    assert revisions(pair.one, pair.image_id) == [3, 2, 1]
    assert revisions(pair.other, pair.image_id) == [3, 2, 1]


def test_after_that_each_goes_on_in_a_line_of_their_own(pair: Pair) -> None:
    save(pair.one, pair.image_id, 1, square(2))
    save(pair.other, pair.image_id, 1, square(20))
    pair.submitted(pair.first, pair.second)
    with pair.site.database.write() as session:  # a reviewer returns the first one's
        reading = session.scalars(
            select(Reading).where(
                Reading.image_id == pair.image_id, Reading.reader_id == pair.first.id
            )
        ).one()
        reading.state = ReadingState.RETURNED
    saved = save(pair.one, pair.image_id, 2, square(3))
    assert saved.status_code == 201, saved.text
    assert saved.json()["parent_revision"] == 2


def test_others_share_a_line_from_which_blind_readings_are_left_out(pair: Pair) -> None:
    save(pair.one, pair.image_id, 1, square(2))
    owners = save(pair.owner, pair.image_id, 1, square(10))
    assert owners.status_code == 201, owners.text
    # A reviewer's own answer may start from either reader's, but must not miss the owner's.
    assert save(pair.reviewer, pair.image_id, 2, square(2)).json()["newest"]["revision"] == 3
    assert save(pair.reviewer, pair.image_id, 3, square(2)).status_code == 201


def test_presence_of_the_other_is_hidden_both_ways(pair: Pair) -> None:
    address = f"/images/{pair.image_id}/presence"
    for client in (pair.one, pair.other, pair.owner):
        assert client.put(address, json={"editing": True}).status_code == 200
    assert pair.one.put(address, json={"editing": True}).json()["people"] == []
    assert pair.other.get(f"/images/{pair.image_id}").json()["people"] == []
    seen = pair.reviewer.put(address, json={"editing": False}).json()["people"]
    assert len(seen) == 3
    pair.submitted(pair.first, pair.second)
    seen = pair.one.put(address, json={"editing": True}).json()["people"]
    assert str(pair.second.id) in {person["id"] for person in seen}


def test_events_of_the_others_work_are_not_sent(pair: Pair) -> None:
    with listening(pair.one) as one, listening(pair.other) as other:
        with listening(pair.reviewer) as reviewer:
            present = f"/images/{pair.image_id}/presence"
            pair.reviewer.put(present, json={"editing": False})
            pair.one.put(present, json={"editing": True})
            autosave(pair.one, pair.image_id, 0)
            save(pair.one, pair.image_id, 1, square(2))
            one.hears("image", lambda data: data["change"] == "mask")
            heard = reviewer.hears("image", lambda data: data["change"] == "mask")
            assert heard["by"]["id"] == str(pair.first.id)
            assert heard["revision"] == 2
        # A later event arrives, so the earlier one was not sent.
        save(pair.other, pair.image_id, 1, square(20))
        other.hears("image", lambda data: data["change"] == "mask" and data["revision"] == 3)
        about = [data for name, data in other.heard if name in ("image", "presence")]
        assert str(pair.first.id) not in str(about)
        assert not [data for data in about if data.get("revision") == 2]
