"""Two people read blind: nobody sees too much, both are compared, and one result remains."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.images.tables import Image, mask_key
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask, MaskSource
from app.reviews.tables import Agreement
from tests.behaviour.reviews.acting import Hand, person, work
from tests.running_site import Site, frame_of
from worker.pipeline import decode_mask_png

# Two squares of 8 × 8 px, one 4 columns to the right of the other: 32 px shared, 96 together.
DICE, IOU = 2 * 32 / 128, 32 / 96


@pytest.fixture
def pair(shared_site: Site) -> tuple[Hand, Hand]:
    return person(shared_site, name="Ada"), person(shared_site, name="Grace")


@pytest.fixture
def reviewer(shared_site: Site) -> Hand:
    return person(shared_site, "reviewer")


@pytest.fixture
def image(shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand) -> UUID:
    """Someone else's image that both are assigned to read blind."""
    image = shared_site.add_image(shared_site.add_person())
    answer = reviewer.assign(image, *pair, blind=True, due_at="2099-01-31T12:00:00Z")
    assert answer.status_code == 201, answer.text
    assert [one["blind"] for one in answer.json()] == [True, True]
    return image


def item(hand: Hand, image: UUID) -> dict:
    found = hand.client.get("/images", params={"q": str(image)}).json()["items"]
    assert len(found) == 1
    return found[0]


