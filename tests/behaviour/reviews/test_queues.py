"""The worklist's order and queues; the counts match the lists."""

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.tables import User
from app.core.database import WriteSession
from app.core.ids import now
from app.images.tables import Frame, Image, ImageState
from app.masks.tables import Draft
from app.reviews.records import update_state
from app.reviews.tables import Reading, ReadingState
from tests.behaviour.reviews.acting import Hand
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, running_site

QUEUES = {
    "to-correct": "to_correct",
    "returned": "returned",
    "submitted-by-me": "submitted_by_me",
    "to-review": "to_review",
    "to-adjudicate": "to_adjudicate",
    "overdue": "overdue",
    "drafts": "drafts",
    "unassigned": "unassigned",
}
IMAGES = 60


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: str
) -> Iterator[Site]:
    """A site with people working on images of all kinds, the same on either database."""
    folder: Path = tmp_path_factory.mktemp("queues")
    changes: dict[str, object] = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        changes["database_url"] = server.new_database()
    with running_site(fresh_settings(folder, valkey, **changes)) as site:
        populate(site)
        yield site


PEOPLE: dict[str, list[User]] = {}


def populate(site: Site) -> None:
    """Store images with random scores, readings, drafts and due dates, from a fixed seed."""
    chance = random.Random(7)
    people = [site.add_person() for _ in range(3)] + [site.add_person("reviewer")]
    PEOPLE[site.url] = people
    for number in range(IMAGES):
        image_id = site.add_image(chance.choice(people))
        with site.database.write() as session:
            image = session.get_one(Image, image_id)
            image.double_reading = chance.random() < 0.3
            image.uncertainty_score = chance.choice([None, 0.25, 0.5, chance.random()])
            image.disagreement = chance.choice([None, None, 0.5, chance.random()])
        for reader in chance.sample(people, chance.randrange(4)):
            submitted = chance.random() < 0.5
            reading_id = site.add_reading(image_id, reader, submitted=submitted)
            with site.database.write() as session:
                reading = session.get_one(Reading, reading_id)
                reading.blind = session.get_one(Image, image_id).double_reading
                if chance.random() < 0.6:
                    reading.assigned_by_id = people[-1].id
                if chance.random() < 0.5:
                    days = timedelta(days=chance.randint(-5, 5), minutes=number)
                    reading.due_at = now() + days
                if submitted and chance.random() < 0.3:
                    reading.state = ReadingState.RETURNED
                if not submitted and chance.random() < 0.4:
                    add_draft(session, image_id, reader)
        with site.database.write() as session:
            image = session.get_one(Image, image_id)
            returned = select(Reading.id).where(
                Reading.image_id == image_id, Reading.state == ReadingState.RETURNED
            )
            image.state = (
                ImageState.RETURNED if session.scalars(returned).first() else ImageState.PREDICTED
            )
            update_state(session, image)


def add_draft(session: WriteSession, image_id: UUID, reader: User) -> None:
    frame = session.scalars(select(Frame).where(Frame.image_id == image_id)).one()
    labels = {"runs": [0, 32 * 24], "names": {}}
    session.add(
        Draft(
            frame_id=frame.id,
            image_id=image_id,
            user_id=reader.id,
            version=1,
            labels=labels,
        )
    )


def hands(site: Site) -> list[Hand]:
    return [Hand(user, site.browser(user)) for user in PEOPLE[site.url]]


