"""A worker measures every revision of a person, whichever process is killed meanwhile."""

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from pydicom import dcmread

from tests.behaviour.masks.sending import labels_of
from tests.connections import BRIEFLY
from tests.faults.conftest import prepare
from tests.processes import Processes, children, opened, wait_until
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png, ultrasound_region

HEIGHT, WIDTH = 384, 512


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A broker and a migrated database, without API and worker."""
    for processes in opened(tmp_path_factory.mktemp("measured") / "data"):
        prepare(processes)
        yield processes


@pytest.fixture(scope="module")
def client(site: Processes) -> Iterator[httpx.Client]:
    """A script that may send, read and write, with API and worker running."""
    _, url = site.start_api()
    site.start_worker()
    headers = {"Authorization": f"Bearer {site.token()}"}
    with httpx.Client(base_url=url, headers=headers, timeout=90, limits=BRIEFLY) as client:
        yield client


def upload(client: httpx.Client, seed: int) -> str:
    """Upload an image with a spacing of 0.2 mm, wait for its prediction, and return its id."""
    image = ultrasound(HEIGHT, WIDTH, seed=seed)
    data = ultrasound_dicom(image, [ultrasound_region(image.sector_box)])
    answer = client.post("/segment", params={"wait": 60}, content=data)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["image_id"])


def save(
    client: httpx.Client, image_id: str, parent: int, labels: NDArray[np.uint8], **names: str
) -> dict[str, Any]:
    body = {
        "parent_revision": parent,
        "labels": labels_of(WIDTH, HEIGHT, labels.ravel().tolist(), **names),
        "answer": "lesions" if labels.any() else "no-lesion",
        "seconds": 30,
    }
    answer = client.post(f"/images/{image_id}/masks", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def measured(client: httpx.Client, image_id: str, revision: int) -> dict[str, Any]:
    """Wait until a worker has measured the revision and return it."""

    def found() -> dict[str, Any] | None:
        try:
            masks = client.get(f"/images/{image_id}").json()["masks"]
        except httpx.HTTPError:
            return None
        mask = next(mask for mask in masks if mask["revision"] == revision)
        return mask if mask["result"] else None

    wait_until(found, what=f"for revision {revision} to be measured")
    return dict(client.get(f"/images/{image_id}/masks/{revision}").json())


def two_touching() -> NDArray[np.uint8]:
    """Return a lesion of 40 × 30 px that touches one of 20 × 30 px with a separate island."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[100:130, 200:240] = 1
    labels[100:130, 240:260] = 2
    labels[150:160, 300:310] = 2
    return labels


def pixels(client: httpx.Client, image_id: str, what: str, revision: int) -> NDArray[Any]:
    answer = client.get(f"/images/{image_id}/{what}", params={"revision": revision})
    assert answer.status_code == 200, answer.text
    with Picture.open(BytesIO(answer.content)) as picture:
        return np.asarray(picture)


def test_lesions_are_measured_by_label_and_in_mm(client: httpx.Client) -> None:
    image_id = upload(client, 61)
    saved = save(client, image_id, 1, two_touching(), **{"2": "satellite"})
    assert saved["result"] is None
    mask = measured(client, image_id, 2)
    first, second = mask["result"]["lesions"]
    assert (first["label"], second["label"]) == (1, 2)
    assert (first["area_px"], second["area_px"]) == (1200, 700)
    assert first["area_mm2"] == pytest.approx(1200 * 0.04, rel=0.01)
    assert first["long_axis_mm"] == pytest.approx(np.hypot(40, 30) * 0.2, rel=0.05)
    assert second["box"] == {"top": 100, "left": 240, "height": 60, "width": 70}
    assert len(second["other_contours"]) == 1
    assert first["mean_probability"] is None
    assert mask["names"] == {"2": "satellite"}
    listed = client.get(f"/images/{image_id}").json()
    assert listed["lesion_count"] == 2
    assert listed["long_axis_mm"] == max(first["long_axis_mm"], second["long_axis_mm"])
    overlay = pixels(client, image_id, "overlay", 2)
    frame = client.get(f"/images/{image_id}/frame").content
    grey = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_UNCHANGED)
    assert overlay.shape == (HEIGHT, WIDTH, 3)
    changed = (overlay != (grey if grey.ndim == 3 else grey[..., None])).any(axis=2)
    assert changed[two_touching() > 0].mean() > 0.95
    assert not changed[300:, :100].any()


def test_a_lesion_in_a_spectrum_has_no_millimetres_on_the_page_or_in_the_report(
    client: httpx.Client,
) -> None:
    image = ultrasound(HEIGHT, WIDTH, seed=64)
    spectrum = ultrasound_region((250, 0, HEIGHT - 250, WIDTH))
    spectrum.RegionSpatialFormat = spectrum.RegionDataType = 3
    regions = [ultrasound_region((0, 0, 250, WIDTH)), spectrum]
    data = ultrasound_dicom(image, regions)
    image_id = str(client.post("/segment", params={"wait": 60}, content=data).json()["image_id"])
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[100:130, 200:240], labels[300:330, 200:240] = 1, 2
    save(client, image_id, 1, labels)
    picture, spectral = measured(client, image_id, 2)["result"]["lesions"]
    assert picture["area_mm2"] == pytest.approx(1200 * 0.04, rel=0.01)
    assert spectral["area_px"] == 1200
    assert {spectral[name] for name in ("area_mm2", "long_axis_mm", "short_axis_mm")} == {None}
    report = client.get(f"/images/{image_id}/dicom", params={"kind": "sr"})
    assert report.status_code == 200, report.text
    units = [
        one.value[0].CodeValue
        for one in dcmread(BytesIO(report.content)).iterall()
        if one.keyword == "MeasurementUnitsCodeSequence"
    ]
    assert sorted(units) == ["mm", "mm", "mm2", "{pixels}", "{pixels}", "{pixels}"]


