"""STOW-RS: the response matches what was stored, and only possible images are stored."""

import io
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pydicom
import pytest
from dicomweb_client import DICOMwebClient
from sqlalchemy import func, select

from app.dicom.receiving import Reason
from app.instances.tables import Instance
from app.jobs.tables import Job, JobState
from tests.behaviour.dicom.sending import (
    BOUNDARY,
    STUDY,
    instance,
    instance_uid,
    stow_body,
    stow_headers,
)
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site

REPORT = "1.2.840.10008.5.1.4.1.1.88.33"


@pytest.fixture
def machine(site: Site) -> httpx.Client:
    """A script that may send images."""
    return site.script("annotator", "segment")


def stow(client: httpx.Client, *files: bytes, study: str = "", **how: Any) -> httpx.Response:
    path = f"/dicomweb/studies/{study}" if study else "/dicomweb/studies"
    return client.post(path, content=stow_body(files), headers=stow_headers(), **how)


def uids(answer: httpx.Response, tag: str = "00081199") -> list[str]:
    sequence = answer.json().get(tag, {"Value": []})["Value"]
    return [item["00081155"]["Value"][0] for item in sequence]


def reasons(answer: httpx.Response) -> list[int]:
    return [item["00081197"]["Value"][0] for item in answer.json()["00081198"]["Value"]]


def jobs(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count(Job.id))) or 0


def test_each_instance_that_is_answered_as_stored_is_a_job_with_its_bytes(
    site: Site, machine: httpx.Client
) -> None:
    files = [instance(number) for number in range(3)]
    answer = stow(machine, *files)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/dicom+json"
    assert uids(answer) == [instance_uid(number) for number in range(3)]
    with site.database.read() as session:
        ids = session.scalars(select(Job.id).order_by(Job.id)).all()
    assert [site.blobs.get(f"uploads/{one}") for one in ids] == files


def test_the_same_bytes_twice_are_one_job_and_other_bytes_another(
    site: Site, machine: httpx.Client
) -> None:
    assert stow(machine, instance(1), instance(1)).status_code == 200
    assert stow(site.script(site.add_person(), "segment"), instance(1)).status_code == 200
    assert jobs(site) == 1
    assert uids(stow(machine, instance(1, drawn=7))) == [instance_uid(1)]
    assert jobs(site) == 2


@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_the_same_bytes_from_several_senders_at_once_are_one_job(
    server: str, tmp_path: Path, valkey: str, request: pytest.FixtureRequest
) -> None:
    more = {}
    if server == "postgresql":
        more["database_url"] = request.getfixturevalue("postgres").new_database()
    senders = 6
    with running_site(fresh_settings(tmp_path, valkey, **more)) as site:
        project = site.add_project()
        people = [site.add_person(project_id=project) for _ in range(senders)]
        scripts = [site.script(one, "segment", project_id=project) for one in people]
        barrier = Barrier(senders)

        def send(script: httpx.Client) -> int:
            script.get("/healthz")
            barrier.wait(60)
            return stow(script, *(instance(number) for number in range(8))).status_code

        with ThreadPoolExecutor(senders) as pool:
            assert list(pool.map(send, scripts)) == [200] * senders
        assert jobs(site) == 8


def test_an_instance_whose_job_failed_is_taken_again(site: Site, machine: httpx.Client) -> None:
    stow(machine, instance(1))
    with site.database.write() as session:
        session.scalars(select(Job)).one().state = JobState.FAILED
    stow(machine, instance(1))
    assert jobs(site) == 2


def test_no_identifier_is_kept_in_the_rows(site: Site, machine: httpx.Client) -> None:
    stow(machine, instance(1))
    with site.database.read() as session:
        row = session.scalars(select(Instance)).one()
        assert instance_uid(1) not in str(vars(row))
        assert isinstance(row.job_id, UUID)
        assert len(row.pseudonym) == len(row.contents) == 64


