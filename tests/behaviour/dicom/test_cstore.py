"""C-STORE: known peers can send, others are refused, and nothing acknowledged is lost."""

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UltrasoundImageStorage, generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
    StorageCommitmentPushModel,
    Verification,
)
from sqlalchemy import func, select

from app.accounts import service
from app.core.audit import SYSTEM
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from app.dicom import peers
from app.dicom.commitments import PURPOSE
from app.dicom.health import record_health, spool_of
from app.dicom.receiving import Reason
from app.dicom.tables import DicomCommitment
from app.instances.tables import Instance
from app.jobs.tables import Job
from tests.behaviour.dicom.listening import COMMITS, SENT, Listening, start
from tests.behaviour.dicom.sending import instance, instance_uid
from tests.certificates import self_signed
from tests.conftest import fresh_settings
from tests.orthanc import Orthanc
from tests.processes import free_port, opened, wait_until
from tests.running_site import Site, running_site

DCMTK_ECHO, DCMTK_STORE = "/usr/bin/echoscu", "/usr/bin/storescu"
"""Full paths, because in an activated environment the names are those of pynetdicom's programs."""


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A listener without API or worker, which are not needed to receive images."""
    for processes in opened(
        tmp_path_factory.mktemp("cstore") / "data", max_upload_bytes=str(1024 * 1024)
    ):
        processes.start_broker()
        processes.migrate()
        chosen = processes.settings
        site = Site(
            chosen, "", Database(chosen.database), open_blobs(chosen), load_site_key(chosen)
        )
        project = site.add_project("Scanner room")
        with site.database.write() as session:
            account = service.add_service(session, site.key, SYSTEM, "Scanner", project)
            for title in (SENT, COMMITS):
                peers.put(
                    session, site.key, SYSTEM, title, account, project, commits=title == COMMITS
                )
        process, port = start(processes)
        yield Listening(processes, site, process, port, project)
        site.close()


def test_a_known_peer_stores_into_its_project_as_its_service_account(
    listening: Listening,
) -> None:
    assert listening.send(instance(1), instance(2)) == [0, 0]
    wait_until(lambda: listening.kept([1, 2]) == [1, 2])
    with listening.site.database.read() as session:
        job = session.scalars(select(Job)).first()
        assert job is not None
        assert job.project_id == listening.project
        assert (job.parameters or {})["source"] == "pacs"
    spool = listening.processes.folder / "spool" / "dicom"
    wait_until(lambda: not list(spool.rglob("*.dcm")))  # the row is written a moment earlier


def test_dcmtk_echoes_and_stores(listening: Listening, tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(instance(3))
    where = ["-aet", SENT, "-aec", "SONOLOOP", "127.0.0.1", str(listening.port)]
    for command in ([DCMTK_ECHO, *where], [DCMTK_STORE, *where, str(tmp_path / "one.dcm")]):
        subprocess.run(command, check=True, timeout=60, capture_output=True)
    wait_until(lambda: listening.kept([3]))


def let_send(listening: Listening, orthanc: Orthanc, port: int) -> None:
    """Register Orthanc as a peer that listens on this port."""
    with listening.site.database.write() as session:
        row = peers.by_ae_title(session, SENT)
        assert row is not None
        peers.put(
            session,
            listening.site.key,
            SYSTEM,
            orthanc.ae_title,
            row.principal.user,
            listening.project,
            commits=True,
            address=("127.0.0.1", port),
        )


def test_orthanc_pushes_and_is_told_what_is_committed_also_after_a_crash(
    listening: Listening, orthanc: Orthanc
) -> None:
    stored = [orthanc.store(instance(number)) for number in (4, 5)]
    let_send(listening, orthanc, free_port())  # Orthanc ends its association before the answer
    orthanc.know_modality("sonoloop", "SONOLOOP", listening.port)
    answer = orthanc.push("sonoloop", stored)
    assert (answer.status_code, answer.json()["FailedInstancesCount"]) == (200, 0)
    wait_until(lambda: listening.kept([4, 5]) == [4, 5])
    transaction = orthanc.ask_commitment("sonoloop", stored)
    assert orthanc.commitment(transaction) == "Pending"
    listening.restart()
    let_send(listening, orthanc, orthanc.dicom_port)
    wait_until(lambda: orthanc.commitment(transaction) == "Success", what="for the commitment")
    wait_until(lambda: owed(listening) == 0, what="for its row")


def owed(listening: Listening) -> int:
    with listening.site.database.read() as session:
        return session.scalar(select(func.count(DicomCommitment.id))) or 0


@pytest.mark.parametrize(
    ("calling", "called", "diagnostic"),
    [("STRANGER", "SONOLOOP", 3), (SENT, "ANOTHER", 7)],
)
def test_who_is_not_on_the_list_or_calls_another_is_rejected(
    listening: Listening, calling: str, called: str, diagnostic: int
) -> None:
    assoc = listening.associate(calling, called)
    assert assoc.is_rejected
    assert assoc.acceptor.primitive.diagnostic == diagnostic


def test_a_peer_whose_account_is_deactivated_is_rejected_at_once(listening: Listening) -> None:
    title = f"RETIRED{uuid4().hex[:8]}".upper()  # a different one if the test is rerun
    with listening.site.database.write() as session:
        account = service.add_service(session, listening.site.key, SYSTEM, title, listening.project)
        peers.put(
            session,
            listening.site.key,
            SYSTEM,
            title,
            account,
            listening.project,
            commits=False,
        )
        account.active = False
    assert answered(listening, title).is_rejected


def test_a_peer_that_is_removed_may_not_go_on_in_an_open_association(
    listening: Listening,
) -> None:
    title = f"REMOVED{uuid4().hex[:8]}".upper()
    key = listening.site.key
    with listening.site.database.write() as session:
        account = service.add_service(session, key, SYSTEM, title, listening.project)
        peers.put(session, key, SYSTEM, title, account, listening.project, commits=False)
    assoc = answered(listening, title)
    numbers = iter(range(1000, 2000))

    def status() -> int:
        number = next(numbers)
        found: int = assoc.send_c_store(dcmread(BytesIO(instance(number)))).Status
        return found

    try:
        assert status() == 0
        with listening.site.database.write() as session:
            peers.remove(session, key, SYSTEM, title)
        wait_until(lambda: status() == Reason.NOT_ALLOWED, 20, "for the refusal")
    finally:
        assoc.release()


def test_reports_are_not_agreed_upon_and_what_is_too_large_is_refused(
    listening: Listening,
) -> None:
    assoc = listening.associate()
    classes = {cx.abstract_syntax for cx in assoc.accepted_contexts}
    assoc.release()
    assert ComprehensiveSRStorage not in classes
    large = instance(6, EncapsulatedDocument=b"\0" * 1024 * 1024)
    assert listening.send(large) == [Reason.OUT_OF_RESOURCES]
    assert listening.kept([6]) == []


def test_an_instance_without_end_is_cut_off(listening: Listening) -> None:
    endless = instance(7, EncapsulatedDocument=b"\0" * 8 * 1024 * 1024)
    assoc = listening.associate()
    status = assoc.send_c_store(dcmread(BytesIO(endless)))
    assert "Status" not in status
    assert listening.send(instance(8)) == [0]


def memory(listening: Listening) -> int:
    return psutil.Process(listening.process.pid).memory_info().rss


def test_a_protocol_data_unit_without_end_is_not_kept_in_memory(listening: Listening) -> None:
    before = memory(listening)
    with socket.create_connection(("127.0.0.1", listening.port), timeout=60) as stranger:
        stranger.sendall(b"\x01\x00\xff\xff\xff\xff")
        with pytest.raises(OSError):
            for _ in range(256):
                stranger.sendall(bytes(1024 * 1024))
    assert memory(listening) - before < 64 * 1024 * 1024
    assert listening.send(instance(9)) == [0]


def test_strangers_that_say_nothing_keep_nobody_out(listening: Listening) -> None:
    address = ("127.0.0.1", listening.port)
    silent = [
        socket.create_connection(address, timeout=60, source_address=("127.0.0.2", 0))
        for _ in range(24)
    ]
    try:
        assert silent[-1].recv(1) == b"", "the last one is closed"
        assert listening.send(instance(10)) == [0]
    finally:
        for one in silent:
            one.close()


def test_a_peer_that_opens_associations_and_does_not_go_on_keeps_no_other_out(
    listening: Listening,
) -> None:
    opened = []
    try:
        while len(opened) <= 16:
            opened.append(answered(listening))
            if not opened[-1].is_established:
                break
        assert opened[-1].is_rejected
        assert opened[-1].acceptor.primitive.result == 2, "for now"
        assert listening.send(instance(11), ae_title=COMMITS) == [0]
    finally:
        for one in opened:
            one.abort()
    wait_until(lambda: lets_in(listening))


def test_a_peer_that_hangs_up_at_once_leaves_no_association_behind(listening: Listening) -> None:
    asked = []

    def note(event: Event) -> None:
        asked.append(bytes(event.data))

    entity = AE(SENT)
    entity.add_requested_context(Verification)
    handlers = [(evt.EVT_DATA_SENT, note)]
    entity.associate(
        "127.0.0.1", listening.port, ae_title="SONOLOOP", evt_handlers=handlers
    ).release()
    assert asked[0][0] == 1, "an A-ASSOCIATE-RQ"
    for _ in range(64):
        with socket.create_connection(("127.0.0.1", listening.port), timeout=60) as connection:
            connection.sendall(asked[0])
    wait_until(lambda: lets_in(listening), 20)


def answered(listening: Listening, ae_title: str = SENT) -> Association:
    """Request an association until one is not aborted. pynetdicom also reports a connection that
    ended before an answer was read as aborted."""

    def asked() -> Association | None:
        assoc = listening.associate(ae_title)
        return None if assoc.is_aborted else assoc

    found = wait_until(asked)
    assert found is not None
    return found


def lets_in(listening: Listening) -> bool:
    assoc = listening.associate()
    established: bool = assoc.is_established
    assoc.release()
    return established


def test_nothing_that_was_acknowledged_is_lost_when_the_listener_is_killed(
    listening: Listening,
) -> None:
    acknowledged: list[int] = []
    for begin, seconds in ((100, 0.05), (200, 0.2), (300, 0.45)):
        assoc = listening.associate()
        assert assoc.is_established
        timer = threading.Timer(seconds, listening.process.kill)
        timer.start()
        for number in range(begin, begin + 100):
            status = assoc.send_c_store(dcmread(BytesIO(instance(number))))
            if "Status" not in status:
                break
            if status.Status == 0:
                acknowledged.append(number)
        else:
            pytest.fail("the listener outlived a hundred instances")
        timer.join()
        listening.restart()
    assert acknowledged
    wait_until(lambda: listening.kept(acknowledged) == acknowledged, what="for the spool")
    with listening.site.database.read() as session:
        for job_id in session.scalars(select(Instance.job_id)):
            assert listening.site.blobs.get(f"uploads/{job_id}")


def commitment(listening: Listening, ae_title: str) -> tuple[int, Dataset]:
    """Send an instance, ask for its commitment; return type and information of the answer."""
    assert listening.send(instance(9), ae_title=ae_title) == [0]
    asked = Dataset()
    asked.TransactionUID = generate_uid()
    item = Dataset()
    item.ReferencedSOPClassUID = UltrasoundImageStorage
    item.ReferencedSOPInstanceUID = instance_uid(9)
    asked.ReferencedSOPSequence = [item]
    reports: list[tuple[int, Dataset]] = []
    came = threading.Event()

    def report(event: evt.Event) -> tuple[int, None]:
        reports.append((event.event_type, event.event_information))
        came.set()
        return 0, None

    assoc = listening.associate(ae_title, evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)])
    status, _ = assoc.send_n_action(asked, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
    assert status.Status == 0
    assert came.wait(60)
    assoc.release()
    assert reports[0][1].TransactionUID == asked.TransactionUID
    return reports[0]


@pytest.mark.parametrize(("ae_title", "event_type"), [(COMMITS, 1), (SENT, 2)])
def test_a_commitment_is_answered_by_an_event(
    listening: Listening, ae_title: str, event_type: int
) -> None:
    found, information = commitment(listening, ae_title)
    assert found == event_type
    name = "ReferencedSOPSequence" if event_type == 1 else "FailedSOPSequence"
    assert information[name][0].ReferencedSOPInstanceUID == instance_uid(9)


@pytest.mark.parametrize("why", ["its host is unknown", "its files wait"])
def test_a_peer_that_cannot_be_answered_holds_up_no_answer_to_another(
    listening: Listening, why: str
) -> None:
    title = f"OTHER{uuid4().hex[:8]}".upper()
    key = listening.site.key
    address = ("no-such-host.invalid", 104)
    with listening.site.database.write() as session:
        account = service.add_service(session, key, SYSTEM, title, listening.project)
        peers.put(
            session, key, SYSTEM, title, account, listening.project, commits=True, address=address
        )
        peer = peers.by_ae_title(session, title)
        assert peer is not None
        asked = {"transaction": "1.2.3", "references": [[UltrasoundImageStorage, "1.2.4"]]}
        for _ in range(4):
            sealed = key.seal(PURPOSE, json.dumps(asked).encode(), peer.id.bytes)
            session.add(DicomCommitment(peer_id=peer.id, sealed=sealed))
    waiting = spool_of(listening.processes.folder) / str(peer.id) / "1.dcm"
    if why == "its files wait":
        waiting.parent.mkdir()
        waiting.write_bytes(instance(12, EncapsulatedDocument=bytes(1024 * 1024)))  # is too large
    assert commitment(listening, COMMITS)[0] == 1
    waiting.unlink(missing_ok=True)
    with listening.site.database.write() as session:
        peers.remove(session, key, SYSTEM, title)


def test_with_a_certificate_only_tls_gets_in(listening: Listening, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    process, port = start(listening.processes, *options)
    plain = replace(listening, process=process, port=port)
    assert not plain.associate().is_established
    context = ssl.create_default_context(cafile=str(certificate))
    assoc = plain.associate(tls_args=(context, "localhost"))
    assert assoc.send_c_echo().Status == 0
    assoc.release()
    for trusts, status in ((certificate, 0), (Path("/dev/null"), 1)):
        asked = [DCMTK_ECHO, "-aet", SENT, "-aec", "SONOLOOP", "+tla", "+cf", str(trusts)]
        echo = subprocess.run([*asked, "localhost", str(port)], capture_output=True, check=False)
        assert (echo.returncode != 0) == bool(status), echo.stderr
    process.terminate()
    assert process.wait(60) == 0


def test_with_an_authority_only_peers_with_a_certificate_get_in(
    listening: Listening, tmp_path: Path
) -> None:
    (tmp_path / "peer").mkdir()
    certificate, key = self_signed(tmp_path)
    peers_own = self_signed(tmp_path / "peer")
    process, port = start(
        listening.processes,
        *("--tls-certificate", str(certificate), "--tls-key", str(key)),
        *("--tls-ca", str(peers_own[0])),
    )
    asks = replace(listening, process=process, port=port)
    for shown in (None, (certificate, key), peers_own):
        context = ssl.create_default_context(cafile=str(certificate))
        if shown is not None:
            context.load_cert_chain(*shown)
        assoc = asks.associate(tls_args=(context, "localhost"))
        assert assoc.is_established is (shown == peers_own)
        assoc.release()
    process.terminate()
    assert process.wait(60) == 0


def test_the_log_names_no_instance_and_no_patient(listening: Listening) -> None:
    log = listening.processes.log("dicom")
    assert instance_uid(1) not in log
    assert "Doe" not in log
    assert "Traceback" not in log


def test_readiness_says_whether_the_listener_lives(tmp_path: Path, valkey: str) -> None:
    with running_site(fresh_settings(tmp_path, valkey, dicom_port=11112)) as site:
        for lives in (False, True):
            if lives:
                spool_of(tmp_path).mkdir(parents=True)
                record_health(spool_of(tmp_path))
                time.sleep(1.1)  # a check runs at most once a second
            checks = site.anonymous().get("/readyz").json()["checks"]
            found = next(one for one in checks if one["name"] == "dicom")
            assert found["ok"] is lives
            assert bool(found["fix"]) is not lives