def test_effort_is_measured_against_the_models_mask(client: httpx.Client) -> None:
    image_id = upload(client, 62)
    predicted = pixels(client, image_id, "mask", 1)
    save(client, image_id, 1, predicted.astype(np.uint8))
    untouched = measured(client, image_id, 2)
    assert (untouched["dice"], untouched["untouched"]) == (1.0, True)
    other = np.roll(predicted, 9, axis=1)
    save(client, image_id, 2, other.astype(np.uint8))
    changed = measured(client, image_id, 3)
    overlap = 2 * (predicted & other).sum() / (predicted.sum() + other.sum())
    assert changed["dice"] == pytest.approx(overlap)
    assert changed["untouched"] is False, "against the model's mask, not against the parent"


def test_no_lesion_and_a_restored_prediction_are_measured_too(client: httpx.Client) -> None:
    image_id = upload(client, 63)
    save(client, image_id, 1, np.zeros((HEIGHT, WIDTH), np.uint8))
    none = measured(client, image_id, 2)
    assert none["result"]["lesions"] == []
    assert client.get(f"/images/{image_id}").json()["lesion_count"] == 0
    address = f"/images/{image_id}/masks/1/restore"
    assert client.post(address, json={"parent_revision": 2}).status_code == 201
    restored = measured(client, image_id, 3)
    model = next(
        mask
        for mask in client.get(f"/images/{image_id}").json()["masks"]
        if mask["source"] == "model"
    )
    areas = [sorted(one["area_px"] for one in m["result"]["lesions"]) for m in (restored, model)]
    assert areas[0] == areas[1]
    assert (restored["dice"], restored["untouched"]) == (1.0, True)


def test_another_models_run_leaves_a_persons_state_alone(client: httpx.Client) -> None:
    image_id = upload(client, 64)
    save(client, image_id, 1, two_touching())
    measured(client, image_id, 2)
    job = client.post(f"/images/{image_id}/segment", json={}).json()
    wait_until(lambda: client.get(f"/jobs/{job['id']}").json()["state"] == "done")
    assert client.get(f"/images/{image_id}").json()["state"] == "in-correction"


def test_a_worker_killed_while_it_measures_costs_time_only(
    site: Processes, client: httpx.Client
) -> None:
    images = [upload(client, seed) for seed in (65, 66)]
    workers = [process for process in site.running if process.poll() is None]
    for _ in range(10):
        for image_id in images:
            parent = client.get(f"/images/{image_id}").json()["masks"][0]["revision"]
            save(client, image_id, parent, np.roll(two_touching(), parent, axis=0))
        for process in workers:
            if "worker" in " ".join(map(str, process.args)):  # type: ignore[arg-type]
                for child in children(process.pid):
                    child.kill()
    for image_id in images:
        for revision in range(2, 12):
            assert len(measured(client, image_id, revision)["result"]["lesions"]) == 2


def test_an_api_killed_between_pixels_and_row_leaves_nothing_that_is_not_swept(
    site: Processes, client: httpx.Client
) -> None:
    image_id = upload(client, 67)
    api, url = site.start_api()
    headers = {"Authorization": client.headers["Authorization"]}
    masks = site.folder / "blobs" / "images" / image_id / "masks"
    before = set(masks.iterdir())
    # Another connection holds the write lock, so the API stops exactly between the two.
    blocker = sqlite3.connect(site.folder / "sonoloop.sqlite3", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    failures: list[Exception] = []

    def send() -> None:
        try:
            with httpx.Client(base_url=url, headers=headers, timeout=60) as victim:
                save(victim, image_id, 1, two_touching())
        except Exception as error:
            failures.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        wait_until(lambda: set(masks.iterdir()) - before, what="for the pixels")
        assert isinstance(api, subprocess.Popen)
        site.kill(api)
        sender.join()
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert failures, "the browser must have noticed"
    details = client.get(f"/images/{image_id}").json()
    assert [mask["revision"] for mask in details["masks"]] == [1]
    site.run("sweep", "--older-than", "0")
    assert set(masks.iterdir()) == before
    assert save(client, image_id, 1, two_touching())["revision"] == 2


def test_uploads_do_not_wait_behind_a_flood_of_saves(client: httpx.Client) -> None:
    """Measuring is fast: an upload queued after 60 revisions of 200,000 px still takes seconds."""
    image_id = upload(client, 68)
    for parent in range(1, 61):
        save(client, image_id, parent, np.roll(two_touching(), parent, axis=0))
    answer = client.post("/segment", params={"wait": 30}, content=ultrasound_png(seed=69))
    assert answer.status_code == 200, answer.text
