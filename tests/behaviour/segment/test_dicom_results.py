"""A mask leaves as a DICOM object: under pseudonyms for whoever may see the image."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_region
from tests.unit.worker.dicom.conftest import complaints

NAME, NUMBER = "Prefect^Ford", "HHGG-4242"


@pytest.fixture(scope="module")
def sent(client: httpx.Client) -> Iterator[dict[str, object]]:
    """What was said of an image that came as DICOM."""
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
