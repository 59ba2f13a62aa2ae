"""Masks as DICOM objects: under pseudonyms for those who may see the image."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.cines import cine_dataset, cine_frames
from tests.files import files_under
from tests.processes import Processes
from tests.synthetic import (
    dicom_bytes,
    ultrasound,
    ultrasound_dicom,
    ultrasound_png,
    ultrasound_region,
)
from tests.unit.worker.dicom.conftest import complaints

NAME, NUMBER = "Prefect^Ford", "HHGG-4242"


@pytest.fixture(scope="module")
def sent(client: httpx.Client) -> Iterator[dict[str, object]]:
    """The response for an image sent as DICOM."""
    region = ultrasound_region((0, 0, 384, 512))
    data = ultrasound_dicom(
        ultrasound(seed=4), [region], PatientName=NAME, PatientID=NUMBER, StudyDate="20240229"
    )
    answer = client.post("/segment?wait=60", content=data)
    assert answer.status_code == 200, answer.text
    assert answer.json()["lesions"]
    yield answer.json()


@pytest.mark.parametrize("kind", ["seg", "sr", "sc", "pr"])
def test_who_may_see_the_image_downloads_it_under_pseudonyms(
    client: httpx.Client,
    sent: dict[str, object],
    kind: str,
    tmp_path: Path,
) -> None:
    answer = client.get(f"/images/{sent['image_id']}/dicom?kind={kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/dicom"
    assert complaints(answer.content, tmp_path) == []
    assert b"Prefect" not in answer.content
    assert NUMBER.encode() not in answer.content
    assert b"20240229" not in answer.content
    written = dcmread(io.BytesIO(answer.content))
    shown = client.get(f"/images/{sent['image_id']}").json()
    assert written.PatientID == shown["subject"]["code"]
    assert written.PatientIdentityRemoved == "YES"
    again = client.get(f"/images/{sent['image_id']}/dicom?kind={kind}")
    assert again.content == answer.content


def test_its_pixels_are_the_masks(client: httpx.Client, sent: dict[str, object]) -> None:
    answer = client.get(f"/images/{sent['image_id']}/dicom")
    png = client.get(f"/images/{sent['image_id']}/mask").content
    mask = np.asarray(Image.open(io.BytesIO(png)))
    assert mask.any()
    assert np.array_equal(dcmread(io.BytesIO(answer.content)).pixel_array.squeeze() > 0, mask > 0)


def test_all_of_an_image_are_one_study(client: httpx.Client, sent: dict[str, object]) -> None:
    made = [
        dcmread(io.BytesIO(client.get(f"/images/{sent['image_id']}/dicom?kind={kind}").content))
        for kind in ("seg", "sr")
    ]
    assert len({one.StudyInstanceUID for one in made}) == 1
    assert len({one.SeriesInstanceUID for one in made}) == 2


def parts(answer: httpx.Response) -> list[Dataset]:
    """Return the files of a multipart response."""
    kind = answer.headers["Content-Type"]
    assert kind.startswith('multipart/related; type="application/dicom"; boundary=')
    boundary = kind.rpartition("=")[2].encode()
    pieces = answer.content.split(b"--" + boundary)[1:-1]
    bodies = [piece.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for piece in pieces]
    return [dcmread(io.BytesIO(body)) for body in bodies]


IDENTITY = {
    "PatientName": "Dent^Arthur",
    "PatientID": "HHGG-0001",
    "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.1",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.8.498.2",
    "SOPInstanceUID": "1.2.826.0.1.3680043.8.498.3",
    "AccessionNumber": "ACC-1",
    "StudyID": "7",
}


def dicom_file(seed: int) -> bytes:
    return ultrasound_dicom(
        ultrasound(seed=seed), [ultrasound_region((0, 0, 384, 512))], **IDENTITY
    )


@pytest.mark.parametrize(("store", "seed"), [("true", 5), ("false", 6)])
def test_a_script_gets_a_segmentation_in_the_study_of_its_file(
    running: tuple[Processes, str],
    client: httpx.Client,
    store: str,
    seed: int,
    tmp_path: Path,
) -> None:
    answer = client.post(
        f"/segment?wait=60&store={store}",
        content=dicom_file(seed),
        headers={"Accept": "application/dicom"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/dicom"
    assert complaints(answer.content, tmp_path) == []
    seg = dcmread(io.BytesIO(answer.content))
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber", "StudyID"):
        assert seg[keyword].value == IDENTITY[keyword]
    assert seg.SourceImageSequence[0].ReferencedSOPInstanceUID == IDENTITY["SOPInstanceUID"]
    as_png = client.post(
        f"/segment?wait=60&store={store}",
        content=dicom_file(seed),
        headers={"Accept": "image/png"},
    )
    mask = np.asarray(Image.open(io.BytesIO(as_png.content))) > 0
    assert mask.any()
    assert np.array_equal(seg.pixel_array.squeeze() > 0, mask)
    needles = [b"Dent^Arthur", b"HHGG-0001", IDENTITY["SOPInstanceUID"].encode()]
    running[0].wait_until_sources_are_gone()
    for path, data in files_under(running[0].folder):
        assert not [one for one in needles if one in data], path.name


@pytest.mark.parametrize(("store", "seed"), [("true", 7), ("false", 8)])
def test_a_script_gets_all_objects_at_once(client: httpx.Client, store: str, seed: int) -> None:
    answer = client.post(
        f"/segment?wait=60&store={store}",
        content=dicom_file(seed),
        headers={"Accept": 'multipart/related; type="application/dicom"'},
    )
    assert answer.status_code == 200, answer.text
    made = parts(answer)
    assert [one.Modality for one in made] == ["SEG", "SR", "US"]
    assert {str(one.StudyInstanceUID) for one in made} == {IDENTITY["StudyInstanceUID"]}


@pytest.mark.parametrize(
    "accept", ["application/dicom", 'multipart/related; type="application/dicom"']
)
def test_of_a_cine_every_segmented_frame_is_in_the_answer(
    client: httpx.Client, accept: str, tmp_path: Path
) -> None:
    dataset = cine_dataset(cine_frames(5, named=False)[0])
    for keyword, value in IDENTITY.items():
        setattr(dataset, keyword, value)
    headers = {"Accept": accept}
    answer = client.post("/segment?wait=60", content=dicom_bytes(dataset), headers=headers)
    assert answer.status_code == 200, answer.text
    several = "multipart" in accept
    made = parts(answer) if several else [dcmread(io.BytesIO(answer.content))]
    assert [one.Modality for one in made] == (["SEG", "SR", "US"] if several else ["SEG"])
    for one in made:
        assert one.StudyInstanceUID == IDENTITY["StudyInstanceUID"]
    groups = made[0].PerFrameFunctionalGroupsSequence
    drawn = {int(group.FrameContentSequence[0].TemporalPositionIndex) for group in groups}
    assert drawn == {1, 2, 3, 4, 5}
    if not several:
        assert complaints(answer.content, tmp_path) == []


def test_probabilities_are_answered_where_nothing_is_kept(client: httpx.Client) -> None:
    headers = {"Accept": "application/dicom; profile=probability"}
    address = "/segment?wait=60&store=false"
    answer = client.post(address, content=dicom_file(9), headers=headers)
    assert answer.status_code == 200, answer.text
    assert dcmread(io.BytesIO(answer.content)).SegmentationType == "FRACTIONAL"
    kept = client.post("/segment?wait=60", content=dicom_file(9), headers=headers)
    assert (kept.status_code, kept.json()["code"]) == (422, "probability-not-kept")


@pytest.mark.parametrize("store", ["true", "false"])
def test_a_file_that_is_no_dicom_has_no_such_answer(client: httpx.Client, store: str) -> None:
    answer = client.post(
        f"/segment?wait=60&store={store}",
        content=ultrasound_png(seed=10),
        headers={"Accept": "application/dicom"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "no-dicom-source")
