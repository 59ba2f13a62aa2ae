"""A DICOM file's identifiers for writing back are kept, and only the writer can read them."""

import base64
import json
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.core.audit import SYSTEM, AuditEvent
from app.core.database import Database
from app.core.security import SiteKey, load_site_key
from app.sealed_references.records import has_reference, unseal
from app.sealed_references.tables import SealedReference
from tests.files import files_under
from tests.processes import Processes
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png

NAME, NUMBER, ACCESSION = "Beeblebrox^Zaphodina", "HHGG-42-4711", "ACC-998877"
REFERRING = "Slartibartfast^Magrathea"
STUDY, INSTANCE = "1.2.826.0.1.3680043.8.498.4711", "1.2.826.0.1.3680043.8.498.4713"


@pytest.fixture(scope="module")
def image_id(client: httpx.Client) -> Iterator[UUID]:
    """An image received as DICOM."""
    data = ultrasound_dicom(
        ultrasound(seed=815),
        PatientName=NAME,
        PatientID=NUMBER,
        AccessionNumber=ACCESSION,
        ReferringPhysicianName=REFERRING,
        StudyInstanceUID=STUDY,
        SOPInstanceUID=INSTANCE,
    )
    sent = client.post("/segment?wait=60", content=data)
    assert sent.status_code == 200, sent.text
    assert "Beeblebrox" not in sent.text
    yield UUID(sent.json()["image_id"])


@pytest.fixture(scope="module")
def opened(running: tuple[Processes, str]) -> Iterator[tuple[Database, SiteKey]]:
    """The site's database and key."""
    database = Database(running[0].settings.database)
    yield database, load_site_key(running[0].settings)
    database.dispose()


def test_its_writer_reads_whose_it_is_and_that_is_in_the_audit_log(
    opened: tuple[Database, SiteKey], image_id: UUID
) -> None:
    database, key = opened
    with database.write() as session:
        found = unseal(session, key, image_id, SYSTEM, "test")
    assert found is not None
    attributes = found["attributes"]
    assert attributes["00100010"]["Value"] == [{"Alphabetic": NAME}]
    assert attributes["00100020"]["Value"] == [NUMBER]
    assert attributes["0020000D"]["Value"] == [STUDY]
    assert attributes["00080018"]["Value"] == [INSTANCE]
    assert found["placement"] == {"top": 0, "left": 0, "height": 384, "width": 512}
    with database.read() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "reference.opened")
        ).all()[-1]
    assert (event.object_id, event.detail) == (str(image_id), {"purpose": "test"})


def test_no_file_of_the_site_names_the_patient(
    running: tuple[Processes, str], image_id: UUID
) -> None:
    """The files are the database, its log, blobs and program logs."""
    parts = ["Beeblebrox", "Zaphodina", NUMBER, ACCESSION, "Slartibartfast", STUDY, INSTANCE]
    needles = [part.encode() for part in parts] + [part.lower().encode() for part in parts]
    needles += [base64.b64encode(part.encode())[:-4] for part in parts]
    running[0].wait_until_sources_are_gone()
    searched = 0
    for path, data in files_under(running[0].folder):
        searched += len(data)
        assert not [one for one in needles if one in data], path.name
    assert searched > 100_000


def test_no_answer_names_the_patient(client: httpx.Client, image_id: UUID) -> None:
    for address in ("/jobs?limit=200", f"/images/{image_id}", "/images?sort=newest&limit=200"):
        told = client.get(address).text
        assert str(image_id) in told
        assert not [p for p in ("Beeblebrox", NUMBER, ACCESSION, STUDY, INSTANCE) if p in told]


def test_it_cannot_be_opened_for_another_image_by_another_key_or_damaged(
    opened: tuple[Database, SiteKey], client: httpx.Client, image_id: UUID
) -> None:
    database, key = opened
    sent = client.post("/segment?wait=60", content=ultrasound_dicom(ultrasound(seed=816)))
    other = UUID(sent.json()["image_id"])
    stranger = SiteKey(b"a key that somebody guessed, long enough")
    with database.write() as session:
        assert unseal(session, stranger, image_id, SYSTEM, "test") is None
        row = session.get_one(SealedReference, other)
        kept, row.sealed = row.sealed, session.get_one(SealedReference, image_id).sealed
        session.flush()
        assert unseal(session, key, other, SYSTEM, "test") is None
        for damaged in (kept[:-1], kept[:12], kept[:5], b"", kept[:-1] + bytes([kept[-1] ^ 1])):
            row.sealed = damaged
            session.flush()
            assert unseal(session, key, other, SYSTEM, "test") is None
        row.sealed = kept


def test_a_file_that_names_nobody_has_none_until_its_dicom_comes(
    opened: tuple[Database, SiteKey], client: httpx.Client
) -> None:
    sent = client.post("/segment?wait=60", content=ultrasound_png(seed=817)).json()
    with opened[0].read() as session:
        assert not has_reference(session, UUID(sent["image_id"]))
    again = client.post("/segment?wait=60", content=ultrasound_dicom(ultrasound(seed=817))).json()
    assert again["image_id"] == sent["image_id"]
    with opened[0].read() as session:
        assert has_reference(session, UUID(sent["image_id"]))


def test_it_goes_with_the_image(opened: tuple[Database, SiteKey], client: httpx.Client) -> None:
    sent = client.post("/segment?wait=60", content=ultrasound_dicom(ultrasound(seed=818))).json()
    assert client.delete(f"/images/{sent['image_id']}").status_code == 204
    with opened[0].read() as session:
        assert session.get(SealedReference, UUID(sent["image_id"])) is None


def test_a_result_that_is_not_kept_leaves_none(
    opened: tuple[Database, SiteKey], client: httpx.Client
) -> None:
    count = select(SealedReference.image_id)
    with opened[0].read() as session:
        before = len(session.scalars(count).all())
    data = ultrasound_dicom(ultrasound(seed=819))
    answer = client.post("/segment?wait=60&store=false", content=data)
    assert answer.status_code == 200
    assert "TEST-0001" not in json.dumps(answer.json())
    with opened[0].read() as session:
        assert len(session.scalars(count).all()) == before
