"""An accidental decision can be reverted without a trace, unless someone has acted on it."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.images.tables import Image
from tests.behaviour.masks.sending import autosave
from tests.behaviour.reviews.acting import Hand, person
from tests.running_site import Site, frame_of


@pytest.fixture
def reader(shared_site: Site) -> Hand:
    return person(shared_site)


@pytest.fixture
def reviewer(shared_site: Site) -> Hand:
    return person(shared_site, "reviewer")


@pytest.fixture
def image(shared_site: Site, reader: Hand) -> UUID:
    return shared_site.add_image(reader.user)


def standing(site: Site, reviewer: Hand, image: UUID) -> dict[str, object]:
    """Return everything that people see about the image's progress."""
    details = reviewer.details(image)
    with site.database.read() as session:
        row = session.get_one(Image, image)
        return {
            "state": row.state,
            "approved": frame_of(session, image).approved_mask_id,
            "approved_at": row.approved_at,
            "wanted": row.readers_wanted,
            "figures": (row.lesion_count, row.long_axis_mm),
            "readings": [(one["reader"]["id"], one["state"]) for one in details["readings"]],
            "reviews": [one["id"] for one in details["reviews"]],
        }


def test_an_approval_taken_back_leaves_what_was_before(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    other = person(shared_site)
    reviewer.assign(image, reader, other)
    reader.hand_in(image, left=4)
    chosen = other.hand_in(image, left=8)
    before = standing(shared_site, reviewer, image)
    review = reviewer.approve(image, chosen, key="slip")
    assert standing(shared_site, reviewer, image) != before
    assert reviewer.take_back(image, review).status_code == 204
    assert standing(shared_site, reviewer, image) == before
    assert reviewer.approve(image, chosen, key="slip").status_code == 410, "that one is gone"
    assert reviewer.take_back(image, review).status_code == 404
    with shared_site.database.read() as session:
        events = session.scalars(
            select(AuditEvent)
            .where(AuditEvent.object_id == str(image))
            .order_by(AuditEvent.number.desc())
        ).first()
    assert events is not None
    assert (events.action, events.detail) == (
        "review.taken-back",
        {"revision": chosen, "verdict": "approved"},
    )
    assert reviewer.approve(image, chosen).status_code == 201, "nothing is in the way"


def test_a_return_taken_back_waits_for_review_again(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    revision = reader.hand_in(image)
    before = standing(shared_site, reviewer, image)
    review = reviewer.give_back(image, revision)
    assert reviewer.take_back(image, review).status_code == 204
    assert standing(shared_site, reviewer, image) == before
    assert image in reviewer.queue("to-review")

    reviewer.approve(image, revision)
    before = standing(shared_site, reviewer, image)
    review = reviewer.give_back(image, revision, "Not into the pool after all.")
    assert reviewer.take_back(image, review).status_code == 204
    assert standing(shared_site, reviewer, image) == before, "it is in the pool as it was"


def test_a_decision_that_somebody_acted_on_stands(
    shared_site: Site, reader: Hand, reviewer: Hand, image: UUID
) -> None:
    revision = reader.hand_in(image)
    review = reviewer.give_back(image, revision)
    colleague = person(shared_site, "reviewer")
    assert colleague.take_back(image, review).json()["code"] == "not-author"
    autosave(reader.client, image, 0, parent_revision=revision)
    refused = reviewer.take_back(image, review)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-late")
    second = reader.draw(image, left=6, submit=True)["revision"]
    assert reviewer.take_back(image, review).status_code == 409
    approval = reviewer.approve(image, second)
    later = colleague.give_back(image, second)
    assert reviewer.take_back(image, approval).status_code == 409, "a colleague decided since"
    assert colleague.take_back(image, later).status_code == 204
    assert reviewer.take_back(image, approval).status_code == 204, "nothing stands above it now"
