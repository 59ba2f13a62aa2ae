"""`POST /segment`: what a script sends and receives."""

import csv
import json
import threading
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.files import files_under
from tests.processes import Processes, wait_until
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png, ultrasound_region
from worker.pipeline import decode_mask_png
from worker.pipeline.zoo import DEFAULT_MODEL

IDENTITIES = (b"ROENTGEN", b"Roentgen", b"PAT-4711", b"1.2.826.0.1.3680043.8.498.4711")


def post(client: httpx.Client, data: bytes, headers: dict | None = None, **query: Any):
    return client.post("/segment", content=data, params={"wait": 60, **query}, headers=headers)


def test_json_has_mask_lesions_provenance_and_timings(client: httpx.Client) -> None:
    image = ultrasound(384, 512, seed=41)
    answer = post(client, ultrasound_png(384, 512, 41))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    mask = decode_mask_png(b64decode(body["mask_png_base64"]))
    assert mask.shape == image.mask.shape
    assert sum(lesion["area_px"] for lesion in body["lesions"]) == pytest.approx(mask.sum(), 0.02)
    assert body["provenance"]["model"]["name"] == DEFAULT_MODEL
    assert len(body["provenance"]["model"]["sha256"]) == 64
    assert {"decode", "crop", "network", "crf", "morphology", "total"} <= set(body["timings_ms"])
    stored = client.get(body["links"]["mask"])
    assert np.array_equal(decode_mask_png(stored.content), mask)


def test_accept_chooses_mask_overlay_or_refusal(client: httpx.Client) -> None:
    data = ultrasound_png(seed=42)
    mask = post(client, data, {"Accept": "image/png"})
    overlay = post(client, data, {"Accept": "image/png; profile=overlay"})
    assert mask.headers["Content-Type"] == overlay.headers["Content-Type"] == "image/png"
    assert decode_mask_png(mask.content).shape == (384, 512)
    assert mask.content != overlay.content
    refused = post(client, data, {"Accept": "text/html"})
    assert refused.status_code == 406
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_an_overlay_is_drawn_when_somebody_asks_for_it_first(
    client: httpx.Client, running: tuple[Processes, str]
) -> None:
    blobs = running[0].folder / "blobs"
    answer = post(client, ultrasound_png(seed=44)).json()
    folder = blobs / "images" / answer["image_id"]
    assert (folder / "frame.png").exists()
    assert not (folder / "overlays").exists(), "nobody asked for it"
    by_job = client.get(answer["links"]["overlay"])
    assert by_job.status_code == 200, by_job.text
    kept = folder / "overlays" / f"{answer['mask_id']}.png"
    assert kept.read_bytes() == by_job.content
    asked = post(client, ultrasound_png(seed=44), output="overlay")
    assert asked.content == by_job.content, "drawn with the mask or later, it is the same"
    by_image = client.get(f"/images/{answer['image_id']}/overlay")
    tag = {"If-None-Match": by_image.headers["ETag"]}
    assert by_image.content == by_job.content
    assert client.get(f"/images/{answer['image_id']}/overlay", headers=tag).status_code == 304


def test_what_is_not_stored_has_an_overlay_only_if_it_was_wanted(client: httpx.Client) -> None:
    data = ultrasound_png(seed=45)
    body = post(client, data, store="false").json()
    assert body["links"]["mask"] and body["links"]["overlay"] is None
    overlay = post(client, data, store="false", output="overlay")
    assert overlay.status_code == 200 and overlay.headers["Content-Type"] == "image/png"
    kept = post(client, data, output="overlay")
    assert overlay.content == kept.content


def test_form_and_raw_body_give_the_same_mask(client: httpx.Client) -> None:
    data = ultrasound_png(seed=43)
    raw = post(client, data).json()
    form = client.post(
        "/segment", files={"file": ("x", data)}, data={"wait": "60", "store": "true"}
    ).json()
    assert raw["mask_png_base64"] == form["mask_png_base64"]
    assert raw["image_id"] == form["image_id"], "the same pixels are one image"
    assert raw["mask_id"] == form["mask_id"]
    job = client.get(f"/jobs/{form['job_id']}").json()
    assert job["duplicate"] is True


def test_a_form_that_cannot_be_read_says_what_to_send(client: httpx.Client) -> None:
    data = ultrasound_png(seed=43)
    two = client.post("/segment", files=[("file", ("x", data)), ("file", ("y", data))])
    no_boundary = client.post(
        "/segment", content=data, headers={"Content-Type": "multipart/form-data"}
    )
    for answer in (two, no_boundary):
        assert answer.status_code == 400
        assert answer.json()["code"] == "broken-form"
        assert answer.json()["detail"].endswith("Send the image as its part `file`, once.")


def test_without_waiting_the_job_is_named_and_can_be_followed(client: httpx.Client) -> None:
    answer = post(client, ultrasound_png(seed=44), wait=0)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/jobs/{answer.json()['id']}"
    done = wait_until(
        lambda: (job := client.get(answer.headers["Location"]).json())["state"] == "done" and job
    )
    assert done["progress"] == 1
    assert done["result"]["lesions"] is not None


