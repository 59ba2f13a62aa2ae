"""A cine read blind by two people is decided frame by frame."""

from typing import Any
from uuid import UUID

import pytest

from tests.behaviour.cine.conftest import add_cine, good
from tests.behaviour.masks.sending import empty, square
from tests.behaviour.reviews.acting import Hand, person, work
from tests.running_site import Site

COUNT = 4
# Two squares of 8 × 8 px, one 4 columns to the right of the other, share 32 of 64 px each.
DICE = 0.5


@pytest.fixture
def pair(shared_site: Site) -> tuple[Hand, Hand]:
    return person(shared_site, name="Ada"), person(shared_site, name="Grace")


@pytest.fixture
def reviewer(shared_site: Site) -> Hand:
    return person(shared_site, "reviewer")


@pytest.fixture
def cine(shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand) -> UUID:
    """Store a cine of four frames that both are assigned to read blind."""
    image = add_cine(shared_site, shared_site.add_person(), COUNT)
    good(reviewer.assign(image, *pair, blind=True))
    return image


def draw(hand: Hand, cine: UUID, frame: int, left: int | None = 4) -> int:
    """Save a revision of a frame, without a lesion if no column is given; return its number."""
    masks = good(hand.client.get(f"/images/{cine}/frames/{frame}"))["masks"]
    new = {
        "parent_revision": masks[0]["revision"] if masks else None,
        "labels": empty() if left is None else square(left),
        "answer": "no-lesion" if left is None else "lesions",
        "seconds": 3,
    }
    revision: int = good(hand.client.post(f"/images/{cine}/frames/{frame}/masks", json=new))[
        "revision"
    ]
    return revision


def submit(hand: Hand, cine: UUID, frame: int, revision: int) -> None:
    good(hand.client.post(f"/images/{cine}/frames/{frame}/submit", json={"revision": revision}))


def submitted(hand: Hand, cine: UUID) -> dict[int, dict[str, Any]]:
    """Return the submitted revisions by frame."""
    items = good(hand.client.get(f"/images/{cine}/submitted-frames"))["items"]
    return {one["index"]: one for one in items}


def approve(hand: Hand, cine: UUID, frame: int, revision: int, **further: int) -> Any:
    """Approve a revision, and those of further frames given as ``frame_1=2``."""
    body = {
        "revision": revision,
        "verdict": "approved",
        "further": [
            {"frame_index": int(name.removeprefix("frame_")), "revision": number}
            for name, number in further.items()
        ],
    }
    return hand.client.post(f"/images/{cine}/frames/{frame}/reviews", json=body)


def approved(hand: Hand, cine: UUID) -> dict[int, int]:
    """The approved revision of each frame that has one."""
    frames = [good(hand.client.get(f"/images/{cine}/frames/{one}")) for one in range(COUNT)]
    return {
        at: one["approved_revision"] for at, one in enumerate(frames) if one["approved_revision"]
    }


@pytest.fixture
def read(pair: tuple[Hand, Hand], cine: UUID) -> dict[tuple[int, int], int]:
    """Both draw on frames 1 and 2, and each on one more: revisions by reader and frame."""
    first, second = pair
    drawn = {(0, 1): 4, (0, 2): 4, (0, 3): 4, (1, 0): 8, (1, 1): 8, (1, 2): 4}
    found = {
        (who, frame): draw(pair[who], cine, frame, left) for (who, frame), left in drawn.items()
    }
    submit(first, cine, 3, found[0, 3])
    submit(second, cine, 0, found[1, 0])
    return found


def test_agreement_and_handed_in_revisions_belong_to_a_frame(
    shared_site: Site,
    pair: tuple[Hand, Hand],
    reviewer: Hand,
    cine: UUID,
    read: dict[tuple[int, int], int],
) -> None:
    work(shared_site)
    found = submitted(reviewer, cine)
    assert sorted(found) == [0, 1, 2, 3]
    assert [found[one]["dice"] for one in range(COUNT)] == [None, DICE, 1.0, None]
    readers = {one["id"]: one["reader"]["name"] for one in reviewer.details(cine)["readings"]}
    revisions = {
        at: {readers[each["reading_id"]]: each["revision"] for each in one["revisions"]}
        for at, one in found.items()
    }
    assert revisions == {
        0: {"Grace": read[1, 0]},
        1: {"Ada": read[0, 1], "Grace": read[1, 1]},
        2: {"Ada": read[0, 2], "Grace": read[1, 2]},
        3: {"Ada": read[0, 3]},
    }
    agreement = good(reviewer.client.get(f"/images/{cine}/frames/1/agreement"))
    assert agreement["dice"] == DICE
    assert reviewer.client.get(f"/images/{cine}/frames/3/agreement").status_code == 404


def test_a_blind_reader_at_work_learns_of_their_own_frames_only(
    shared_site: Site, pair: tuple[Hand, Hand], cine: UUID
) -> None:
    first, second = pair
    submit(first, cine, 2, draw(first, cine, 2))
    assert submitted(second, cine) == {}
    assert sorted(submitted(first, cine)) == [2]


