"""One instance is one image, however and how often it arrives; a changed one is marked."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.behaviour.dicom.sending import instance, stow_body, stow_headers
from tests.processes import wait_until
from tests.running_site import Site
from tests.synthetic import ultrasound_region


@pytest.fixture
def project(product: Site) -> UUID:
    """A project for this test alone."""
    return product.add_project()


@pytest.fixture
def machine(product: Site, project: UUID) -> httpx.Client:
    """A sender in that project."""
    return product.script(product.add_person(project_id=project), "segment", "read")


def stow(client: httpx.Client, *files: bytes) -> None:
    answer = client.post("/dicomweb/studies", content=stow_body(files), headers=stow_headers())
    assert answer.status_code == 200, answer.text


def images(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    """Wait until no job is unfinished, check the number of images, and return them."""

    def done() -> list[dict[str, Any]] | None:
        jobs = client.get("/jobs").json()["items"]
        assert not [one["problem"] for one in jobs if one["state"] == "failed"]
        if any(one["state"] in ("queued", "running") for one in jobs):
            return None
        found: list[dict[str, Any]] = client.get("/images").json()["items"]
        return found

    found = wait_until(done, what="for the images")
    assert len(found) == count
    return found


def test_the_same_instance_by_two_doors_is_one_image_that_came_from_a_pacs(
    machine: httpx.Client,
) -> None:
    stow(machine, instance(11))
    (first,) = images(machine, 1)
    stow(machine, instance(11))
    sent = machine.post("/segment?wait=60", content=instance(11))
    assert sent.status_code == 200
    (again,) = images(machine, 1)
    assert again["id"] == first["id"] == sent.json()["image_id"]


def test_an_instance_whose_pixels_changed_is_a_new_image_that_says_so(
    machine: httpx.Client,
) -> None:
    stow(machine, instance(12))
    images(machine, 1)
    stow(machine, instance(12, drawn=13))
    both = images(machine, 2)
    notes = [
        machine.get(f"/images/{one['id']}").json()["frame"]["attributes"].get("Notes", [])
        for one in both
    ]
    assert [len([note for note in said if "other contents" in note]) for said in notes] in (
        [1, 0],
        [0, 1],
    )


def test_other_tags_around_the_same_pixels_make_no_second_image(machine: httpx.Client) -> None:
    stow(machine, instance(14))
    stow(machine, instance(14, PatientName="Roe^Richard"))
    images(machine, 1)


def test_the_regions_of_a_file_are_kept_each_with_its_kind_and_scale(
    machine: httpx.Client,
) -> None:
    left = ultrasound_region((0, 0, 64, 40), (0.02, 0.02))
    right = ultrasound_region((0, 40, 64, 40), (0.05, 0.05))
    stow(machine, instance(16, SequenceOfUltrasoundRegions=[left, right]))
    (one,) = images(machine, 1)
    frame = machine.get(f"/images/{one['id']}").json()["frame"]
    assert frame["spacing_mm"] is None
    assert [
        (part["kind"], part["left"], part["width"], part["row_mm"], part["spacing_source"])
        for part in frame["regions"]
    ] == [("2-d", 0, 40, 0.2, "file"), ("2-d", 40, 40, 0.5, "file")]


def test_a_deleted_image_comes_back_when_its_instance_is_sent_again(
    product: Site, project: UUID
) -> None:
    client = product.script(product.add_person(project_id=project), "segment", "read", "write")
    stow(client, instance(15))
    (first,) = images(client, 1)
    assert client.delete(f"/images/{first['id']}").status_code == 204
    stow(client, instance(15))
    (again,) = images(client, 1)
    assert again["id"] != first["id"]
