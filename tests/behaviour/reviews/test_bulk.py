"""One action on many images: done in one request and undone as one, without touching images that
it must not touch."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import exists, select

from app.bulk import service, trash
from app.bulk.tables import BulkAct, BulkActImage
from app.core.ids import now
from app.core.state import State
from app.images.tables import Image
from app.projects.tables import TRASH
from tests.behaviour.reviews.acting import Hand, person
from tests.running_site import Site


@pytest.fixture
def admin(shared_site: Site) -> Hand:
    return person(shared_site, "admin")


@pytest.fixture
def reader(shared_site: Site) -> Hand:
    return person(shared_site)


def act(hand: Hand, kind: str, *ids: UUID, **more: Any) -> dict[str, Any]:
    body = {"act": kind, **({"image_ids": [str(one) for one in ids]} if ids else {}), **more}
    answer = hand.client.post("/bulk-acts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def undo(hand: Hand, done: dict[str, Any]) -> httpx.Response:
    return hand.client.delete(f"/bulk-acts/{done['id']}")


def owned(site: Site, reader: Hand, number: int) -> list[UUID]:
    return [site.add_image(reader.user) for _ in range(number)]


def test_what_waits_is_approved_at_once_and_taken_back_at_once(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    images = owned(shared_site, reader, 3)
    for one in images[:2]:
        reader.hand_in(one)
    mine = shared_site.add_image(admin.user)
    admin.hand_in(mine)
    done = act(admin, "approve", *images, mine)
    assert done["images"] == 2
    reasons = {one["code"]: one["images"] for one in done["skipped"]}
    assert reasons == {"not-submitted": 1, "own-reading": 1}
    assert admin.queue("approved") >= set(images[:2])
    reader.hand_in(images[2])
    back = undo(admin, done).json()
    assert back == {"images": 2, "skipped": []}
    assert {admin.details(one)["state"] for one in images} == {"submitted"}
    assert undo(admin, done).json()["images"] == 0, "there is nothing left to undo"


def test_an_assignment_is_undone_but_for_those_who_have_begun(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    begun, other = (shared_site.add_image(admin.user) for _ in range(2))
    done = act(admin, "assign", begun, other, assign={"reader_ids": [reader.id], "blind": False})
    assert reader.queue("to-correct") == {begun, other}
    reader.draw(begun)
    assert undo(admin, done).json() == {
        "images": 1,
        "skipped": [{"code": "too-late", "images": 1}],
    }
    assert reader.queue("to-correct") == {begun}


def test_the_archive_is_out_of_lists_and_queues_and_wants_no_reader(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    image, handed_in = owned(shared_site, reader, 2)
    reader.hand_in(handed_in)
    before = admin.counts()
    done = act(admin, "archive", image, handed_in)
    after = admin.counts()
    change = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    assert change == {"archived": 2, "to_review": -1, "unassigned": -1}
    assert not admin.queue("to-review") & {handed_in}
    assert not reader.queue("to-correct") & {image}
    assert admin.queue("archived") >= {image, handed_in}
    assert reader.queue("archived") == {image, handed_in}, "its own, and nobody else's"
    assert admin.details(image)["archived_at"] is not None, "it can still be opened"
    assert undo(admin, done).json()["images"] == 2
    assert admin.counts() == before


def test_a_deleted_image_is_nowhere_until_it_is_brought_back(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    image, other = owned(shared_site, reader, 2)
    reader.hand_in(image)
    done = act(admin, "delete", image)
    assert (done["images"], done["kept_until"] is not None) == (1, True)
    for hand in (admin, reader):
        for path in ("", "/thumbnail", "/mask"):
            assert hand.client.get(f"/images/{image}{path}").status_code == 404
        listed = hand.client.get("/images", params={"limit": 200}).json()["items"]
        assert str(image) not in {one["id"] for one in listed}
    assert image not in admin.queue("to-review")
    assert all(
        one["name"] != "(deleted images)" for one in admin.client.get("/projects").json()["items"]
    )
    assert undo(admin, done).json() == {"images": 1, "skipped": []}
    assert admin.details(image)["state"] == "submitted"
    reviewer = person(shared_site, "reviewer")
    refused = act(reviewer, "delete", other)
    assert refused["skipped"] == [{"code": "not-owner", "images": 1}]


def test_an_annotator_deletes_what_is_their_own_and_brings_it_back(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    mine, read = shared_site.add_image(reader.user), shared_site.add_image(admin.user)
    act(admin, "assign", read, assign={"reader_ids": [reader.id], "blind": False})
    done = act(reader, "delete", mine, read)
    assert (done["images"], done["skipped"]) == (1, [{"code": "not-owner", "images": 1}])
    listed = reader.client.get("/deleted-images").json()["items"]
    assert [one["id"] for one in listed] == [done["id"]]
    assert undo(person(shared_site), done).status_code == 404
    assert undo(reader, done).json() == {"images": 1, "skipped": []}
    assert reader.details(mine)["state"] == "predicted"


def test_an_annotator_does_nothing_else_to_many_images_nor_to_those_of_others(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    mine, unseen = shared_site.add_image(reader.user), shared_site.add_image(admin.user)

    def status(kind: str, image: UUID) -> int:
        body = {"act": kind, "image_ids": [str(image)]}
        return reader.client.post("/bulk-acts", json=body).status_code

    assert [status(kind, mine) for kind in ("approve", "archive", "unarchive")] == [403] * 3
    assert status("delete", unseen) == 404
    assert admin.details(unseen)["id"] == str(unseen)


def test_what_was_deleted_is_erased_when_its_time_is_over(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    kept, old = owned(shared_site, reader, 2)
    done = act(admin, "delete", old)
    act(admin, "delete", kept)
    with shared_site.database.write() as session:
        late = session.get_one(BulkAct, UUID(done["id"]))
        late.created_at = now() - timedelta(days=shared_site.settings.deleted_images_days, hours=1)
    state = State.open(shared_site.settings)
    try:
        assert trash.purge(state) == 1
        assert not list(state.blobs.list(f"images/{old}/"))
    finally:
        state.close()
    with shared_site.database.read() as session:
        assert session.get(Image, old) is None
        assert session.get(Image, kept) is not None
        assert session.get(BulkAct, UUID(done["id"])) is None


def test_what_an_undone_deletion_still_holds_is_erased_when_its_time_is_over(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    """The picture was uploaded again, so the deleted image cannot be restored; it must not stay."""
    gone, abandoned = owned(shared_site, reader, 2)
    done, other = act(admin, "delete", gone), act(admin, "delete", abandoned)
    again = shared_site.add_image(reader.user)
    long_ago = now() - timedelta(days=shared_site.settings.deleted_images_days, hours=1)
    with shared_site.database.write() as session:
        image = session.get_one(Image, gone)
        session.get_one(Image, again).pixel_sha256 = image.pixel_sha256
    assert undo(admin, done).json() == {
        "images": 0,
        "skipped": [{"code": "uploaded-again", "images": 1}],
    }
    with shared_site.database.write() as session:
        session.get_one(BulkAct, UUID(done["id"])).created_at = now() - timedelta(days=2)
        session.get_one(Image, abandoned).created_at = long_ago
        session.delete(session.get_one(BulkAct, UUID(other["id"])))
    state = State.open(shared_site.settings)
    try:
        assert trash.purge(state) == 1, "the one that no deletion holds any more"
        with shared_site.database.write() as session:
            assert session.get(Image, abandoned) is None
            session.get_one(BulkAct, UUID(done["id"])).created_at = long_ago
        assert trash.purge(state) == 1
    finally:
        state.close()
    with shared_site.database.read() as session:
        assert session.get(Image, gone) is None
        assert session.get(Image, again) is not None


def test_a_deletion_that_is_undone_while_it_runs_deletes_no_more(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    images = owned(shared_site, reader, 4 * service.SLICE)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(act, admin, "delete", *images)
        query = select(BulkAct.id).order_by(BulkAct.id.desc()).limit(1)
        begun = None
        while begun is None and not running.done():
            with shared_site.database.read() as session:
                held = exists().where(
                    BulkActImage.bulk_act_id == BulkAct.id, BulkActImage.image_id.in_(images)
                )
                begun = session.scalar(query.where(held))
        begun = begun or UUID(running.result()["id"])
        undone = undo(admin, {"id": str(begun)}).json()
        running.result()
    assert undone["skipped"] == []
    with shared_site.database.read() as session:
        deleted = select(Image.id).where(Image.id.in_(images), Image.project_id == TRASH)
        assert session.scalars(deleted).all() == []


def test_all_that_match_are_meant_but_those_left_out(
    shared_site: Site, admin: Hand, reader: Hand
) -> None:
    images = owned(shared_site, reader, 3)
    for one in images:
        reader.hand_in(one)
    project = shared_site.add_project()
    elsewhere = shared_site.add_image(reader.user, project)
    asked = {"queue": "to-review", "created_from": "2020-01-01T00:00:00Z"}
    done = act(admin, "archive", matching=asked, leave_out=[str(images[0])])
    assert admin.queue("archived") >= set(images[1:])
    assert images[0] not in admin.queue("archived")
    with shared_site.database.read() as session:
        assert session.get_one(Image, elsewhere).archived_at is None
    assert undo(admin, done).json()["images"] == done["images"]


def test_the_same_key_does_it_once(shared_site: Site, admin: Hand, reader: Hand) -> None:
    (image,) = owned(shared_site, reader, 1)
    body = {"act": "archive", "image_ids": [str(image)]}
    answers = [
        admin.client.post("/bulk-acts", json=body, headers={"Idempotency-Key": "once"}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


def test_an_admin_brings_back_what_others_deleted_and_erases_it_before_its_time(
    shared_site: Site, admin: Hand
) -> None:
    reviewer, colleague = (person(shared_site, "reviewer") for _ in range(2))
    back, gone = owned(shared_site, reviewer, 2)
    with shared_site.database.write() as session:
        session.get_one(Image, gone).stored_bytes = 12_345
    first, second = act(reviewer, "delete", back), act(reviewer, "delete", gone)

    def listed(hand: Hand) -> dict[str, Any]:
        items = hand.client.get("/deleted-images").json()["items"]
        return {one["id"]: one for one in items if one["id"] in (first["id"], second["id"])}

    assert not listed(colleague)
    assert listed(reviewer) == listed(admin)
    shown = listed(admin)[second["id"]]
    assert (shown["images"], shown["bytes"]) == (1, 12_345)
    assert shown["kept_until"] == second["kept_until"]
    freed = admin.client.get("/storage").json()["projects"][0]
    assert (freed["deleted_images"] >= 2, freed["deleted_bytes"] >= 12_345) == (True, True)

    assert undo(colleague, first).status_code == 403
    assert undo(admin, first).json() == {"images": 1, "skipped": []}
    assert reviewer.details(back)["id"] == str(back)
    erasure = f"/bulk-acts/{second['id']}/erasure"
    assert reviewer.client.post(erasure).status_code == 403
    assert admin.client.post(erasure).json() == {"images": 1}
    assert not listed(admin)
    with shared_site.database.read() as session:
        assert session.get(Image, gone) is None