def test_each_frame_is_approved_as_the_reviewer_chose(
    shared_site: Site,
    pair: tuple[Hand, Hand],
    reviewer: Hand,
    cine: UUID,
    read: dict[tuple[int, int], int],
) -> None:
    asked = {"method": "majority", "revisions": [read[0, 2], read[1, 2]]}
    good(reviewer.client.post(f"/images/{cine}/frames/2/consensus", json=asked))
    work(shared_site)
    consensus = submitted(reviewer, cine)[2]["consensus"]
    review = approve(reviewer, cine, 0, read[1, 0], frame_1=read[0, 1], frame_2=consensus)
    assert review.status_code == 201, review.text
    # No revision of the omitted frame is approved.
    assert approved(reviewer, cine) == {0: read[1, 0], 1: read[0, 1], 2: consensus}
    states = {one["reader"]["name"]: one["state"] for one in reviewer.details(cine)["readings"]}
    assert states == {"Ada": "approved", "Grace": "approved"}
    good(reviewer.take_back(cine, review))
    assert approved(reviewer, cine) == {}
    assert reviewer.details(cine)["state"] == "submitted"

    # Approved again and returned: one reader continues, the other's reading waits as before.
    good(approve(reviewer, cine, 0, read[1, 0], frame_1=read[0, 1]))
    back = {"revision": read[1, 0], "verdict": "returned", "comment": "Too wide."}
    good(reviewer.client.post(f"/images/{cine}/frames/0/reviews", json=back))
    assert approved(reviewer, cine) == {}
    states = {one["reader"]["name"]: one["state"] for one in reviewer.details(cine)["readings"]}
    assert states == {"Ada": "submitted", "Grace": "returned"}


def test_without_a_choice_all_frames_of_the_reading_are_approved(
    reviewer: Hand, cine: UUID, read: dict[tuple[int, int], int]
) -> None:
    body = {"revision": read[1, 1], "verdict": "approved"}
    good(reviewer.client.post(f"/images/{cine}/frames/1/reviews", json=body))
    assert approved(reviewer, cine) == {frame: read[1, frame] for frame in (0, 1, 2)}


def test_what_does_not_wait_for_a_review_is_not_chosen(
    shared_site: Site,
    pair: tuple[Hand, Hand],
    reviewer: Hand,
    cine: UUID,
    read: dict[tuple[int, int], int],
) -> None:
    own = draw(reviewer, cine, 3, 12)
    refused = {
        "not-submitted": approve(reviewer, cine, 0, read[1, 0], frame_3=own),
        "not-found": approve(reviewer, cine, 0, read[1, 0], frame_1=99),
        "frame-twice": approve(reviewer, cine, 0, read[1, 0], frame_0=read[1, 0]),
    }
    assert {kind: one.json()["type"].split(":")[-1] for kind, one in refused.items()} == {
        kind: kind for kind in refused
    }
    twice = {"frame_index": 1, "revision": read[0, 1]}
    for more in (
        {"verdict": "approved", "further": [twice, twice]},
        {"verdict": "returned", "comment": "No.", "further": [twice]},
    ):
        body = {"revision": read[1, 0], **more}
        answer = reviewer.client.post(f"/images/{cine}/frames/0/reviews", json=body)
        assert answer.status_code == 422, answer.text
    assert approved(reviewer, cine) == {}


def test_a_reviewer_who_read_chooses_own_frames_only_where_the_other_drew_the_same(
    shared_site: Site, pair: tuple[Hand, Hand], reviewer: Hand
) -> None:
    other = pair[0]
    cine = add_cine(shared_site, shared_site.add_person(), COUNT)
    good(reviewer.assign(cine, other, reviewer, blind=True))
    same = draw(reviewer, cine, 1), draw(reviewer, cine, 2, 8)
    theirs = draw(other, cine, 1), draw(other, cine, 2, 4)
    submit(reviewer, cine, 1, same[0])
    submit(other, cine, 1, theirs[0])
    refused = approve(reviewer, cine, 1, same[0], frame_2=same[1])
    assert refused.json()["type"].endswith("own-reading"), refused.text
    good(approve(reviewer, cine, 1, same[0], frame_2=theirs[1]))
    assert approved(reviewer, cine) == {1: same[0], 2: theirs[1]}


def test_effort_on_a_cine_is_that_on_all_its_frames(
    shared_site: Site, pair: tuple[Hand, Hand], cine: UUID
) -> None:
    reader = pair[0]
    draw(reader, cine, 0)
    draw(reader, cine, 2)
    draw(reader, cine, 2, 8)
    submit(reader, cine, 0, draw(reader, cine, 0, None))
    work(shared_site)
    admin = shared_site.browser("admin")
    people = good(admin.get("/effort"))["by_person"]
    (mine,) = [one for one in people if one["person"]["id"] == reader.id]
    assert mine["seconds_mean"] == 4 * 3
    assert mine["untouched_share"] == 0
