"""The example that polls a PACS: results return to their study once, even if it is killed."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from pydicom import dcmread

from tests.behaviour.dicom.sending import STUDY, instance_uid
from tests.orthanc import Orthanc
from tests.processes import wait_until
from tests.running_site import Site
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset, ultrasound_region

ROOT = Path(__file__).parents[3]


def image(number: int, modality: str = "US", **more: str) -> bytes:
    dataset = ultrasound_dataset(
        ultrasound(seed=number).pixels,
        [ultrasound_region((54, 51, 307, 410))],
        **{
            "SOPInstanceUID": instance_uid(number),
            "SeriesInstanceUID": instance_uid(1000 + (modality == "US")),
            "StudyInstanceUID": STUDY,
            "StudyDate": "20260102",
            "Modality": modality,
            **more,
        },
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dicom_bytes(dataset)


@pytest.fixture
def polling(product: Site, orthanc: Orthanc, tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The command and environment of the example."""
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


class Proxy(ThreadingHTTPServer):
    """A proxy in front of a site. It answers 503 to the first request that contains these bytes, as
    a proxy does while the site restarts."""

    def __init__(self, site: Site, refused: bytes) -> None:
        left = [refused]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if left and left[0] in body:
                    left.clear()
                    self._answer(503, b"")
                    return
                kept = ("content-type", "accept", "authorization")
                headers = {name: self.headers[name] for name in kept if name in self.headers}
                answer = httpx.post(
                    f"{site.url}{self.path}", content=body, headers=headers, timeout=60
                )
                self._answer(answer.status_code, answer.content)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


def test_what_was_put_off_is_done_later_however_old_its_study_is(
    product: Site, orthanc: Orthanc, polling: tuple[list[str], dict[str, str]]
) -> None:
    command, environment = polling
    old = {"StudyInstanceUID": instance_uid(1002), "SeriesInstanceUID": instance_uid(1003)}
    orthanc.store(image(54, StudyDate="20200101", **old))
    orthanc.store(image(55))
    said = []
    with Proxy(product, instance_uid(54).encode()) as proxy:
        Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}).start()
        environment |= {"SONOLOOP_URL": f"http://127.0.0.1:{proxy.server_port}"}
        for _ in range(3):
            done = subprocess.run(
                [*command, "--only-send"], env=environment, capture_output=True, text=True
            )
            said.append((done.returncode, done.stdout, done.stderr))
        proxy.shutdown()
    assert said == [(0, "1 done\n", "later: 503\n"), (0, "1 done\n", ""), (0, "0 done\n", "")]
