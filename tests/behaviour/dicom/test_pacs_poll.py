"""The example that polls a PACS: results return to their study once, even if it is killed."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

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
    """A proxy that answers the first POST with these bytes with a status of its own, as one does
    while the server behind it restarts."""

    def __init__(self, url: str, refused: bytes, status: int) -> None:
        left = [refused]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._pass_on("GET", b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if left and left[0] in body:
                    left.clear()
                    self._answer(status, "text/plain", b"")
                    return
                self._pass_on("POST", body)

            def _pass_on(self, method: str, body: bytes) -> None:
                kept = ("content-type", "accept", "authorization")
                headers = {name: self.headers[name] for name in kept if name in self.headers}
                answer = httpx.request(
                    method, f"{url}{self.path}", content=body, headers=headers, timeout=60
                )
                kind = answer.headers.get("content-type", "")
                self._answer(answer.status_code, kind, answer.content)

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def polled(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Poll once; return its exit status, output and errors."""
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_what_was_put_off_is_done_later_however_old_its_study_is(
    product: Site, orthanc: Orthanc, polling: tuple[list[str], dict[str, str]]
) -> None:
    command, environment = polling
    old = {"StudyInstanceUID": instance_uid(1002), "SeriesInstanceUID": instance_uid(1003)}
    orthanc.store(image(54, StudyDate="20200101", **old))
    orthanc.store(image(55))
    with Proxy(product.url, instance_uid(54).encode(), 503) as proxy:
        environment |= {"SONOLOOP_URL": proxy.url}
        said = [polled([*command, "--only-send"], environment) for _ in range(3)]
    assert said == [(0, "1 done\n", "later: 503\n"), (0, "1 done\n", ""), (0, "0 done\n", "")]


def test_a_result_that_the_pacs_refuses_holds_up_no_other(
    orthanc: Orthanc, polling: tuple[list[str], dict[str, str]]
) -> None:
    command, environment = polling
    for number in (61, 62):
        orthanc.store(image(number))
    with Proxy(orthanc.dicomweb_url, b"1.2.840.10008.5.1.4.1.1.66.4", 409) as proxy:
        environment |= {"PACS_URL": proxy.url}
        said = [polled(command, environment) for _ in range(3)]
    late = "later: the PACS answered 409\n"
    assert said == [(0, "1 done\n", late), (0, "1 done\n", ""), (0, "0 done\n", "")]


@pytest.mark.parametrize("date", ["20991231", "20261399", "20260231"])
def test_a_study_with_an_impossible_date_hides_no_later_one(
    orthanc: Orthanc, polling: tuple[list[str], dict[str, str]], date: str
) -> None:
    command, environment = polling
    orthanc.store(image(63, StudyDate=date))
    assert polled([*command, "--only-send"], environment) == (0, "1 done\n", "")
    other = {"StudyInstanceUID": instance_uid(1004), "SeriesInstanceUID": instance_uid(1005)}
    orthanc.store(image(64, StudyDate=f"{datetime.now(UTC):%Y%m%d}", **other))
    assert polled([*command, "--only-send"], environment) == (0, "1 done\n", "")
    assert polled([*command, "--only-send"], environment) == (0, "0 done\n", "")
