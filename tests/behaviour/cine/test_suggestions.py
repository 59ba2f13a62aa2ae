"""Lesions of corrected frames are suggested on others; only a person makes one a revision."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.behaviour.cine.conftest import Working, good
from tests.cines import cine_dicom, cine_frames
from worker.interactive.runs import decode_runs, encode_runs
from worker.pipeline.overlap import dice

COUNT = 7
FRAMES, MASKS = cine_frames(COUNT, named=False)
NUMBER = 5


@pytest.fixture(scope="module")
def image(working: Working) -> UUID:
    return working.stored(cine_dicom(FRAMES))


@pytest.fixture(autouse=True)
def nothing_suggested(working: Working, image: UUID) -> Iterator[None]:
    yield
    decide(working, image, "reject", 0, COUNT - 1)


def labels(mask: NDArray[np.bool_]) -> dict[str, Any]:
    height, width = mask.shape
    runs = encode_runs(mask.astype(np.uint8) * np.uint8(NUMBER))
    return {"width": width, "height": height, "runs": runs, "names": {str(NUMBER): "left"}}


def correct(working: Working, image: UUID, index: int) -> None:
    history = good(working.reader.get(f"/images/{image}/frames/{index}"))["masks"]
    new = {
        "parent_revision": history[0]["revision"] if history else None,
        "labels": labels(MASKS[index]),
        "answer": "lesions",
        "seconds": 1,
    }
    good(working.reader.post(f"/images/{image}/frames/{index}/masks", json=new))


def suggest(working: Working, image: UUID, **wanted: int) -> dict[str, Any]:
    job = good(working.reader.post(f"/images/{image}/suggestions", json=wanted))
    working.work()
    return working.job(job["id"])


def decide(working: Working, image: UUID, verb: str, first: int, last: int) -> dict[str, Any]:
    body = {"first": first, "last": last}
    found: dict[str, Any] = good(
        working.reader.post(f"/images/{image}/suggestions/{verb}", json=body)
    )
    return found


def suggested(working: Working, image: UUID) -> dict[int, str]:
    return {
        one["index"]: one["suggestion"]
        for one in working.frames(image)
        if one["suggestion"] is not None
    }


def test_without_a_corrected_frame_the_answer_says_what_to_do(
    working: Working, image: UUID
) -> None:
    refused = working.reader.post(f"/images/{image}/suggestions", json={})
    assert refused.status_code == 422
    assert "outline the lesions of one" in refused.json()["detail"]
    beyond = working.reader.post(f"/images/{image}/suggestions", json={"last": 99})
    assert beyond.json()["code"] == "no-such-frames"


def test_lesions_are_suggested_accepted_undone_and_rejected(working: Working, image: UUID) -> None:
    correct(working, image, 0)
    correct(working, image, 4)
    assert suggest(working, image)["state"] == "done"
    ways = suggested(working, image)
    assert ways == dict.fromkeys((1, 2, 3), "interpolated") | dict.fromkeys((5, 6), "propagated")
    for index in ways:
        one = good(working.reader.get(f"/images/{image}/frames/{index}/suggestion"))
        drawn = decode_runs(one["labels"]["runs"], *MASKS[0].shape)
        assert set(np.unique(drawn)) == {0, NUMBER}
        assert one["labels"]["names"] == {str(NUMBER): "left"}
        assert dice(drawn > 0, MASKS[index]) > 0.9, index
    others = good(working.reviewer.get(f"/images/{image}/frames"))["frames"]
    assert not any(one["suggestion"] for one in others), "they are the asker's alone"

    before = working.frames(image)
    accepted = decide(working, image, "accept", 1, 2)
    assert accepted["frames"] == [1, 2] and accepted["left"] == []
    after = working.frames(image)
    assert [one["corrected"] for one in after] == [one in (0, 1, 2, 4) for one in range(COUNT)]
    assert set(suggested(working, image)) == {3, 5, 6}

    undo = {"decision": accepted["decision"]}
    undone = good(working.reader.post(f"/images/{image}/suggestions/undo", json=undo))
    assert undone["frames"] == [1, 2]
    working.work()  # nothing is left to measure, and no job fails
    assert working.frames(image)[1] == before[1]
    again = decide(working, image, "accept", 1, 1)
    number = working.frames(image)[1]["revision"]
    assert number == after[1]["revision"] + 1, (
        "the number of what was taken back is not given twice"
    )
    working.work()
    assert working.frames(image)[1]["lesion_count"] == 1

    correct(working, image, 1)
    kept = good(
        working.reader.post(
            f"/images/{image}/suggestions/undo", json={"decision": again["decision"]}
        )
    )
    assert kept["frames"] == [] and kept["left"][0]["index"] == 1

    rejected = decide(working, image, "reject", 5, 6)
    assert rejected["frames"] == [5, 6]
    assert set(suggested(working, image)) == {2, 3}
    undo = {"decision": rejected["decision"]}
    good(working.reader.post(f"/images/{image}/suggestions/undo", json=undo))
    assert set(suggested(working, image)) == {2, 3, 5, 6}


def test_a_frame_that_was_drawn_on_since_keeps_both(working: Working, image: UUID) -> None:
    correct(working, image, 0)
    suggest(working, image, first=2, last=3)
    assert set(suggested(working, image)) == {2, 3}
    correct(working, image, 3)
    found = decide(working, image, "accept", 0, COUNT - 1)
    assert found["frames"] == [2]
    assert [one["index"] for one in found["left"]] == [3]


def test_a_job_that_is_stopped_while_it_waits_suggests_nothing(
    working: Working, image: UUID
) -> None:
    correct(working, image, 0)
    job = good(working.reader.post(f"/images/{image}/suggestions", json={"first": 5, "last": 6}))
    good(working.reader.delete(f"/jobs/{job['id']}"))
    working.work()
    assert working.job(job["id"])["state"] == "cancelled"
    assert suggested(working, image) == {}
