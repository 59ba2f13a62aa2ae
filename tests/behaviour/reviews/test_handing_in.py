"""From the drawing to the pool: submitting, withdrawing, approving, returning."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.images.tables import Image, ImageState
from app.pool.records import split_of
from app.reviews.tables import Reading, ReadingState
from tests.behaviour.masks.sending import autosave, save, square
from tests.behaviour.reviews.acting import Hand, person
from tests.conftest import fresh_settings
from tests.running_site import Site, frame_of, running_site


@pytest.fixture
def reader(shared_site: Site) -> Hand:
    return person(shared_site)


@pytest.fixture
def reviewer(shared_site: Site) -> Hand:
    return person(shared_site, "reviewer")


@pytest.fixture
def image(shared_site: Site, reader: Hand) -> UUID:
    return shared_site.add_image(reader.user)


def row(site: Site, image_id: UUID) -> Image:
    with site.database.read() as session:
        return session.get_one(Image, image_id)


def approved(site: Site, image_id: UUID) -> UUID | None:
    with site.database.read() as session:
        return frame_of(session, image_id).approved_mask_id


def test_an_approved_revision_is_in_the_pool_with_its_split(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    assert reader.details(image)["state"] == "predicted"
    drawn = reader.draw(image)
    assert reader.details(image)["state"] == "in-correction"
    handed_in = reader.submit(image, drawn["revision"])
    assert handed_in.status_code == 200
    assert handed_in.json()["state"] == "submitted"
    assert handed_in.json()["submitted_revision"] == drawn["revision"]
    assert reader.details(image)["state"] == "submitted"
    review = reviewer.approve(image, drawn["revision"])
    assert review.status_code == 201, review.text
    assert review.json()["reviewer"]["id"] == reviewer.id
    details = reader.details(image)
    assert (details["state"], details["approved_revision"]) == ("approved", drawn["revision"])
    assert details["reading"]["state"] == "approved"
    assert [one["verdict"] for one in details["reviews"]] == ["approved"]
    stored = row(shared_site, image)
    assert approved(shared_site, image) == UUID(drawn["id"])
    assert stored.split == split_of(stored.pixel_sha256)
    with shared_site.database.read() as session:
        actions = session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.object_id == str(image))
            .order_by(AuditEvent.number)
        ).all()
    assert [one for one in actions if not one.startswith("mask.")] == [
        "reading.submitted",
        "image.approved",
    ]


def test_a_returned_reading_goes_round_again(reader: Hand, reviewer: Hand, image: UUID) -> None:
    first = reader.hand_in(image)
    assert reviewer.give_back(image, first, None).status_code == 422, "it needs a comment"
    assert reviewer.give_back(image, first, "   ").status_code == 422
    assert reviewer.give_back(image, first).status_code == 201
    details = reader.details(image)
    assert (details["state"], details["reading"]["state"]) == ("returned", "returned")
    assert details["reviews"][0]["comment"] == "The rim is too wide."
    assert autosave(reader.client, image, 0, parent_revision=first).status_code == 200
    assert reader.details(image)["state"] == "returned", "a draft changes nothing for others yet"
    second = reader.draw(image, left=6)["revision"]
    details = reader.details(image)
    assert (details["state"], details["reading"]["state"]) == ("in-correction", "returned")
    assert reader.submit(image, second).status_code == 200
    assert reviewer.approve(image, first).status_code == 409, "another was handed in since"
    assert reviewer.approve(image, second).status_code == 201


def test_what_was_returned_may_be_handed_in_as_it_was(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    revision = reader.hand_in(image)
    reviewer.give_back(image, revision)
    assert reader.submit(image, revision).status_code == 200
    assert reader.details(image)["state"] == "submitted"


def test_returning_an_approved_image_takes_it_out_of_the_pool(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    revision = reader.hand_in(image)
    reviewer.approve(image, revision)
    split = row(shared_site, image).split
    assert save(reader.client, image, revision, square(8)).status_code == 409
    assert save(reviewer.client, image, revision, square(8)).status_code == 409
    assert reviewer.give_back(image, revision).status_code == 201
    stored = row(shared_site, image)
    assert (approved(shared_site, image), stored.approved_at) == (None, None)
    assert (stored.state, stored.split) == (ImageState.RETURNED, split)
    again = reader.hand_in(image, left=8)
    assert reviewer.approve(image, again).status_code == 201
    assert row(shared_site, image).split == split, "decided once"


def test_nobody_approves_their_own_reading(reviewer: Hand, shared_site: Site) -> None:
    image = shared_site.add_image(reviewer.user)
    revision = reviewer.hand_in(image)
    refused = reviewer.approve(image, revision)
    assert (refused.status_code, refused.json()["code"]) == (403, "own-reading")
    assert row(shared_site, image).state == ImageState.SUBMITTED
    assert person(shared_site, "reviewer").approve(image, revision).status_code == 201


def test_a_reviewer_may_approve_their_own_where_another_handed_in_the_same(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    reader.hand_in(image, left=4)
    different = reviewer.hand_in(image, left=6)
    assert reviewer.approve(image, different).json()["code"] == "own-reading"
    assert reviewer.withdraw(image).status_code == 204
    same = reviewer.hand_in(image, left=4)
    assert reviewer.approve(image, same).status_code == 201
    states = {one["reader"]["id"]: one["state"] for one in reader.details(image)["readings"]}
    assert states == {reader.id: "superseded", reviewer.id: "approved"}


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("lenient")
    with running_site(fresh_settings(folder, valkey, allow_self_approval=True)) as running:
        yield running


def test_a_site_may_let_reviewers_approve_their_own(lenient: Site) -> None:
    reviewer = person(lenient, "reviewer")
    image = lenient.add_image(reviewer.user)
    revision = reviewer.hand_in(image)
    assert reviewer.queue("to-review") == {image}
    assert reviewer.counts()["to_review"] == 1
    assert reviewer.approve(image, revision).status_code == 201


@pytest.mark.parametrize("answer", ["no-lesion", "cannot-judge"])
def test_an_answer_without_a_mask_is_reviewed_as_one(
    reader: Hand, reviewer: Hand, image: UUID, answer: str
) -> None:
    reason = "The shadow hides it." if answer == "cannot-judge" else None
    revision = reader.hand_in(image, answer=answer, answer_reason=reason)
    assert reviewer.queue("to-review") >= {image}
    assert reviewer.approve(image, revision).status_code == 201
    approved = next(one for one in reader.details(image)["masks"] if one["revision"] == revision)
    assert (approved["answer"], approved["answer_reason"]) == (answer, reason)


def test_handing_in_twice_is_one_act(shared_site: Site, reader: Hand, image: UUID) -> None:
    revision = reader.hand_in(image)
    before = reader.details(image)["reading"]
    again = reader.submit(image, revision)
    assert (again.status_code, again.json()) == (200, before)


def test_only_the_newest_revision_of_ones_own_is_handed_in(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    old = reader.draw(image)["revision"]
    reader.draw(image, left=5)
    assert reader.submit(image, old).json()["code"] == "stale-revision"
    assert reader.submit(image, 1).json()["code"] == "not-author", "the model's"
    assert reviewer.submit(image, old).json()["code"] == "not-author"
    assert reader.submit(image, 99).status_code == 404


def test_what_is_handed_in_can_be_taken_back_until_it_is_reviewed(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    assert reader.withdraw(image).status_code == 409
    revision = reader.hand_in(image)
    refused = save(reader.client, image, revision, square(9))
    assert (refused.status_code, refused.json()["code"]) == (409, "submitted")
    assert reader.withdraw(image).status_code == 204
    details = reader.details(image)
    assert (details["state"], details["reading"]["submitted_revision"]) == ("in-correction", None)
    assert reviewer.approve(image, revision).status_code == 409
    assert reader.submit(image, revision).status_code == 200
    reviewer.approve(image, revision)
    assert reader.withdraw(image).status_code == 409


def test_only_what_waits_can_be_decided_upon(reader: Hand, reviewer: Hand, image: UUID) -> None:
    assert reviewer.approve(image, 1).json()["code"] == "not-submitted"
    assert reviewer.give_back(image, 1).json()["code"] == "not-submitted"
    revision = reader.hand_in(image)
    assert reviewer.approve(image, 1).json()["code"] == "not-submitted", "the model's"
    assert reviewer.give_back(image, 1).json()["code"] == "not-submitted"
    assert reviewer.approve(image, 99).status_code == 404
    assert reviewer.approve(image, revision).status_code == 201
    assert reviewer.approve(image, revision).status_code == 409


def test_a_repeated_decision_is_one(reader: Hand, reviewer: Hand, image: UUID) -> None:
    revision = reader.hand_in(image)
    first = reviewer.approve(image, revision, key="once")
    again = reviewer.approve(image, revision, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(reader.details(image)["reviews"]) == 1


def test_a_reading_that_was_never_asked_for_holds_nothing_up(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    tried = reviewer.draw(image)["revision"]
    revision = reader.hand_in(image, left=6, parent=tried)
    assert reader.details(image)["state"] == "submitted"
    assert person(shared_site, "reviewer").approve(image, revision).status_code == 201
    with shared_site.database.read() as session:
        states = session.scalars(
            select(Reading.state).where(
                Reading.image_id == image, Reading.reader_id == reviewer.user.id
            )
        ).all()
    assert states == [ReadingState.SUPERSEDED]
