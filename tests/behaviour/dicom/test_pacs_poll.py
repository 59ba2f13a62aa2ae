"""The example that polls a PACS: results come back into their study, once, whatever is killed."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.behaviour.dicom.sending import STUDY, instance_uid
from tests.orthanc import Orthanc
from tests.processes import wait_until
from tests.running_site import Site
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset, ultrasound_region

ROOT = Path(__file__).parents[3]


def image(number: int, modality: str = "US") -> bytes:
    dataset = ultrasound_dataset(
        ultrasound(seed=number).pixels,
        [ultrasound_region((54, 51, 307, 410))],
        SOPInstanceUID=instance_uid(number),
        SeriesInstanceUID=instance_uid(1000 + (modality == "US")),
        StudyInstanceUID=STUDY,
        StudyDate="20260102",
        Modality=modality,
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dicom_bytes(dataset)


@pytest.fixture
def polling(product: Site, orthanc: Orthanc, tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """Command and environment of the example."""
    project = product.add_project()
    account = product.add_person(project_id=project)
    environment = {
        "PATH": os.environ["PATH"],
        "PACS_URL": orthanc.dicomweb_url,
        "PACS_USER": orthanc.auth[0],
        "PACS_PASSWORD": orthanc.auth[1],
        "SONOLOOP_URL": product.url,
        "SONOLOOP_TOKEN": product.token(account, "segment", "read")[1],
    }
    script = ROOT / "examples" / "pacs_poll.py"
    return [sys.executable, str(script), "--state", str(tmp_path / "state.json")], environment


def classes(orthanc: Orthanc) -> Counter[str]:
    files = [dcmread(io.BytesIO(orthanc.file(one))) for one in orthanc.instances()]
    assert {one.StudyInstanceUID for one in files} == {STUDY}
    return Counter(one.SOPClassUID.name for one in files)


def test_results_come_back_once_also_when_it_was_killed_on_the_way(
    orthanc: Orthanc, polling: tuple[list[str], dict[str, str]], tmp_path: Path
) -> None:
    for number, modality in ((51, "US"), (52, "US"), (53, "CT")):
        orthanc.store(image(number, modality))
    command, environment = polling
    killed = subprocess.Popen(command, env=environment)
    wait_until(lambda: len(orthanc.instances()) > 3, what="for the first result")
    killed.kill()
    killed.wait()
    for _ in range(2):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
    found = classes(orthanc)
    assert found["Ultrasound Image Storage"] == 3
    assert found["Segmentation Storage"] == found["Comprehensive 3D SR Storage"] == 2
    state = (tmp_path / "state.json").read_text()
    assert len(json.loads(state)["done"]) == 2
    assert STUDY not in state
    assert instance_uid(51) not in state
