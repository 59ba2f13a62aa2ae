"""Saving a revision: nothing is overwritten or half-written, and invalid input is refused."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.core.blobs import FolderBlobs
from app.images.tables import mask_key
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask, MaskSource
from tests.behaviour.masks.sending import autosave, empty, revisions, save, square
from tests.running_site import Site, drawing, frame_of


@pytest.fixture
def client(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


@pytest.fixture
def image_id(shared_site: Site) -> UUID:
    """An image of the annotator with a model's mask."""
    return shared_site.add_image(shared_site.person("annotator"))


def blob_keys(site: Site, image_id: UUID) -> set[str]:
    assert isinstance(site.blobs, FolderBlobs)
    return {blob.key for blob in site.blobs.list(f"images/{image_id}/masks/")}


def test_a_revision_names_its_parent_author_answer_and_seconds(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    saved = save(client, image_id, 1)
    assert saved.status_code == 201, saved.text
    mask = saved.json()
    me = shared_site.person("annotator")
    assert mask["revision"] == 2
    assert mask["parent_revision"] == 1
    assert mask["source"] == "human"
    assert mask["author"] == {"id": str(me.id), "name": me.name}
    assert (mask["answer"], mask["seconds"]) == ("lesions", 12.5)
    assert mask["result"] is mask["dice"] is mask["untouched"] is mask["model"] is None
    details = client.get(f"/images/{image_id}").json()
    assert details["masks"][0] == mask
    assert details["state"] == "in-correction"
    assert details["reading"]["id"] == mask["reading_id"]


def test_saving_queues_a_measurement_and_writes_down_who_did_it(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    mask_id = UUID(save(client, image_id, 1).json()["id"])
    with shared_site.database.read() as session:
        job = session.scalars(
            select(Job).where(Job.parameters["mask_id"].as_string() == str(mask_id))
        ).one()
        assert (job.kind, job.state) == (JobKind.MEASURE, JobState.QUEUED)
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.object_id == str(mask_id))
        ).one()
        assert event.action == "mask.saved"
        assert event.actor_id == shared_site.person("annotator").id
        mask = session.get_one(Mask, mask_id)
        assert frame_of(session, image_id).latest_mask_id == mask_id
        assert mask.prediction_id == mask.parent_id