def pages(hand: Hand, limit: int, **query: str) -> list[dict]:
    """Return all rows of a list, fetched page by page."""
    found: list[dict] = []
    cursor = None
    for _ in range(IMAGES + 1):
        params = {**query, "limit": limit, **({"cursor": cursor} if cursor else {})}
        answer = hand.client.get("/images", params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


def test_every_queue_lists_what_it_counts(world: Site) -> None:
    somewhere = dict.fromkeys(QUEUES, 0)
    for hand in hands(world):
        counts = hand.counts()
        for queue, count in QUEUES.items():
            answer = hand.client.get("/images", params={"queue": queue, "limit": 200}).json()
            assert len(answer["items"]) == answer["total"] == counts[count], queue
            somewhere[queue] += counts[count]
    assert all(somewhere.values()), f"an empty queue shows nothing: {somewhere}"


def test_queues_hold_what_they_are_for(world: Site) -> None:
    with world.database.read() as session:
        images = {one.id: one for one in session.scalars(select(Image))}
        readings = session.scalars(select(Reading)).all()
        drafts = {(one.image_id, one.user_id) for one in session.scalars(select(Draft))}
    *annotators, reviewer = hands(world)
    for hand in (*annotators, reviewer):
        me = hand.user.id
        mine = {one.image_id: one for one in readings if one.reader_id == me}
        opened = {i for i, one in mine.items() if one.state == ReadingState.OPEN}
        own = {
            i
            for i, one in images.items()
            if one.owner_id == me and one.readers_wanted and i not in mine
        }
        assert hand.queue("to-correct") == opened | own
        assert hand.queue("returned") == {
            i for i, one in mine.items() if one.state == ReadingState.RETURNED
        }
        assert hand.queue("drafts") == {i for i, user in drafts if user == me}
        assert hand.queue("overdue") == {
            i
            for i, one in mine.items()
            if one.state in (ReadingState.OPEN, ReadingState.RETURNED)
            and one.due_at
            and one.due_at < now()
        }
    for hand in annotators:
        for queue in ("to-review", "to-adjudicate", "unassigned"):
            assert hand.queue(queue) == set(), "reviewers' queues"
    waiting = {
        one.image_id
        for one in readings
        if images[one.image_id].state == ImageState.SUBMITTED
        and one.reader_id != reviewer.user.id
        and one.state == ReadingState.SUBMITTED
    }
    double = {i for i in waiting if images[i].double_reading}
    assert reviewer.queue("to-review") == waiting - double
    assert reviewer.queue("to-adjudicate") == double
    assert reviewer.queue("unassigned") == {i for i, one in images.items() if one.readers_wanted}


def test_an_annotator_lists_what_they_own_or_read(world: Site) -> None:
    with world.database.read() as session:
        images = session.scalars(select(Image)).all()
        readings = session.execute(select(Reading.image_id, Reading.reader_id)).all()
    for hand in hands(world)[:-1]:
        own = {one.id for one in images if one.owner_id == hand.user.id}
        read = {one.image_id for one in readings if one.reader_id == hand.user.id}
        assert {UUID(one["id"]) for one in pages(hand, 200)} == own | read
        mine = pages(hand, 200, owner="me")
        assert {UUID(one["id"]) for one in mine} == own
        assert {UUID(one["id"]) for one in pages(hand, 200, reader=hand.id)} == read
    first, second = hands(world)[:2]
    assert pages(first, 200, reader=second.id) == [], "others' readings are not theirs to list"
    reviewer = hands(world)[-1]
    read = {one.image_id for one in readings if one.reader_id == first.user.id}
    assert {UUID(one["id"]) for one in pages(reviewer, 200, reader=first.id)} == read


def by_priority(image: Image) -> tuple:
    return (
        -(-1.0 if image.uncertainty_score is None else image.uncertainty_score),
        -(-1.0 if image.disagreement is None else image.disagreement),
        image.id,
    )


@pytest.mark.parametrize("limit", [1, 7, 200])
@pytest.mark.parametrize("query", [{}, {"queue": "to-correct"}, {"state": "submitted"}])
def test_priority_is_uncertainty_then_disagreement_then_age(
    world: Site, limit: int, query: dict[str, str]
) -> None:
    with world.database.read() as session:
        images = {one.id: one for one in session.scalars(select(Image))}
    for hand in (hands(world)[0], hands(world)[-1]):
        listed = [UUID(one["id"]) for one in pages(hand, limit, **query)]
        assert len(set(listed)) == len(listed)
        assert listed == sorted(listed, key=lambda one: by_priority(images[one]))
        whole = {UUID(one["id"]) for one in pages(hand, 200, **query, sort="oldest")}
        assert set(listed) == whole, "nothing is left out for want of a score"


def test_due_dates_order_what_is_to_be_handed_in(world: Site) -> None:
    for hand in hands(world)[:-1]:
        rows = pages(hand, 3, sort="due")
        dates = [one["due_at"] for one in rows]
        assert all(dates)
        assert dates == sorted(dates)
        with world.database.read() as session:
            waiting = session.scalars(
                select(Reading.image_id).where(
                    Reading.reader_id == hand.user.id,
                    Reading.due_at.is_not(None),
                    Reading.state.in_([ReadingState.OPEN, ReadingState.RETURNED]),
                )
            )
            assert {UUID(one["id"]) for one in rows} == set(waiting)


def test_rows_say_who_reads_and_what_is_unsaved(world: Site) -> None:
    reviewer = hands(world)[-1]
    with world.database.read() as session:
        readings = session.scalars(select(Reading)).all()
        drafts = set(
            session.scalars(select(Draft.image_id).where(Draft.user_id == reviewer.user.id))
        )
    by_image = {
        image_id: {(str(one.reader_id), one.state) for one in group}
        for image_id, group in itertools.groupby(
            sorted(readings, key=lambda one: one.image_id), key=lambda one: one.image_id
        )
    }
    blind = {one.image_id for one in readings if one.blind and one.state == ReadingState.OPEN} & {
        one.image_id for one in readings if one.blind and one.reader_id == reviewer.user.id
    }
    for row in pages(reviewer, 50):
        image_id = UUID(row["id"])
        shown = {(one["id"], one["state"]) for one in row["readers"]}
        if image_id in blind:
            assert {one[0] for one in shown} == {reviewer.id}
        else:
            assert shown == by_image.get(image_id, set())
        assert row["has_draft"] == (image_id in drafts)


def test_who_is_changing_an_image_is_shown_to_others(world: Site) -> None:
    first, *_, reviewer = hands(world)
    image_id = world.add_image(first.user)
    first.client.put(f"/images/{image_id}/presence", json={"editing": True})
    found = reviewer.client.get("/images", params={"q": str(image_id)}).json()["items"][0]
    assert found["editing"] == [first.user.name]
    found = first.client.get("/images", params={"q": str(image_id)}).json()["items"][0]
    assert found["editing"] == []


@pytest.mark.parametrize("sort", ["priority", "newest", "oldest", "uncertain", "due"])
def test_a_cursor_of_another_order_is_refused(world: Site, sort: str) -> None:
    reviewer = hands(world)[-1]
    for other in ("priority", "newest", "due"):
        answer = reviewer.client.get("/images", params={"sort": other, "limit": 1}).json()
        query = {"sort": sort, "cursor": answer["next_cursor"]}
        status = reviewer.client.get("/images", params=query).status_code
        assert status == (200 if sort == other else 422)
