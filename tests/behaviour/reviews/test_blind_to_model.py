"""If a project requires it, readers draw without having seen the model's outline."""

from typing import Any
from uuid import UUID

import pytest

from app.accounts.tables import Role, User
from app.core.ids import new_id
from app.images.tables import Image
from app.jobs.tables import Job, JobState
from tests.running_site import Site, drawing
from tests.synthetic import ultrasound_png


def hidden_image(site: Site, owner: User) -> UUID:
    """Add an image that arrived while its project hid the model's outline from readers."""
    image_id = site.add_image(owner)
    with site.database.write() as session:
        session.get_one(Image, image_id).model_hidden = True
    return image_id


def seen(site: Site, who: User | str, image_id: UUID) -> dict[str, Any]:
    answer = site.browser(who).get(f"/images/{image_id}")
    assert answer.status_code == 200
    details: dict[str, Any] = answer.json()
    return details


def test_a_reader_begins_with_an_empty_mask_and_sees_the_models_after_handing_in(
    shared_site: Site,
) -> None:
    site = shared_site
    reader = site.add_person(Role.ANNOTATOR)
    image_id, client = hidden_image(site, reader), site.browser(reader)
    before = seen(site, reader, image_id)
    assert (before["masks"], before["model_hidden"]) == ([], True)
    figures = ("lesion_count", "uncertainty_score", "long_axis_mm")
    assert [before[name] for name in figures] == [None] * 3
    saved = client.post(
        f"/images/{image_id}/masks",
        json={
            "parent_revision": None,
            "labels": drawing(),
            "answer": "lesions",
            "seconds": 3,
            "submit": True,
        },
    )
    assert saved.status_code == 201, saved.text
    after = seen(site, reader, image_id)
    assert {mask["source"] for mask in after["masks"]} == {"model", "human"}
    assert not after["model_hidden"]
    assert client.get(f"/images/{image_id}/mask", params={"revision": 1}).status_code == 200


@pytest.mark.parametrize("path", ["mask", "mask?revision=1", "overlay", "masks/1"])
def test_no_address_gives_the_models_mask_to_a_reader(shared_site: Site, path: str) -> None:
    site = shared_site
    reader = site.add_person(Role.ANNOTATOR)
    image_id = hidden_image(site, reader)
    assert site.browser(reader).get(f"/images/{image_id}/{path}").status_code == 404


@pytest.mark.parametrize("output", ["json", "mask", "overlay", "seg"])
def test_a_request_is_told_that_the_image_is_stored_and_why_there_is_no_mask(
    shared_site: Site, output: str
) -> None:
    site = shared_site
    reader = site.add_person(Role.ANNOTATOR)
    client = site.script(reader, "segment")
    sent = {"content": ultrasound_png(), "headers": {"Idempotency-Key": new_id().hex}}
    queued = client.post("/segment?wait=0", **sent)
    assert queued.status_code == 202, queued.text
    image_id = hidden_image(site, reader)
    with site.database.write() as session:  # as a worker would store it
        job = session.get_one(Job, UUID(queued.json()["id"]))
        job.state, job.image_id, job.result = JobState.DONE, image_id, {}
    answer = client.post(f"/segment?output={output}", **sent)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "model-hidden")
    assert (problem["image_id"], problem["job_id"]) == (str(image_id), str(job.id))
    assert answer.headers["Location"] == f"/jobs/{job.id}"


@pytest.mark.parametrize("act", ["refine", "box"])
def test_the_model_does_not_help_to_draw(shared_site: Site, act: str) -> None:
    site = shared_site
    reader = site.add_person(Role.ANNOTATOR)
    image_id, size = hidden_image(site, reader), 32 * 24
    body = {
        "refine": {"width": 32, "height": 24, "mask": [0, size], "scribbles": [0, size - 4, 1, 4]},
        "box": {"box": {"top": 4, "left": 4, "height": 8, "width": 8}},
    }[act]
    answer = site.browser(reader).post(f"/images/{image_id}/{act}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "blind-to-model")


@pytest.mark.parametrize("query", ["lesions=one", "sort=uncertain"])
def test_no_list_tells_what_the_model_found(shared_site: Site, query: str) -> None:
    site = shared_site
    reader = site.add_person(Role.ANNOTATOR)
    image_id = hidden_image(site, reader)
    shown = site.browser(reader).get("/images").json()["items"]
    assert [(one["id"], one["lesion_count"]) for one in shown] == [(str(image_id), None)]
    assert site.browser(reader).get(f"/images?{query}").json()["items"] == []


def test_the_order_of_the_list_does_not_tell_where_the_model_was_unsure(
    shared_site: Site,
) -> None:
    site = shared_site
    project = site.add_project(blind_to_model=True)
    reader, reviewer = site.add_person(Role.ANNOTATOR), site.add_person(Role.REVIEWER)
    site.add_member(project, reader)
    site.add_member(project, reviewer, Role.REVIEWER)
    images = [site.add_image(reader, project) for _ in range(3)]
    with site.database.write() as session:
        for image_id, score in zip(images, (0.2, 0.9, 0.5), strict=True):
            image = session.get_one(Image, image_id)
            image.model_hidden, image.uncertainty_score = True, score

    def listed(who: User, **query: Any) -> tuple[list[UUID], dict[str, Any]]:
        params = {"project": str(project), "sort": "priority", **query}
        page = site.browser(who).get("/images", params=params).json()
        return [UUID(one["id"]) for one in page["items"]], page

    ids, page = listed(reader, limit=2)
    assert (ids, page["by_uncertainty"]) == (images[:2], False)
    assert listed(reader, cursor=page["next_cursor"])[0] == images[2:]
    ids, page = listed(reviewer)
    assert (ids, page["by_uncertainty"]) == ([images[1], images[2], images[0]], True)
    site.add_reading(images[1], reviewer, submitted=False)
    ids, page = listed(reviewer)
    assert (ids, page["by_uncertainty"]) == (images, False)
    assert listed(reviewer, sort="uncertain")[0] == [images[2], images[0]]
    assert listed(reviewer, lesions="one")[0] == [images[0], images[2]]


def test_reviewers_who_do_not_read_it_see_the_model(shared_site: Site) -> None:
    site = shared_site
    image_id = hidden_image(site, site.add_person(Role.ANNOTATOR))
    assert [mask["source"] for mask in seen(site, "reviewer", image_id)["masks"]] == ["model"]


def test_a_reviewer_who_is_to_read_it_does_not(shared_site: Site) -> None:
    site = shared_site
    image_id = hidden_image(site, site.add_person(Role.ANNOTATOR))
    reviewer = site.add_person(Role.REVIEWER)
    site.add_reading(image_id, reviewer, submitted=False)
    assert seen(site, reviewer, image_id)["masks"] == []
