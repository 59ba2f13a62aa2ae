"""A full disk: the sender gets the reason, nothing is half-stored, and a later try succeeds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread
from sqlalchemy import func, select

from app.accounts import service
from app.core.audit import SYSTEM
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from app.dicom import peers
from app.dicom.health import BEAT_SECONDS, spool_of
from app.dicom.receiving import Reason
from app.jobs.tables import Job
from tests.behaviour.dicom.listening import SENT, Listening, start
from tests.behaviour.dicom.sending import archive, instance, stow_body, stow_headers
from tests.disks import fill, small_disk
from tests.faults.conftest import prepare
from tests.files import files_under
from tests.processes import Processes, opened, wait_until
from tests.running_site import Site


def site_of(processes: Processes, url: str = "") -> Site:
    chosen = processes.settings
    return Site(chosen, url, Database(chosen.database), open_blobs(chosen), load_site_key(chosen))


@contextmanager
def listening_on(disk: Path, processes: Processes) -> Iterator[Listening]:
    """A listener whose spool is on this disk, and that knows one peer."""
    processes.start_broker()
    processes.migrate()
    site = site_of(processes)
    project = site.add_project("Scanner room")
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, "Scanner", project)
        peers.put(session, site.key, SYSTEM, SENT, account, project, commits=False)
    process, port = start(processes)
    made = Listening(processes, site, process, port, project)
    yield made
    site.close()
    made.process.terminate()
    made.process.wait(20)


def test_a_listener_starts_on_a_full_disk_and_receives_once_there_is_room(tmp_path: Path) -> None:
    for processes in opened(tmp_path / "data"):
        spool = spool_of(processes.folder)
        with small_disk(spool) as disk, listening_on(disk, processes) as listening:
            filler = fill(disk)
            listening.restart()
            time.sleep(2 * BEAT_SECONDS)
            assert listening.send(instance(1)) == [Reason.OUT_OF_RESOURCES]
            filler.unlink()
            assert listening.send(instance(1)) == [0]


def test_a_machine_is_told_that_there_is_no_room_and_sends_again(tmp_path: Path) -> None:
    for processes in opened(tmp_path / "data"):
        spool = spool_of(processes.folder)
        with small_disk(spool) as disk, listening_on(disk, processes) as listening:
            filler = fill(disk, leave=128 * 1024)
            large = instance(1, EncapsulatedDocument=bytes(1024 * 1024))
            assoc = listening.associate()
            try:
                status = assoc.send_c_store(dcmread(BytesIO(large)))
                assert status.Status == Reason.OUT_OF_RESOURCES
                assert not [path for path, _ in files_under(spool) if path.suffix == ".dcm"]
                assert assoc.send_c_store(dcmread(BytesIO(instance(2)))).Status == 0
                filler.unlink()
                assert assoc.send_c_store(dcmread(BytesIO(large))).Status == 0
            finally:
                assoc.release()
            wait_until(partial(kept_both, listening))


def kept_both(listening: Listening) -> bool:
    return listening.kept([1, 2]) == [1, 2]


@pytest.mark.parametrize("room", ["for no upload", "for no result"])
def test_a_request_gets_507_and_leaves_nothing(tmp_path: Path, room: str) -> None:
    """The full disk is that of the temporary upload files, or that of the stored uploads."""
    with small_disk(tmp_path / "small", megabytes=12) as disk:
        uploads = room == "for no upload"
        chosen = {} if uploads else {"blob_url": disk.as_uri()}
        for processes in opened(tmp_path / "data", **chosen):
            if uploads:
                processes.environment["TMPDIR"] = str(disk)
            prepare(processes)
            _, url = processes.start_api()
            site = site_of(processes, url)
            size = (5 if uploads else 1) * 1024 * 1024
            file = instance(1, EncapsulatedDocument=bytes(size))
            token = {"Authorization": f"Bearer {processes.token()}"}
            with httpx.Client(base_url=url, headers=token, timeout=60) as client:
                filler = fill(disk, leave=64 * 1024)  # if it is full, Python uses another folder
                for path, how in requests(file).items():
                    answer = client.post(path, **how)
                    assert answer.status_code == 507, (path, answer.text)
                    assert answer.headers["Content-Type"] == "application/problem+json"
                    assert answer.json()["code"] == "storage-full"
                assert [path for path, _ in files_under(disk) if path != filler] == []
                with site.database.read() as session:
                    assert session.scalar(select(func.count(Job.id))) == 0
                filler.unlink()
                for path, how in requests(file).items():
                    assert client.post(path, **how).status_code in (200, 202), path
            site.close()


def requests(file: bytes) -> dict[str, dict[str, object]]:
    """Return requests that send one file by each of the three HTTP routes, by address."""
    zipped = archive({"DICOM/1": file}, packed=False)
    return {
        "/segment?wait=0": {
            "content": file,
            "headers": {"Content-Type": "application/dicom"},
        },
        "/dicomweb/studies": {"content": stow_body([file]), "headers": stow_headers()},
        "/images": {"content": zipped, "headers": {"Content-Type": "application/zip"}},
    }
