"""A model's classes become the project's classes that an admin chooses for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.masks.tables import Mask
from tests.behaviour.deployments.versions import working
from tests.behaviour.label_sets.rows import followed
from tests.behaviour.masks.sending import save
from tests.running_site import Site
from tests.unit.worker.pipeline.dark import write_classes_model
from tests.unit.worker.pipeline.test_classes import SETTINGS, picture
from worker import serving
from worker.pipeline import encode_png
from worker.pipeline.artifact import read_artifact
from worker.registry.intake import take_in
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

MODEL = "two-kinds@1.0.0"
CLASSES = f"/models/{MODEL.replace('@', '/')}/classes"


@pytest.fixture
def runtime(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)
    with working(site) as opened:
        yield opened


def newest(admin: httpx.Client, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = admin.get(f"/images/{image_id}").json()["masks"][0]
    return found


def kinds(admin: httpx.Client, image_id: str, revision: int) -> dict[str, str]:
    answer = admin.get(f"/images/{image_id}/masks/{revision}/labels")
    assert answer.status_code == 200, answer.text
    classes: dict[str, str] = answer.json()["classes"]
    return classes


def test_classes_of_a_model_go_where_the_project_has_them(
    site: Site, runtime: Runtime, tmp_path: Path
) -> None:
    admin = site.browser(Role.ADMIN)
    classes = [{"name": "Cyst"}, {"name": "Stone", "kind": "region", "overlaps": True}]
    made = followed(admin, "Kinds", classes=[{**one, "colour": "#4fc3f7"} for one in classes])
    cyst, stone = (one["id"] for one in made["classes"])
    take_in(runtime, read_artifact(write_classes_model(tmp_path, pipeline=SETTINGS)), {})

    # "cyst" is the name of a class; no class is guessed for the other.
    body = {"model": MODEL, "reason": "Tells stones."}
    refused = admin.post("/deployments", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "classes-unmapped")
    assert refused.json()["unmapped"] == ["calcification"]
    assert site.browser(Role.ANNOTATOR).put(CLASSES, json={"targets": {}}).status_code == 403
    wrong = admin.put(CLASSES, json={"targets": {"node": stone}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown-class")
    placed = admin.put(CLASSES, json={"targets": {"calcification": stone}})
    assert placed.json()["items"] == [
        {"name": "cyst", "target": cyst},
        {"name": "calcification", "target": stone},
    ]
    assert admin.post("/deployments", json=body).status_code == 201

    sent = admin.post(
        "/segment", files={"file": ("image", encode_png(picture()))}, data={"wait": "0"}
    )
    assert sent.status_code == 202, sent.text
    while run(runtime, SEGMENT_QUEUE):
        finish_all()
    said = admin.get(f"/jobs/{sent.json()['id']}").json()["result"]
    told = [(one["class_name"], one["class_id"]) for one in said["lesions"]]
    assert told == [("cyst", cyst), ("calcification", stone), ("cyst", cyst)]
    assert all(one["mean_probability"] > 0.8 for one in said["lesions"])

    # A person who opens the image finds the classes; it is untouched only if none is changed.
    image_id = said["image_id"]
    assert kinds(admin, image_id, 1) == {"1": cyst, "2": stone, "3": cyst}
    labels = admin.get(f"/images/{image_id}/masks/1/labels").json()
    assert [layer["class_id"] for layer in labels["overlays"]] == [stone]
    revision = 1
    for classes, untouched in ((labels["classes"], True), ({"1": cyst, "2": stone}, False)):
        drawn = {**labels, "classes": classes}
        saved = save(admin, UUID(image_id), revision, labels=drawn)
        assert saved.status_code == 201, saved.text
        revision = saved.json()["revision"]
        while run(runtime, SEGMENT_QUEUE):
            finish_all()
        with site.database.read() as session:
            rows = session.query(Mask).filter_by(image_id=UUID(image_id), revision=revision)
            assert rows.one().untouched is untouched


def test_what_is_left_out_is_not_drawn_and_a_new_answer_says_so(
    site: Site, runtime: Runtime, tmp_path: Path
) -> None:
    admin = site.browser(Role.ADMIN)
    made = followed(admin, "Kinds", classes=[{"name": "Cyst", "colour": "#4fc3f7"}])
    cyst = made["classes"][0]["id"]
    take_in(runtime, read_artifact(write_classes_model(tmp_path, pipeline=SETTINGS)), {})
    admin.put(CLASSES, json={"targets": {"calcification": cyst}})
    body = {"model": MODEL, "reason": "Better."}
    assert admin.post("/deployments", json=body).status_code == 201
    png = {"file": ("image", encode_png(picture()))}
    admin.post("/segment", files=png, data={"wait": "0"})
    while run(runtime, SEGMENT_QUEUE):
        finish_all()
    (image,) = admin.get("/images").json()["items"]
    assert kinds(admin, image["id"], 1) == {"1": cyst, "2": cyst, "3": cyst}
    admin.put(CLASSES, json={"targets": {"calcification": "leave-out"}})
    again = admin.post(f"/images/{image['id']}/segment", json={})
    assert again.status_code == 202, again.text
    while run(runtime, SEGMENT_QUEUE) or run(runtime, BACKGROUND_QUEUE):
        finish_all()
    assert newest(admin, image["id"])["revision"] == 2
    assert kinds(admin, image["id"], 2) == {"1": cyst, "2": cyst}
