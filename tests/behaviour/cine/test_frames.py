"""Each frame of a cine is drawn on separately; a reading submits all frames that it corrected."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.behaviour.cine.conftest import add_cine, good
from tests.behaviour.masks.sending import square
from tests.running_site import Site, picture

COUNT = 4


@pytest.fixture
def cine(shared_site: Site) -> UUID:
    return add_cine(shared_site, shared_site.person("annotator"), COUNT)


@pytest.fixture
def reader(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


@pytest.fixture
def reviewer(shared_site: Site) -> httpx.Client:
    return shared_site.browser("reviewer")


def save(client: httpx.Client, cine: UUID, index: int, parent: int | None, left: int = 4) -> Any:
    new = {
        "parent_revision": parent,
        "labels": square(left),
        "answer": "lesions",
        "seconds": 3,
    }
    return good(client.post(f"/images/{cine}/frames/{index}/masks", json=new))


def frames(client: httpx.Client, cine: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(client.get(f"/images/{cine}/frames"))["frames"]
    return found


def test_frames_have_revisions_and_drafts_of_their_own(reader: httpx.Client, cine: UUID) -> None:
    assert save(reader, cine, 2, None)["revision"] == 1
    assert save(reader, cine, 2, 1, left=6)["revision"] == 2
    assert save(reader, cine, 1, None)["revision"] == 1
    draft = {"version": 0, "parent_revision": None, "labels": square(), "seconds": 1}
    good(reader.put(f"/images/{cine}/frames/3/draft", json=draft))
    assert good(reader.get(f"/images/{cine}/draft")) is None
    assert good(reader.get(f"/images/{cine}/frames/3/draft"))["version"] == 1
    found = frames(reader, cine)
    assert [one["revision"] for one in found] == [1, 1, 2, None]
    assert [one["corrected"] for one in found] == [False, True, True, False]
    assert [one["has_draft"] for one in found] == [False, False, False, True]
    assert [one["time_ms"] for one in found] == [None, 40, 80, 120]
    shown = good(reader.get(f"/images/{cine}/frames/2"))
    assert shown["frame"]["index"] == 2
    assert [mask["revision"] for mask in shown["masks"]] == [2, 1]
    assert (shown["frame_count"], shown["frames_per_second"]) == (COUNT, 25)
    assert good(reader.get(f"/images/{cine}"))["frame"]["index"] == 0
    assert reader.get(f"/images/{cine}/frames/{COUNT}").status_code == 404
    assert reader.get(shown["frame"]["url"]).content == picture("JPEG")


def test_a_reading_hands_in_what_it_corrected_and_all_of_that_is_approved(
    reader: httpx.Client, reviewer: httpx.Client, cine: UUID
) -> None:
    for index, times in ((1, 1), (3, 2)):
        for parent in [None, *range(1, times)]:
            save(reader, cine, index, parent)
    stale = reader.post(f"/images/{cine}/frames/3/submit", json={"revision": 1})
    assert stale.json()["type"].endswith("stale-revision")
    good(reader.post(f"/images/{cine}/frames/1/submit", json={"revision": 1}))
    # Any of its frames identifies the reading; another one is not a second action.
    good(reader.post(f"/images/{cine}/frames/3/submit", json={"revision": 2}))
    waiting = good(reviewer.get(f"/images/{cine}/frames/3"))
    assert waiting["state"] == "submitted"
    assert waiting["readings"][0]["submitted_revision"] == 2
    approved = {"revision": 2, "verdict": "approved"}
    review = good(reviewer.post(f"/images/{cine}/frames/3/reviews", json=approved))
    assert (review["revision"], review["frame_index"]) == (2, 3)
    assert [one["approved"] for one in frames(reviewer, cine)] == [False, True, False, True]
    assert good(reviewer.get(f"/images/{cine}"))["state"] == "approved"
    good(reviewer.delete(f"/images/{cine}/reviews/{review['id']}"))
    assert not any(one["approved"] for one in frames(reviewer, cine))
    good(reviewer.post(f"/images/{cine}/frames/3/reviews", json=approved))
    back = {"revision": 1, "verdict": "returned", "comment": "Once more."}
    good(reviewer.post(f"/images/{cine}/frames/1/reviews", json=back))
    assert not any(one["approved"] for one in frames(reviewer, cine))
    assert good(reader.get(f"/images/{cine}"))["state"] == "returned"


def test_the_others_hear_which_frame_somebody_looks_at(
    reader: httpx.Client, reviewer: httpx.Client, cine: UUID
) -> None:
    good(reader.put(f"/images/{cine}/frames/2/presence", json={"editing": True}))
    seen = good(reviewer.put(f"/images/{cine}/presence", json={"editing": False}))["people"]
    assert [one["frame_index"] for one in seen] == [2]


def test_the_first_frame_comes_as_a_picture(reader: httpx.Client, cine: UUID) -> None:
    answer = reader.get(f"/images/{cine}/poster")
    assert (answer.content, answer.headers["Content-Type"]) == (picture("JPEG"), "image/jpeg")
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.get(answer.url, headers=again).status_code == 304


def test_frames_to_play_come_several_at_once(reader: httpx.Client, cine: UUID) -> None:
    one = picture("JPEG")
    answer = reader.get(f"/images/{cine}/clip", params={"first": 1, "count": 2})
    assert answer.content == (len(one).to_bytes(4, "little") + one) * 2
    again = {"If-None-Match": answer.headers["ETag"]}
    assert reader.get(answer.url, headers=again).status_code == 304
    assert reader.get(f"/images/{cine}/clip", params={"first": COUNT}).status_code == 404