def test_a_key_gives_the_same_job_and_refuses_another_image(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "study 9, image 1"}
    first = post(client, ultrasound_png(seed=45), key).json()
    again = post(client, ultrasound_png(seed=45), key).json()
    assert first["job_id"] == again["job_id"]
    other = post(client, ultrasound_png(seed=46), key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency-key-reused"


def test_two_requests_with_one_key_at_once_make_one_job(client: httpx.Client) -> None:
    data, found = ultrasound_png(seed=47), []

    def send() -> None:
        answer = post(client, data, {"Idempotency-Key": "twins"}, wait=0).json()
        found.append(answer.get("id") or answer["job_id"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty-file"),
        (b"PK\x03\x04" + b"\0" * 60, 415, "unsupported-archive"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported-svg"),
        (b"Dear colleague", 415, "unsupported-format"),
        (ultrasound_png(seed=48)[:2000], 400, "truncated-file"),
    ],
    ids=["empty", "zip", "svg", "text", "truncated"],
)
def test_what_is_no_image_is_refused_with_its_reason(
    client: httpx.Client, data: bytes, status: int, code: str
) -> None:
    answer = post(client, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20


def test_an_unknown_model_or_option_is_refused_with_the_choices(client: httpx.Client) -> None:
    unknown = post(client, ultrasound_png(seed=49), model="no-such-model")
    assert unknown.status_code == 422
    assert DEFAULT_MODEL in unknown.json()["detail"]
    assert post(client, ultrasound_png(seed=49), wait=1000).status_code == 422


def test_what_a_file_says_untruly_is_ignored_and_the_answer_says_so(client: httpx.Client) -> None:
    image = ultrasound(seed=48)
    region = ultrasound_region((0, 0, 1, 1))
    for store in (True, False):
        answer = post(client, ultrasound_dicom(image, [region], identifier="48"), store=store)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["spacing_mm"] is None
        (note,) = body["notes"]
        assert "it is too small for a picture" in note
        if store:
            frame = client.get(f"/images/{body['image_id']}").json()["frame"]
            assert frame["attributes"]["Notes"] == [note]
    plain = post(client, ultrasound_dicom(ultrasound(seed=49), identifier="49")).json()
    assert plain["notes"] == []


def test_millimetres_and_a_pseudonym_come_from_dicom_and_no_identity_stays(
    running: tuple[Processes, str], client: httpx.Client
) -> None:
    site, _ = running
    image = ultrasound(384, 512, seed=50)
    data = ultrasound_dicom(
        image,
        [ultrasound_region(image.sector_box)],
        PatientName="ROENTGEN^WILHELM",
        PatientID="PAT-4711",
        StudyInstanceUID="1.2.826.0.1.3680043.8.498.4711",
    )
    body = post(client, data).json()
    assert body["spacing_mm"] == {"row": pytest.approx(0.2), "column": pytest.approx(0.2)}
    assert all(lesion["long_axis_mm"] for lesion in body["lesions"])
    listed = client.get("/images", params={"sort": "newest"}).json()["items"][0]
    assert listed["subject"]["code"].startswith("S-")
    site.wait_until_sources_are_gone()
    leaks = [
        (path.relative_to(site.folder).as_posix(), identity)
        for path, data in files_under(site.folder)
        if path.name != "sonoloop.sqlite3-shm"
        for identity in IDENTITIES
        if identity in data
    ]
    assert not leaks


def test_events_tell_of_a_job_from_queue_to_end(
    running: tuple[Processes, str], client: httpx.Client
) -> None:
    seen: list[dict[str, Any]] = []
    with client.stream("GET", "/events", timeout=60) as stream:
        lines = stream.iter_lines()
        next(lines)
        # Large enough for a job that people notice: a shorter one sends only its end.
        large = ultrasound_png(height=2400, width=3200, seed=51)
        job_id = post(client, large, wait=0).json()["id"]
        for line in lines:
            if not line.startswith("data: "):
                continue
            data = json.loads(line.removeprefix("data: "))
            if data.get("id") == job_id:
                seen.append(data)
                if data["state"] == "done":
                    break
    states = [event["state"] for event in seen]
    assert states[-1] == "done"
    assert "running" in states
    assert seen[-1]["image_id"]


def test_real_images_give_sensible_outlines(client: httpx.Client) -> None:
    folder = Path(__file__).parents[4] / "shared" / "data" / "bus-bra"
    if not folder.is_dir():
        pytest.skip("the public data set does not lie beside this checkout")
    with (folder / "samples.csv").open() as file:
        validation = [row["id"] for row in csv.DictReader(file) if row["fold"] == "4"][::18]
    overlaps = []
    for name in validation:
        answer = post(client, (folder / "images" / f"{name}.jpg").read_bytes())
        mask = decode_mask_png(b64decode(answer.json()["mask_png_base64"]))
        truth = decode_mask_png((folder / "masks" / f"{name}.png").read_bytes())
        overlaps.append((mask & truth).sum() / (mask | truth).sum())
    assert np.mean(overlaps) > 0.7, overlaps