def test_the_worklist_says_what_the_approved_revision_says(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    first, second = pair
    with_lesion = first.hand_in(image, left=4)
    second.hand_in(image, answer="no-lesion")
    work(shared_site)
    assert item(reviewer, image)["lesion_count"] == 0
    assert reviewer.approve(image, with_lesion).status_code == 201
    assert item(reviewer, image)["lesion_count"] == 1
    assert reviewer.give_back(image, with_lesion).status_code == 201
    assert item(reviewer, image)["lesion_count"] == 0


def test_an_image_is_submitted_when_both_are_in_and_then_compared(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    first, second = pair
    revision = first.hand_in(image, left=4)
    assert reviewer.details(image)["state"] == "in-correction"
    assert reviewer.client.get(f"/images/{image}/agreement").status_code == 404
    other = second.hand_in(image, left=8)
    assert reviewer.details(image)["state"] == "submitted"
    work(shared_site)
    answer = reviewer.client.get(f"/images/{image}/agreement")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["first"]["revision"], body["second"]["revision"]) == (revision, other)
    assert body["first"]["reading"]["reader"]["name"] == "Ada"
    assert body["dice"] == pytest.approx(DICE)
    assert body["iou"] == pytest.approx(IOU)
    assert body["hd95_px"] == pytest.approx(4.0)
    assert body["presence"] == [True, True]
    assert item(reviewer, image)["disagreement"] == pytest.approx(1 - DICE)


def test_a_blind_reader_learns_nothing_of_the_other(
    pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    first, second = pair
    first.hand_in(image)
    details = second.details(image)
    assert [one["reader"]["id"] for one in details["readings"]] == [second.id]
    assert [one["name"] for one in item(second, image)["readers"]] == ["Grace"]
    assert [mask["source"] for mask in details["masks"]] == ["model"]
    assert {one["name"] for one in item(reviewer, image)["readers"]} == {"Ada", "Grace"}
    second.hand_in(image)
    assert {one["name"] for one in item(second, image)["readers"]} == {"Ada", "Grace"}
    assert len(second.details(image)["masks"]) == 3


def test_a_complete_pair_cannot_be_taken_apart_by_a_reader(
    shared_site: Site, pair: tuple[Hand, Hand], image: UUID
) -> None:
    first, second = pair
    revision = first.hand_in(image)
    assert first.withdraw(image).status_code == 204, "the other has seen nothing of it"
    assert first.submit(image, revision).status_code == 200
    second.hand_in(image, left=8)
    assert first.withdraw(image).json()["code"] == "pair-complete"
    assert second.withdraw(image).json()["code"] == "pair-complete"
    with shared_site.database.read() as session:
        jobs = session.scalars(
            select(Job).where(Job.image_id == image, Job.kind == JobKind.AGREEMENT)
        ).all()
    assert len(jobs) == 1, "what was taken back before the pair was complete is not compared"


def test_a_reviewer_must_not_return_one_while_the_other_is_at_work(
    pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    revision = pair[0].hand_in(image)
    assert reviewer.give_back(image, revision).json()["code"] == "blind-open"
    assert reviewer.approve(image, revision).json()["code"] == "not-submitted"


def test_agreement_stays_as_it_was_first_measured(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    first, second = pair
    revision = first.hand_in(image, left=4)
    second.hand_in(image, left=8)
    work(shared_site)
    reviewer.give_back(image, revision)
    first.hand_in(image, left=8)
    work(shared_site)
    assert reviewer.details(image)["state"] == "submitted"
    body = reviewer.client.get(f"/images/{image}/agreement").json()
    assert (body["first"]["revision"], body["dice"]) == (revision, pytest.approx(DICE))


@pytest.mark.parametrize(
    ("answers", "dice", "disagreement"),
    [
        (("no-lesion", "no-lesion"), 1.0, 0.0),
        (("lesions", "no-lesion"), 0.0, 1.0),
        (("cannot-judge", "no-lesion"), 1.0, 1.0),
        (("cannot-judge", "cannot-judge"), 1.0, 0.0),
    ],
)
def test_answers_without_a_mask_are_compared_too(
    shared_site: Site,
    pair: tuple[Hand, Hand],
    reviewer: Hand,
    image: UUID,
    answers: tuple[str, str],
    dice: float,
    disagreement: float,
) -> None:
    for hand, answer in zip(pair, answers, strict=True):
        hand.hand_in(image, answer=answer, answer_reason="Shadow.")
    work(shared_site)
    body = reviewer.client.get(f"/images/{image}/agreement").json()
    assert (body["dice"], body["hd95_px"]) == (dice, None)
    assert body["presence"] == [one == "lesions" for one in answers]
    assert item(reviewer, image)["disagreement"] == disagreement


def test_of_three_readers_the_pair_that_agrees_least_is_kept(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    third = person(shared_site)
    assert reviewer.assign(image, third, blind=True).status_code == 201
    first, second = pair
    first.hand_in(image, left=4)
    second.hand_in(image, left=5)
    assert reviewer.details(image)["state"] == "in-correction", "the third was asked as well"
    third.hand_in(image, left=12)
    work(shared_site)
    with shared_site.database.read() as session:
        row = session.get_one(Agreement, frame_of(session, image).id)
        assert (row.dice, session.get_one(Image, image).disagreement) == (0.0, 1.0)


@pytest.mark.parametrize(("method", "columns"), [("majority", range(8, 12)), ("staple", None)])
def test_a_consensus_is_a_revision_that_can_be_approved(
    shared_site: Site,
    pair: tuple[Hand, Hand],
    reviewer: Hand,
    image: UUID,
    method: str,
    columns: range | None,
) -> None:
    revisions = [hand.hand_in(image, left=left) for hand, left in zip(pair, (4, 8), strict=True)]
    asked = reviewer.client.post(
        f"/images/{image}/consensus", json={"method": method, "revisions": revisions}
    )
    assert asked.status_code == 202, asked.text
    assert asked.json()["kind"] == "consensus"
    work(shared_site)
    newest = reviewer.details(image)["masks"][0]
    assert (newest["source"], newest["author"], newest["answer"]) == ("consensus", None, "lesions")
    assert newest["revision"] == max(revisions) + 1
    pixels = decode_mask_png(shared_site.blobs.get(mask_key(image, UUID(newest["id"]))))
    lesion = newest["result"]["lesions"][0]
    assert lesion["area_px"] == pixels.sum()
    if columns:
        assert set(pixels.nonzero()[1]) == set(columns), "what both marked"
    with shared_site.database.read() as session:
        made = session.get_one(Mask, UUID(newest["id"])).consensus
    assert made is not None
    assert (made["method"], len(made["of"])) == (method, 2)
    assert ("sensitivity" in made) == (method == "staple")
    assert reviewer.approve(image, newest["revision"]).status_code == 201
    details = reviewer.details(image)
    assert {one["state"] for one in details["readings"]} == {"superseded"}
    # If returned, it goes back to all whose revisions were merged into it.
    assert reviewer.give_back(image, newest["revision"]).status_code == 201
    assert {one["state"] for one in reviewer.details(image)["readings"]} == {"returned"}


def test_a_consensus_takes_two_people_who_could_judge(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    first, second = pair

    def ask(*revisions: int) -> tuple[int, str]:
        body = {"method": "majority", "revisions": list(revisions)}
        answer = reviewer.client.post(f"/images/{image}/consensus", json=body)
        return answer.status_code, answer.json().get("code")

    old = first.draw(image, left=5)["revision"]
    own = first.hand_in(image, left=4)
    assert ask(1, own) == (409, "not-submitted")
    other = second.hand_in(image, answer="cannot-judge", answer_reason="Shadow.")
    assert ask(old, own) == (422, "one-author")
    assert ask(1, own) == (422, "not-a-readers")
    assert ask(own, other) == (422, "cannot-judge")
    assert ask(own, 99) == (404, "not-found")


def test_adjudicating_by_ones_own_mask_takes_another_reviewer(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand, image: UUID
) -> None:
    for hand, left in zip(pair, (4, 8), strict=True):
        hand.hand_in(image, left=left)
    own = reviewer.hand_in(image, left=6)
    assert reviewer.details(image)["state"] == "submitted"
    assert reviewer.approve(image, own).json()["code"] == "own-reading"
    assert person(shared_site, "reviewer").approve(image, own).status_code == 201


def test_a_deleted_image_ends_its_comparison_with_a_reason(
    shared_site: Site, pair: tuple[Hand, Hand], image: UUID
) -> None:
    for hand in pair:
        hand.hand_in(image)
    with shared_site.database.read() as session:
        job_id = session.scalars(
            select(Job.id).where(Job.image_id == image, Job.kind == JobKind.AGREEMENT)
        ).one()
    admin = person(shared_site, "admin")
    assert admin.client.delete(f"/images/{image}").status_code == 204
    with pytest.raises(AssertionError):
        work(shared_site)
    with shared_site.database.read() as session:
        job = session.get_one(Job, job_id)
        assert job.state == JobState.FAILED
        assert job.problem and job.problem["code"] == "mask-deleted"
        assert not session.scalars(
            select(Mask).where(Mask.image_id == image, Mask.source == MaskSource.CONSENSUS)
        ).all()
