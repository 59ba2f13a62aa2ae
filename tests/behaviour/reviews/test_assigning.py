"""Assigning images to people: by name, in bulk, to the least busy; and taking them back."""

from uuid import UUID, uuid4

import pytest

from app.images.tables import Image
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.masks.sending import autosave
from tests.behaviour.reviews.acting import Hand, person
from tests.running_site import Site


@pytest.fixture
def reviewer(shared_site: Site) -> Hand:
    return person(shared_site, "reviewer")


@pytest.fixture
def reader(shared_site: Site) -> Hand:
    return person(shared_site)


@pytest.fixture
def image(shared_site: Site) -> UUID:
    return shared_site.add_image(shared_site.add_person())


def state_of(hand: Hand, image: UUID) -> str:
    return hand.details(image)["state"]


def test_a_reader_finds_the_image_and_its_due_date(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    assert reader.client.get(f"/images/{image}").status_code == 404
    due = "2020-01-31T12:00:00Z"
    answer = reviewer.assign(image, reader, due_at=due)
    assert answer.status_code == 201, answer.text
    assert answer.json()[0]["assigned_by"]["id"] == reviewer.id
    listed = reader.client.get("/images").json()["items"]
    assert [(one["id"], one["due_at"]) for one in listed] == [(str(image), due)]
    assert state_of(reader, image) == "predicted", "nobody has drawn anything yet"
    assert reader.queue("to-correct") == reader.queue("overdue") == {image}
    reader.hand_in(image)
    assert reader.queue("overdue") == set()


def test_assigning_again_changes_the_due_date_alone(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    first = reviewer.assign(image, reader).json()[0]
    reader.draw(image)
    again = reviewer.assign(image, reader, due_at="2099-01-31T12:00:00Z").json()[0]
    assert (again["id"], again["state"]) == (first["id"], "open")
    assert again["due_at"] == "2099-01-31T12:00:00Z"


def test_an_image_waits_for_everybody_it_was_given_to(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    late = person(shared_site)
    reviewer.assign(image, reader, late)
    reader.hand_in(image)
    assert state_of(reviewer, image) == "in-correction"
    reading = next(
        one for one in reviewer.details(image)["readings"] if one["reader"]["id"] == late.id
    )
    address = f"/images/{image}/readings/{reading['id']}"
    autosave(late.client, image, 0)
    refused = reviewer.client.delete(address)
    assert (refused.status_code, refused.json()["code"]) == (409, "reading-begun")
    assert reviewer.client.delete(address, params={"release": True}).status_code == 204
    assert state_of(reviewer, image) == "submitted", "nobody is waited for any more"
    assert late.client.get(f"/images/{image}/draft").status_code == 200, "what was drawn is kept"


def test_an_assignment_that_nobody_began_is_taken_back_without_trace(
    reader: Hand, reviewer: Hand, image: UUID
) -> None:
    reading = reviewer.assign(image, reader).json()[0]["id"]
    address = f"/images/{image}/readings/{reading}"
    assert reviewer.client.delete(address).status_code == 204
    assert reviewer.client.delete(address).status_code == 404
    assert reader.client.get(f"/images/{image}").status_code == 404
    assert image in reviewer.queue("unassigned")


def test_many_images_are_given_all_or_none(shared_site: Site, reader: Hand, reviewer: Hand) -> None:
    images = [shared_site.add_image(shared_site.add_person()) for _ in range(3)]
    body = {"image_ids": [str(one) for one in images], "reader_ids": [reader.id]}
    bad = {**body, "image_ids": [*body["image_ids"], str(uuid4())]}
    assert reviewer.client.post("/readings", json=bad).status_code == 404
    assert reader.queue("to-correct") == set()
    headers = {"Idempotency-Key": "together"}
    made = reviewer.client.post("/readings", json=body, headers=headers)
    assert made.status_code == 201, made.text
    again = reviewer.client.post("/readings", json=body, headers=headers)
    assert again.json() == made.json()
    assert reader.queue("to-correct") == set(images)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"reader_ids": [str(uuid4())]}, 422, "unknown-reader"),
        ({"blind": True}, 422, "two-readers"),
        ({"reader_ids": []}, 422, "invalid-request"),
        ({"due_at": "2020-01-31"}, 422, "invalid-request"),
        ({"due_at": 1580000000}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_assigned_is_said(
    reader: Hand, reviewer: Hand, image: UUID, change: dict, status: int, code: str
) -> None:
    body = {"reader_ids": [reader.id], **change}
    answer = reviewer.client.post(f"/images/{image}/readings", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_somebody_who_left_gets_nothing(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    admin = person(shared_site, "admin")
    assert admin.client.patch(f"/users/{reader.id}", json={"active": False}).status_code == 200
    assert reviewer.assign(image, reader).json()["code"] == "unknown-reader"
    listed = reviewer.client.get("/readers").json()["items"]
    assert reader.id not in {one["id"] for one in listed}


def test_an_approved_image_is_not_read_again(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    reviewer.assign(image, reader)
    reviewer.approve(image, reader.hand_in(image))
    assert reviewer.assign(image, person(shared_site)).json()["code"] == "approved"


def test_a_blind_reading_does_not_follow_an_open_one(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    reviewer.assign(image, reader)
    reader.hand_in(image)
    pair = person(shared_site), person(shared_site)
    assert reviewer.assign(image, *pair, blind=True).json()["code"] == "already-read"


def test_one_reading_may_be_made_enough(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    other = person(shared_site)
    reading = reviewer.assign(image, reader, other, blind=True).json()[1]["id"]
    revision = reader.hand_in(image)
    reviewer.client.delete(f"/images/{image}/readings/{reading}")
    assert state_of(reviewer, image) == "in-correction", "a second reader is still to be found"
    assert image in reviewer.queue("unassigned")
    assert reviewer.client.delete(f"/images/{image}/double-reading").status_code == 204
    assert state_of(reviewer, image) == "submitted"
    assert image not in reviewer.queue("unassigned")
    assert reviewer.approve(image, revision).status_code == 201


def test_an_owner_who_begins_a_double_reading_is_blind(site: Site) -> None:
    owner, other, reviewer = person(site), person(site), person(site, "reviewer")
    image = site.add_image(owner.user)
    with site.database.write() as session:
        row = session.get_one(Image, image)
        row.double_reading, row.readers_wanted = True, 2
    owner.hand_in(image)
    details = owner.details(image)
    assert details["reading"]["blind"]
    assert details["state"] == "in-correction", "a second reader is needed"
    assert reviewer.queue("unassigned") == {image}
    reviewer.assign(image, other)
    assert [mask["source"] for mask in other.details(image)["masks"]] == ["model"]
    other.hand_in(image)
    assert reviewer.queue("to-adjudicate") == {image}


def test_distribution_is_even_and_gives_double_readings_to_two(site: Site) -> None:
    reviewer = person(site, "reviewer")
    people = [person(site) for _ in range(3)]
    uploader = person(site, "reviewer")
    images = [site.add_image(uploader.user) for _ in range(8)]
    with site.database.write() as session:
        for number, one in enumerate(images):
            row = session.get_one(Image, one)
            row.uncertainty_score = number / 10
            row.double_reading = number in (2, 5)
            row.readers_wanted = 2 if row.double_reading else 1
    busy = site.add_image(uploader.user)
    reviewer.assign(busy, people[0])
    headers = {"Idempotency-Key": "daily"}

    def distribute(limit: int) -> dict:
        answer = reviewer.client.post(
            "/readings/distribute", json={"limit": limit}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    assert distribute(8) == {"images": 8, "readings": 10}
    assert distribute(8) == {"images": 8, "readings": 10}, "a retry gives out nothing more"
    loads = {one["id"]: one["open"] for one in reviewer.client.get("/readers").json()["items"]}
    assert sorted(loads[one.id] for one in people) == [3, 4, 4]
    for number, one in enumerate(images):
        readings = reviewer.details(one)["readings"]
        assert len({reading["reader"]["id"] for reading in readings}) == len(readings)
        assert [reading["blind"] for reading in readings] == (
            [True, True] if number in (2, 5) else [False]
        )
    assert reviewer.queue("unassigned") == set()


def test_a_key_that_gave_out_images_is_not_taken_in_another_project(site: Site) -> None:
    admin = person(site, "admin")

    def distribute(project: UUID) -> int:
        return admin.client.post(
            "/readings/distribute",
            params={"project": str(project)},
            json={"limit": 1},
            headers={"Idempotency-Key": "once"},
        ).status_code

    assert distribute(DEFAULT_PROJECT) == 201
    assert distribute(site.add_project()) == 422


def test_the_most_urgent_images_are_given_out_first(site: Site) -> None:
    reviewer, reader = person(site, "reviewer"), person(site)
    images = [site.add_image(reviewer.user) for _ in range(4)]
    with site.database.write() as session:
        for one, score in zip(images, (0.1, 0.9, None, 0.5), strict=True):
            session.get_one(Image, one).uncertainty_score = score
    reviewer.client.post("/readings/distribute", json={"limit": 2})
    assert reader.queue("to-correct") == {images[1], images[3]}