def test_what_is_refused_is_named_with_its_reason_and_the_others_are_kept(
    site: Site, machine: httpx.Client
) -> None:
    report = instance(2, SOPClassUID=REPORT)
    foreign = instance(3, StudyInstanceUID="1.2.3")
    answer = stow(machine, instance(1), report, foreign, b"no DICOM", study=STUDY)
    assert answer.status_code == 202
    assert uids(answer) == [instance_uid(1)]
    assert reasons(answer) == [
        Reason.CLASS_NOT_SUPPORTED,
        Reason.WRONG_STUDY,
        Reason.NOT_UNDERSTOOD,
    ]
    assert jobs(site) == 1
    assert stow(machine, report).status_code == 409


def test_an_instance_over_the_limit_is_out_of_resources(site: Site) -> None:
    large = instance(1, ImageComments="x" * 1000) + b"\0" * site.settings.max_upload_bytes
    answer = stow(site.script("annotator", "segment"), large, instance(2))
    assert (answer.status_code, reasons(answer)) == (202, [Reason.OUT_OF_RESOURCES])


def test_who_has_too_much_waiting_is_told_to_come_again(site: Site, machine: httpx.Client) -> None:
    few = {"queued_jobs_per_person": 1}
    assert site.browser("admin").patch("/site-settings", json=few).status_code == 200
    assert stow(machine, instance(1), instance(2)).status_code == 202
    again = stow(machine, instance(2))
    assert (again.status_code, again.json()["code"]) == (429, "too-many-queued")
    assert again.headers["Retry-After"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Content-Type": "application/dicom"}, 415, "unsupported-media-type"),
        ({"Content-Type": "multipart/related"}, 400, "broken-multipart"),
        (
            {"Content-Type": "multipart/related; type=application/dicom+json; boundary=x"},
            415,
            "unsupported-media-type",
        ),
        ({"Content-Type": "multipart/related; boundary=other"}, 400, "broken-multipart"),
        ({"Accept": "text/html"}, 406, "not-acceptable"),
    ],
)
def test_a_request_that_is_no_stow_is_refused_whole(
    site: Site, machine: httpx.Client, change: dict[str, str], status: int, code: str
) -> None:
    body = stow_body([instance(1)])
    answer = machine.post("/dicomweb/studies", content=body, headers={**stow_headers(), **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert jobs(site) == 0


def test_what_came_before_the_connection_broke_is_kept(site: Site, machine: httpx.Client) -> None:
    body = stow_body([instance(1), instance(2)])
    answer = machine.post("/dicomweb/studies", content=body[:-2000], headers=stow_headers())
    assert (answer.status_code, answer.json()["code"]) == (400, "broken-multipart")
    assert jobs(site) == 1


def test_instances_go_to_the_project_that_is_named_and_no_other(site: Site) -> None:
    person, other = site.add_person(), site.add_project()
    client = site.script(person, "segment")
    assert stow(client, instance(1), params={"project": str(other)}).status_code == 404
    site.add_member(other, person)
    assert stow(client, instance(1)).json()["code"] == "project-needed"
    assert stow(client, instance(1), params={"project": str(other)}).status_code == 200
    with site.database.read() as session:
        assert session.scalars(select(Job)).one().project_id == other


def test_a_study_of_any_size_takes_bounded_memory(site: Site, machine: httpx.Client) -> None:
    """While 100 MB are received, memory holds little more than the spools of the parts."""
    filler = b"\0" * (8 * 1024 * 1024)
    file = instance(1) + filler

    def body() -> Iterator[bytes]:
        for _ in range(12):
            yield f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
            yield file
            yield b"\r\n"
        yield f"--{BOUNDARY}--\r\n".encode()

    tracemalloc.start()
    answer = machine.post("/dicomweb/studies", content=body(), headers=stow_headers())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(uids(answer)) == 12
    assert peak < 40 * 1024 * 1024


def test_dicomweb_client_stores_and_reads_the_answer(site: Site) -> None:
    token = site.token("annotator", "segment")[1]
    peer = DICOMwebClient(f"{site.url}/dicomweb", headers={"Authorization": f"Bearer {token}"})
    made = [pydicom.dcmread(io.BytesIO(instance(number))) for number in (1, 2)]
    answer = peer.store_instances(made)
    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [
        instance_uid(number) for number in (1, 2)
    ]
