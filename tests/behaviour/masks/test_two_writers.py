"""Two people, or two tabs, write at the same time, on SQLite and PostgreSQL."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from app.core import audit
from app.core.blobs import FolderBlobs
from app.images.tables import Image
from app.masks.tables import Draft, Mask
from app.reviews.tables import Reading
from tests.behaviour.masks.sending import assign, autosave, revisions, save, square
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, running_site


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: str
) -> Iterator[Site]:
    """A running site on either database."""
    folder: Path = tmp_path_factory.mktemp("writers")
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    with running_site(fresh_settings(folder, valkey, database_url=url)) as running:
        yield running


@pytest.fixture
def image_id(site: Site) -> UUID:
    return site.add_image(site.person("annotator"))


def at_once(sends: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Send all requests at the same time."""
    barrier = Barrier(len(sends))

    def go(send: Callable[[], httpx.Response]) -> httpx.Response:
        barrier.wait(60)
        return send()

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(go, sends))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def assert_whole(site: Site, image_id: UUID) -> None:
    """Check that each row has its pixels and each blob its row, and that the audit log verifies."""
    assert isinstance(site.blobs, FolderBlobs)
    blobs = {blob.key.split("/")[-1] for blob in site.blobs.list(f"images/{image_id}/masks/")}
    with site.database.read() as session:
        masks = session.scalars(select(Mask.id).where(Mask.image_id == image_id)).all()
        assert audit.verify(session, site.key).ok
    assert blobs == {f"{mask}.png" for mask in masks}


def test_of_many_who_save_upon_one_revision_the_first_wins_and_all_others_are_told(
    site: Site, image_id: UUID
) -> None:
    clients = [site.browser(site.add_person("reviewer")) for _ in range(6)]
    sends = [
        lambda client=client, left=left: save(client, image_id, 1, square(left))  # type: ignore[misc]
        for left, client in enumerate(clients)
    ]
    answers = at_once(sends)
    assert statuses(answers) == {201: 1, 409: 5}
    (won,) = [answer.json() for answer in answers if answer.status_code == 201]
    for lost in (answer.json() for answer in answers if answer.status_code == 409):
        assert lost["code"] == "stale-revision"
        assert lost["newest"]["id"] == won["id"]
    assert revisions(clients[0], image_id) == [2, 1]
    assert_whole(site, image_id)


def test_people_who_take_turns_lose_nothing(site: Site, image_id: UUID) -> None:
    """Each person saves ten revisions, based on the newest one reported by each refusal."""
    clients = [site.browser(site.add_person("reviewer")) for _ in range(4)]

    def draw(client: httpx.Client) -> list[str]:
        parent, kept = 1, []
        while len(kept) < 10:
            answer = save(client, image_id, parent, square(parent % 20))
            if answer.status_code == 201:
                kept.append(answer.json()["id"])
                parent = answer.json()["revision"]
            else:
                assert answer.json()["code"] == "stale-revision", answer.text
                parent = answer.json()["newest"]["revision"]
        return kept

    with ThreadPoolExecutor(len(clients)) as pool:
        kept = [mask for masks in pool.map(draw, clients) for mask in masks]
    with site.database.read() as session:
        rows = session.scalars(
            select(Mask).where(Mask.image_id == image_id).order_by(Mask.revision)
        ).all()
    assert [row.revision for row in rows] == list(range(1, 42))
    assert {str(row.id) for row in rows[1:]} == set(kept)
    assert all(row.parent_id == before.id for before, row in pairwise(rows))
    assert_whole(site, image_id)


def test_one_key_sent_twice_at_once_makes_one_revision(site: Site, image_id: UUID) -> None:
    client, key = site.browser("annotator"), str(uuid4())
    answers = at_once([lambda: save(client, image_id, 1, key=key)] * 4)
    assert statuses(answers) == {201: 4}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert_whole(site, image_id)


def test_first_drafts_of_two_tabs_at_once_leave_one_and_tell_the_other(
    site: Site, image_id: UUID
) -> None:
    client = site.browser("annotator")
    answers = at_once(
        [lambda left=left: autosave(client, image_id, 0, square(left)) for left in range(4)]  # type: ignore[misc]
    )
    assert statuses(answers) == {200: 1, 409: 3}
    kept = client.get(f"/images/{image_id}/draft").json()
    for lost in (answer.json() for answer in answers if answer.status_code == 409):
        assert lost["draft"] == kept
    with site.database.read() as session:
        count = select(func.count()).select_from(Reading).where(Reading.image_id == image_id)
        assert session.scalar(count) == 1


def test_two_tabs_that_follow_the_same_version_do_not_overwrite_each_other(
    site: Site, image_id: UUID
) -> None:
    client = site.browser("annotator")
    autosave(client, image_id, 0)
    answers = at_once(
        [lambda left=left: autosave(client, image_id, 1, square(left)) for left in range(4)]  # type: ignore[misc]
    )
    assert statuses(answers) == {200: 1, 409: 3}


def test_a_late_autosave_and_the_save_leave_no_draft_of_what_was_saved(
    site: Site, image_id: UUID
) -> None:
    client = site.browser("annotator")
    autosave(client, image_id, 0)
    answers = at_once([lambda: save(client, image_id, 1), lambda: autosave(client, image_id, 1)])
    assert answers[0].status_code == 201
    with site.database.read() as session:
        left = session.scalar(select(func.count()).where(Draft.image_id == image_id))
    assert left == 0


def test_blind_readers_who_save_at_once_both_keep_theirs(site: Site) -> None:
    image_id = site.add_image(site.person("admin"))
    people = [site.add_person("annotator") for _ in range(2)]
    assign(site, image_id, *people, blind=True)
    clients = [site.browser(person) for person in people]
    answers = at_once([lambda c=client: save(c, image_id, 1) for client in clients])  # type: ignore[misc]
    assert statuses(answers) == {201: 2}
    assert {answer.json()["revision"] for answer in answers} == {2, 3}


def test_an_image_deleted_while_somebody_saves_leaves_nothing(site: Site, image_id: UUID) -> None:
    owner, other = site.browser("annotator"), site.browser("reviewer")
    saved, deleted = at_once(
        [lambda: save(other, image_id, 1), lambda: owner.delete(f"/images/{image_id}")]
    )
    with site.database.read() as session:
        there = session.get(Image, image_id) is not None
    if there:  # the revision came first, so the owner may not delete the image any more
        assert (saved.status_code, deleted.status_code) == (201, 403)
    else:
        assert (saved.status_code, deleted.status_code) == (404, 204)
        assert isinstance(site.blobs, FolderBlobs)
        assert not list(site.blobs.list(f"images/{image_id}"))
