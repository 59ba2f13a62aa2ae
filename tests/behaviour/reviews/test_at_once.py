"""Two people act at the same time, on SQLite and PostgreSQL: one action follows the other, and none
is half done."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from sqlalchemy import func, select

from app.core import audit
from app.images.tables import Image, ImageState
from app.jobs.tables import Job, JobKind
from app.reviews.tables import Reading, Review
from tests.behaviour.reviews.acting import Hand, person
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, frame_of, running_site

ROUNDS = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: str
) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("races")
    changes: dict[str, object] = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        changes["database_url"] = server.new_database()
    with running_site(fresh_settings(folder, valkey, **changes)) as running:
        yield running
        with running.database.read() as session:
            assert audit.verify(session, running.key).ok


@pytest.fixture(scope="module")
def people(site: Site) -> dict[str, Hand]:
    names = {"ada": "annotator", "bea": "annotator", "rob": "reviewer", "sue": "reviewer"}
    return {name: person(site, role) for name, role in names.items()}


def together(*acts: Callable[[], httpx.Response]) -> Sequence[httpx.Response]:
    """Perform all actions at the same time."""
    barrier = Barrier(len(acts))

    def go(act: Callable[[], httpx.Response]) -> httpx.Response:
        barrier.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def image_row(site: Site, image_id: object) -> Image:
    with site.database.read() as session:
        return session.get_one(Image, image_id)


def test_of_two_reviewers_one_decides(site: Site, people: dict[str, Hand]) -> None:
    for _ in range(ROUNDS):
        image = site.add_image(people["ada"].user)
        revision = people["ada"].hand_in(image)
        answers = together(
            lambda i=image, r=revision: people["rob"].approve(i, r),
            lambda i=image, r=revision: people["sue"].approve(i, r),
        )
        assert Counter(one.status_code for one in answers) == {201: 1, 409: 1}
        with site.database.read() as session:
            made = session.scalar(select(func.count()).where(Review.image_id == image))
        assert made == 1
        assert image_row(site, image).state == ImageState.APPROVED


def test_approved_and_returned_at_once_is_one_after_the_other(
    site: Site, people: dict[str, Hand]
) -> None:
    for _ in range(ROUNDS):
        image = site.add_image(people["ada"].user)
        revision = people["ada"].hand_in(image)
        approved, returned = together(
            lambda i=image, r=revision: people["rob"].approve(i, r),
            lambda i=image, r=revision: people["sue"].give_back(i, r),
        )
        # Returned first: nothing can be approved. Approved first: it then leaves the pool.
        assert returned.status_code == 201
        assert approved.status_code in (201, 409)
        row = image_row(site, image)
        assert (row.state, row.approved_at) == (ImageState.RETURNED, None)
        with site.database.read() as session:
            assert frame_of(session, image).approved_mask_id is None


def test_taken_back_or_approved_but_not_both(site: Site, people: dict[str, Hand]) -> None:
    for _ in range(ROUNDS):
        image = site.add_image(people["ada"].user)
        revision = people["ada"].hand_in(image)
        approved, withdrawn = together(
            lambda i=image, r=revision: people["rob"].approve(i, r),
            lambda i=image: people["ada"].withdraw(i),
        )
        assert {approved.status_code, withdrawn.status_code} in ({201, 409}, {409, 204})
        expected = ImageState.APPROVED if approved.status_code == 201 else ImageState.IN_CORRECTION
        assert image_row(site, image).state == expected


def test_a_pair_that_hands_in_at_once_is_compared_once(site: Site, people: dict[str, Hand]) -> None:
    for _ in range(ROUNDS):
        image = site.add_image(people["rob"].user)
        people["rob"].assign(image, people["ada"], people["bea"], blind=True)
        revisions = [people[name].draw(image)["revision"] for name in ("ada", "bea")]
        answers = together(
            lambda i=image, r=revisions[0]: people["ada"].submit(i, r),
            lambda i=image, r=revisions[1]: people["bea"].submit(i, r),
        )
        assert [one.status_code for one in answers] == [200, 200]
        assert image_row(site, image).state == ImageState.SUBMITTED
        with site.database.read() as session:
            query = select(Job).where(Job.image_id == image, Job.kind == JobKind.AGREEMENT)
            jobs = session.scalars(query).all()
        assert [len(job.parameters["masks"]) for job in jobs if job.parameters] == [2]


def test_two_who_assign_the_same_images_wait_for_each_other(
    site: Site, people: dict[str, Hand]
) -> None:
    images = [site.add_image(people["rob"].user) for _ in range(6)]

    def give(by: str, to: str, order: int) -> httpx.Response:
        body = {
            "image_ids": [str(one) for one in images[::order]],
            "reader_ids": [people[to].id],
        }
        return people[by].client.post("/readings", json=body)

    for _ in range(ROUNDS):
        answers = together(
            lambda: give("rob", "ada", 1),
            lambda: give("sue", "bea", -1),
            lambda: people["sue"].client.post("/readings/distribute", json={}),
        )
        assert [one.status_code for one in answers] == [201, 201, 201], [
            one.text for one in answers
        ]
    with site.database.read() as session:
        readings = session.execute(
            select(Reading.image_id, func.count(Reading.reader_id))
            .where(Reading.image_id.in_(images))
            .group_by(Reading.image_id)
        ).all()
    assert len(readings) == len(images)
    assert all(count == 2 for _, count in readings)


def test_the_last_two_readers_hand_in_at_once(site: Site, people: dict[str, Hand]) -> None:
    for _ in range(ROUNDS):
        image = site.add_image(people["rob"].user)
        people["rob"].assign(image, people["ada"], people["bea"])
        first = people["ada"].draw(image)["revision"]
        second = people["bea"].draw(image)["revision"]
        together(
            lambda i=image, r=first: people["ada"].submit(i, r),
            lambda i=image, r=second: people["bea"].submit(i, r),
        )
        assert image_row(site, image).state == ImageState.SUBMITTED, "nobody was overlooked"
