"""The eight kinds of MMOTU survive import, editing, review, every export and import again, class by
class, and nothing is assigned to a class that nobody chose."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from app.images.tables import Frame, frame_key
from app.masks.tables import Mask
from tests.behaviour.exports.archives import exported, work
from tests.behaviour.exports.rows import speckle
from tests.behaviour.imports.sending import checked, zipped
from tests.behaviour.label_sets.rows import KINDS, followed
from tests.behaviour.masks.sending import save
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from worker.formats.layouts import WRITERS
from worker.pipeline import decode_png, encode_png
from worker.storage.drawing import Drawing

CALLED = [kind.upper().replace(" ", "_") for kind in KINDS]
"""The archive's names for the kinds."""
HEIGHT, WIDTH = 80, 100


def boxes(image: int) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Return indices into `CALLED` and boxes (x, y, width, height) of an image: four kinds."""
    places = [(4, 4), (54, 4), (4, 44), (54, 44)]
    return [
        ((4 * image + at) % 8, (x, y, 20 + 2 * at, 12 + 3 * image))
        for at, (x, y) in enumerate(places)
    ]


def archive(*more: str) -> bytes:
    """Return a COCO archive of two synthetic images with other names for the kinds.

    Args:
        more: a further class with one lesion in the second image.
    """
    names = [*CALLED, *more]
    annotations, images, files = [], [], {}
    for image in range(2):
        files[f"images/{image}.png"] = encode_png(speckle(image, HEIGHT, WIDTH))
        images.append({"id": image, "file_name": f"images/{image}.png"})
        drawn = boxes(image) + [(8, (40, 30, 9, 9)) for _ in more if image]
        for kind, (x, y, w, h) in drawn:
            corners = [x, y, x + w, y, x + w, y + h, x, y + h]
            annotations.append(
                {"image_id": image, "category_id": kind, "segmentation": [corners], "id": 1}
            )
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": at, "name": name} for at, name in enumerate(names)],
    }
    return zipped({**files, "annotations.json": json.dumps(document).encode()})


@pytest.fixture
def ids(site: Site) -> dict[str, str]:
    """The ids of the eight kinds, which the first project follows."""
    made = followed(site.browser("admin"), "Ovarian tumours", ready="ovarian-tumours")
    return {one["name"]: one["id"] for one in made["classes"]}


@pytest.fixture
def other(tmp_path: Path, valkey: str) -> Iterator[Site]:
    """Another installation, which has the same kinds with its own ids."""
    with running_site(fresh_settings(tmp_path / "other", valkey)) as site:
        followed(site.browser("admin"), "Ovarian tumours", ready="ovarian-tumours")
        yield site


def kinds_of(site: Site, client: httpx.Client) -> dict[bytes, NDArray[np.uint8]]:
    """Return the class of each pixel (index into `KINDS` plus 1) of every approved image, by the
    image's pixels."""
    (mine,) = (one for one in client.get("/label-sets").json()["items"] if one["project_ids"])
    names = {one["id"]: one["name"] for one in mine["classes"]}
    found = {}
    with site.database.read() as session:
        for frame, mask in session.execute(
            select(Frame, Mask).join(Mask, Mask.id == Frame.approved_mask_id)
        ):
            assert mask.labels is not None
            drawing = Drawing.from_json(mask.labels, frame.height, frame.width)
            kinds = np.zeros((frame.height, frame.width), np.uint8)
            for number in drawing.numbers:
                kinds[drawing.lesion(number)] = (
                    KINDS.index(names[str(drawing.class_of(number))]) + 1
                )
            pixels = decode_png(site.blobs.get(frame_key(frame.image_id, None)))
            found[(pixels if pixels.ndim == 2 else pixels[..., 0]).tobytes()] = kinds
    return found


def test_eight_kinds_survive_import_editing_review_export_and_import_again(
    site: Site, other: Site, ids: dict[str, str]
) -> None:
    admin, reviewer = site.browser("admin"), site.browser("reviewer")
    details = checked(site, admin, archive("MYSTERY"))
    wanted = {kind: {"lesions": 1, "images": 1} for kind in [*CALLED, "MYSTERY"]}
    assert details["checked"]["classes"] == wanted
    assert details["unmapped"] == sorted({*wanted} - {"TERATOMA"}), "of one name but for case"

    apply = details["links"]["apply"]
    mapping = {called: ids[kind] for called, kind in zip(CALLED, KINDS, strict=True)}
    refused = admin.post(apply, json={"mapping": mapping})
    assert (refused.status_code, refused.json()["unmapped"]) == (409, ["MYSTERY"])
    assert admin.get("/images").json()["total"] == 0, "nothing is merged into another class"
    told = admin.post(apply, json={"mapping": {**mapping, "MYSTERY": "leave-out"}})
    assert told.status_code == 202, told.text
    work(site, told.json()["links"]["job"])
    report = admin.get(details["links"]["self"]).json()["applied"]
    assert (report["new_images"], report["lesions"], report["bad"]) == (2, 8, 0)

    expected = {}
    for image in range(2):
        kinds = np.zeros((HEIGHT, WIDTH), np.uint8)
        for kind, (x, y, w, h) in boxes(image):
            kinds[y : y + h, x : x + w] = kind + 1
        expected[speckle(image, HEIGHT, WIDTH).tobytes()] = kinds
    edit(admin, ids[KINDS[3]], ids[KINDS[7]])
    for kinds in expected.values():
        kinds[kinds == 4] = 8  # the edit
    for item in admin.get("/images").json()["items"]:
        revision = admin.get(f"/images/{item['id']}").json()["masks"][0]["revision"]
        decision = {"revision": revision, "verdict": "approved"}
        done = reviewer.post(f"/images/{item['id']}/reviews", json=decision)
        assert done.status_code == 201, done.text
    same(kinds_of(site, admin), expected)

    away = other.browser("admin")
    for place, format in enumerate(WRITERS):
        sent = exported(site, admin, format)
        again = checked(other, away, sent)
        assert (again["state"], again["unmapped"]) == ("checked", []), (format, again)
        assert set(again["checked"]["classes"]) == {*KINDS} - {KINDS[3]}, format
        if place:
            assert again["checked"]["unchanged"] == 2, (format, again["checked"])
        else:
            stored = away.post(again["links"]["apply"], json={"stored_as": "approved"})
            work(other, stored.json()["links"]["job"])
            same(kinds_of(other, away), expected)


def edit(admin: httpx.Client, before: str, after: str) -> None:
    """Change the class of the only lesion of a class, and submit the image again."""
    for item in admin.get("/images").json()["items"]:
        image = f"/images/{item['id']}"
        newest = admin.get(image).json()["masks"][0]["revision"]
        labels = admin.get(f"{image}/masks/{newest}/labels").json()
        for number, kind in labels["classes"].items():
            if kind == before:
                assert admin.delete(f"{image}/submit").is_success
                labels["classes"][number] = after
                saved = save(admin, UUID(item["id"]), newest, labels, submit=True)
                assert saved.status_code == 201, saved.text
                return
    raise AssertionError("no lesion has the class")


def same(found: dict[bytes, NDArray[np.uint8]], expected: dict[bytes, NDArray[np.uint8]]) -> None:
    assert found.keys() == expected.keys()
    for pixels, kinds in found.items():
        assert np.array_equal(kinds, expected[pixels])