def test_a_revision_upon_a_stale_parent_is_refused_and_both_are_given_back(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    theirs = save(shared_site.browser("reviewer"), image_id, 1, square(20)).json()
    autosave(client, image_id, 0, square(4))
    refused = save(client, image_id, 1, square(4))
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "stale-revision"
    assert problem["newest"] == theirs
    assert problem["parent_revision"] == 1
    assert revisions(client, image_id) == [2, 1]
    assert len(blob_keys(shared_site, image_id)) == 2, "nothing of the refused one is kept"
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == square(4)
    merged = save(client, image_id, 2, square(4))
    assert merged.status_code == 201
    assert merged.json()["parent_revision"] == 2
    assert client.get(f"/images/{image_id}/draft").json() is None


@pytest.mark.parametrize("parent", [None, 1])
def test_no_parent_counts_as_stale_where_there_is_a_revision(
    client: httpx.Client, image_id: UUID, parent: int | None
) -> None:
    save(client, image_id, 1)
    assert save(client, image_id, parent).json()["code"] == "stale-revision"


def test_a_parent_that_is_not_there_is_refused(client: httpx.Client, image_id: UUID) -> None:
    assert save(client, image_id, 7).json()["code"] == "unknown-parent"
    assert autosave(client, image_id, 0, parent_revision=7).json()["code"] == "unknown-parent"


def test_the_same_key_makes_one_revision(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    key = str(uuid4())
    first = save(client, image_id, 1, key=key)
    again = save(client, image_id, 1, key=key)
    assert first.status_code == again.status_code == 201
    assert again.json()["id"] == first.json()["id"]
    assert revisions(client, image_id) == [2, 1]
    assert len(blob_keys(shared_site, image_id)) == 2
    other = save(client, image_id, 2, square(9), key=key)
    assert other.json()["code"] == "idempotency-key-reused"


def test_a_key_of_a_restored_revision_works_as_well(client: httpx.Client, image_id: UUID) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    address = f"/images/{image_id}/masks/1/restore"
    answers = [client.post(address, json={"parent_revision": 1}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def wrong(**changes: Any) -> dict[str, Any]:
    return {**drawing(), **changes}


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (wrong(width=24, height=32), "wrong-size"),
        (wrong(width=64, height=12), "wrong-size"),
        (wrong(runs=[0, 767]), "broken-runs"),
        (wrong(runs=[0, 700, 0, 68]), "broken-runs"),
        (wrong(runs=[0, 768, 1]), "broken-runs"),
        (wrong(runs=[0, 768, 1, 0]), "broken-runs"),
        (wrong(runs=[255, 768]), "broken-runs"),
        (wrong(runs=[]), "invalid-request"),
        (wrong(runs=[0, 700, -1, 68]), "invalid-request"),
        (wrong(runs=[0, 700.5, 1, 67.5]), "invalid-request"),
        (wrong(runs=[False, 768]), "invalid-request"),
        (wrong(names={"0": "background"}), "invalid-request"),
        (wrong(names={"255": "too high"}), "invalid-request"),
        (wrong(names={"1": "x" * 81}), "invalid-request"),
        (wrong(names={"1": "a\0b"}), "invalid-request"),
        (wrong(more=1), "invalid-request"),
    ],
)
def test_what_is_no_drawing_of_this_frame_is_refused(
    shared_site: Site, client: httpx.Client, image_id: UUID, labels: dict[str, Any], code: str
) -> None:
    for answer in (save(client, image_id, 1, labels), autosave(client, image_id, 0, labels)):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert revisions(client, image_id) == [1]
    assert len(blob_keys(shared_site, image_id)) == 1
    assert client.get(f"/images/{image_id}/draft").json() is None


@pytest.mark.parametrize(
    ("labels", "answer", "reason", "code"),
    [
        (empty(), "lesions", None, "answer-contradicts-mask"),
        (drawing(), "no-lesion", None, "answer-contradicts-mask"),
        (drawing(), "cannot-judge", "shadow", "answer-contradicts-mask"),
        (empty(), "cannot-judge", None, "reason-missing"),
        (empty(), "cannot-judge", "  ", "reason-missing"),
        (empty(), "maybe", None, "invalid-request"),
        (empty(), None, None, "invalid-request"),
    ],
)
def test_an_answer_that_the_pixels_contradict_is_refused(
    client: httpx.Client,
    image_id: UUID,
    labels: dict[str, Any],
    answer: str | None,
    reason: str | None,
    code: str,
) -> None:
    refused = save(client, image_id, 1, labels, answer=answer, answer_reason=reason)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert revisions(client, image_id) == [1]


def test_no_lesion_and_cannot_judge_are_answers(client: httpx.Client, image_id: UUID) -> None:
    assert save(client, image_id, 1, empty(), answer="no-lesion").status_code == 201
    reason = "acoustic shadow over the whole lesion"
    saved = save(client, image_id, 2, empty(), answer="cannot-judge", answer_reason=reason)
    assert saved.json()["answer_reason"] == reason


def test_an_image_without_any_mask_can_be_drawn_upon(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    with shared_site.database.write() as session:
        mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
        shared_site.blobs.delete(mask_key(image_id, mask.id))
        session.delete(mask)
    saved = save(client, image_id, None)
    assert saved.status_code == 201, saved.text
    assert (saved.json()["revision"], saved.json()["parent_revision"]) == (1, None)


def test_a_models_mask_has_no_labels_of_its_own(client: httpx.Client, image_id: UUID) -> None:
    answer = client.get(f"/images/{image_id}/masks/1/labels")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-labels")
    restored = client.post(f"/images/{image_id}/masks/1/restore", json={"parent_revision": 1})
    assert restored.json()["answer"] == "lesions"
    assert client.get(f"/images/{image_id}/masks/2/labels").json()["code"] == "no-labels"


def test_a_restored_revision_leaves_the_draft_alone_and_checks_its_parent(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    save(client, image_id, 1)
    autosave(client, image_id, 0, square(7), parent_revision=2)
    address = f"/images/{image_id}/masks/1/restore"
    assert client.post(address, json={"parent_revision": 1}).json()["code"] == "stale-revision"
    assert client.post(address, json={"parent_revision": 2}).status_code == 201
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == square(7)


def test_saving_and_handing_in_is_one_act(client: httpx.Client, image_id: UUID) -> None:
    saved = save(client, image_id, 1, submit=True)
    assert saved.status_code == 201, saved.text
    details = client.get(f"/images/{image_id}").json()
    assert details["state"] == "submitted"
    assert details["reading"]["submitted_revision"] == 2
    assert details["may"]["edit"] is False
    refused = save(client, image_id, 2, square(9))
    assert refused.status_code == 409
    assert revisions(client, image_id) == [2, 1]


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(
    client: httpx.Client, image_id: UUID
) -> None:
    labels = {**drawing(), "runs": [0, 1] * 2_500_000}
    assert save(client, image_id, 1, labels).status_code == 413


def test_what_a_person_drew_stays_the_one_to_build_upon_when_another_model_is_asked(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    drawn = save(client, image_id, 1).json()["revision"]
    with shared_site.database.write() as session:
        first = session.scalars(
            select(Mask).where(Mask.image_id == image_id, Mask.revision == 1)
        ).one()
        again = Mask(
            image_id=image_id,
            frame_id=first.frame_id,
            revision=drawn + 1,
            source=MaskSource.MODEL,
            model_name="another",
            model_version="1",
            result=first.result,
            settings_digest="1" * 64,
        )
        session.add(again)
    assert save(client, image_id, drawn, square(16)).status_code == 201
    assert save(client, image_id, drawn, square(20)).json()["code"] == "stale-revision"


def test_rulers_notes_and_what_was_decided_are_kept_with_draft_and_revision_and_shown_to_reviewers(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    line = [[2.0, 3.0], [8.0, 11.0]]
    drawn = square() | {
        "measurements": [
            {"kind": "ruler", "lines": [line]},
            {"kind": "angle", "lines": [[[2.0, 2.0], [9.0, 2.0]], [[2.0, 2.0], [2.0, 5.0]]]},
            {"kind": "volume", "lines": [line, [[1.0, 1.0], [1.0, 5.0]], [[0.0, 1.0], [5.0, 1.0]]]},
        ],
        "note": "Septum at three o'clock.",
        "kept": [1],
    }
    assert autosave(client, image_id, 0, drawn).status_code == 200
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == drawn
    saved = save(client, image_id, 1, drawn, submit=True).json()
    assert saved["note"] == "Septum at three o'clock."
    reviewer = shared_site.browser("reviewer")
    seen = reviewer.get(f"/images/{image_id}").json()["masks"][0]
    [ruler, angle, volume] = seen["measurements"]
    assert (ruler["kind"], ruler["lines"], ruler["length_px"]) == ("ruler", [line], [10.0])
    assert ruler["length_mm"] is None and ruler["angle_degrees"] is None
    assert angle["angle_degrees"] == 90
    # Without a known spacing, nothing is given in millimetres.
    assert volume["length_px"] == [10.0, 4.0, 5.0] and volume["volume_mm3"] is None
    assert seen["note"] == saved["note"]
    path = f"/images/{image_id}/masks/{saved['revision']}/labels"
    assert reviewer.get(path).json() == drawn


@pytest.mark.parametrize(
    "measurement",
    [
        {"kind": "protractor", "lines": [[[0, 0], [1, 1]]]},
        {"kind": "ruler", "lines": []},
        {"kind": "volume", "lines": [[[0, 0], [1, 1]], [[0, 0], [1, 1]]]},
        {"kind": "ruler", "lines": [[[0, 0]]]},
        {"kind": "ruler", "lines": [[[0, 0], [1, 1e9]]]},
        {"kind": "ruler", "lines": [[[0, 0], ["a", 1]]]},
    ],
)
def test_what_is_no_measurement_is_refused(
    client: httpx.Client, image_id: UUID, measurement: dict[str, object]
) -> None:
    drawn = square() | {"measurements": [measurement]}
    assert save(client, image_id, 1, drawn).status_code == 422
    assert len(client.get(f"/images/{image_id}").json()["masks"]) == 1
