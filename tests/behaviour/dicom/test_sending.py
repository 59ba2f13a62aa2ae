"""An approved result is sent to the PACS once, correct to the pixel and to a tenth of a mm."""

import base64
import io
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import highdicom as hd
import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from sqlalchemy import select, update

from app.core.audit import AuditEvent
from app.core.ids import now
from app.core.settings import get_settings
from app.dicom.cli import dicom
from app.images.records import still_region
from app.images.tables import (
    SpacingSource,
)
from app.jobs.tables import Job, JobKind, JobState
from app.sealed_references.records import keep
from app.sending.tables import Destination
from tests.behaviour.reviews.acting import Hand, person, work
from tests.conftest import SITE_KEY, fresh_settings
from tests.files import files_under
from tests.orthanc import Orthanc
from tests.processes import free_port
from tests.running_site import Site, running_site
from tests.synthetic import ultrasound_dataset
from worker.ingest.reference import source_reference

NAME = "Beeblebrox^Zaphod"
SPACING = (0.2, 0.25)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    """A site that sends approved results at once."""
    folder = tmp_path_factory.mktemp("sending")
    with running_site(fresh_settings(folder, valkey, send_after_seconds=0)) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reader(place: Site) -> Hand:
    return person(place)


@pytest.fixture
def reviewer(place: Site) -> Hand:
    return person(place, "reviewer")


@pytest.fixture
def admin(place: Site) -> httpx.Client:
    return place.browser(place.person("admin"))


@pytest.fixture
def no_other_destinations(place: Site) -> Iterator[None]:
    yield
    with place.database.write() as session:
        for row in session.scalars(select(Destination)):
            session.delete(row)
        session.execute(
            update(Job).where(Job.state == JobState.QUEUED).values(state=JobState.CANCELLED)
        )


pytestmark = pytest.mark.usefixtures("no_other_destinations")


def image_of(site: Site, owner: Hand, uid: str) -> UUID:
    """Store an image of 32 × 24 px with a scale, received as that instance; return its id."""
    image_id = site.add_image(owner.user)
    dataset = ultrasound_dataset(
        np.zeros((24, 32), np.uint8), PatientName=NAME, SOPInstanceUID=uid, StudyDate="20240229"
    )
    reference = source_reference(dataset, ExplicitVRLittleEndian, 24, 32)
    whole = {"top": 0, "left": 0, "height": 24, "width": 32}
    with site.database.write() as session:
        keep(session, site.key, image_id, reference)
        region = still_region(whole, SPACING, SpacingSource.FILE)
        region.image_id, region.number = image_id, 0
        session.merge(region)
    return image_id


def connect(admin: httpx.Client, **how: Any) -> str:
    """Create a destination and return its id."""
    body = {"name": "PACS", "on_approval": True, **how}
    projects = admin.get("/projects").json()["items"]
    answer = admin.post(f"/projects/{projects[0]['id']}/destinations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def project_of(admin: httpx.Client) -> str:
    return str(admin.get("/projects").json()["items"][0]["id"])


def by_store(orthanc: Orthanc, port: int | None = None) -> dict[str, Any]:
    return {
        "protocol": "c-store",
        "ae_title": orthanc.ae_title,
        "host": "127.0.0.1",
        "port": port or orthanc.dicom_port,
    }


def by_stow(orthanc: Orthanc, password: str | None = None) -> dict[str, Any]:
    user, right = orthanc.auth
    basic = base64.b64encode(f"{user}:{password or right}".encode()).decode()
    return {
        "protocol": "stow-rs",
        "url": orthanc.dicomweb_url,
        "authorization": f"Basic {basic}",
    }


def approve(reader: Hand, reviewer: Hand, image_id: UUID, left: int = 4) -> None:
    answer = reviewer.approve(image_id, reader.hand_in(image_id, left))
    assert answer.status_code == 201, answer.text


def state_of(client: httpx.Client, image_id: UUID) -> dict[str, Any]:
    answer = client.get(f"/images/{image_id}/deliveries")
    assert answer.status_code == 200, answer.text
    assert answer.json()["writable"]
    return answer.json()["items"][0]


def held(orthanc: Orthanc) -> dict[str, bytes]:
    """Return the files in the PACS, by modality."""
    files = [orthanc.file(one) for one in orthanc.instances()]
    return {str(dcmread(io.BytesIO(data)).Modality): data for data in files}


@pytest.mark.parametrize("way", [by_store, by_stow])
def test_an_approval_brings_mask_measures_and_overlay_into_the_pacs(
    place: Site, orthanc: Orthanc, reader: Hand, reviewer: Hand, admin: httpx.Client, way: Any
) -> None:
    connect(admin, **way(orthanc))
    image_id = image_of(place, reader, f"1.2.3.{way.__name__ == 'by_stow':d}")
    approve(reader, reviewer, image_id)
    assert state_of(reader.client, image_id)["state"] == "waiting"
    work(place)
    told = state_of(reader.client, image_id)
    assert (told["state"], told["destination"]) == ("delivered", "PACS")
    found = held(orthanc)
    assert set(found) == {"SEG", "SR", "US"}
    right = np.zeros((24, 32), bool)
    right[4:12, 4:12] = True
    seg = hd.seg.segread(io.BytesIO(found["SEG"]))
    assert np.array_equal(seg.pixel_array.squeeze() > 0, right)
    assert str(seg.PatientName) == NAME
    assert seg.SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert reader.user.name not in str(seg)
    report = hd.sr.srread(io.BytesIO(found["SR"])).content.get_planar_roi_measurement_groups()
    values = {one.name.meaning: one.value for one in report[0].get_measurements()}
    assert values["Area"] == pytest.approx(64 * SPACING[0] * SPACING[1], abs=0.1)
    shown = reader.details(image_id)["masks"][0]["result"]["lesions"][0]
    assert values["Long axis"] == pytest.approx(shown["long_axis_mm"], abs=0.01)
    assert values["Short axis"] == pytest.approx(shown["short_axis_mm"], abs=0.01)
    with place.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.object_id == str(image_id))
        actions = session.scalars(query).all()
    assert {"reference.opened", "result.delivered"} <= set(actions)


def test_what_was_delivered_is_not_delivered_twice(
    place: Site, orthanc: Orthanc, reader: Hand, reviewer: Hand, admin: httpx.Client
) -> None:
    destination = connect(admin, **by_store(orthanc))
    image_id = image_of(place, reader, "1.2.3.4")
    approve(reader, reviewer, image_id)
    work(place)
    before = set(orthanc.instances())
    orthanc.empty()
    work(place)
    assert orthanc.instances() == []
    again = admin.post(f"/images/{image_id}/deliveries", json={"destination_id": destination})
    assert again.status_code == 202, again.text
    work(place)
    assert set(orthanc.instances()) == before, "sent again it is the same object"


def test_a_pacs_that_is_away_gets_it_later(
    place: Site, orthanc: Orthanc, reader: Hand, reviewer: Hand, admin: httpx.Client
) -> None:
    destination = connect(admin, **by_store(orthanc, free_port()))
    image_id = image_of(place, reader, "1.2.3.5")
    approve(reader, reviewer, image_id)
    with pytest.raises(AssertionError, match="does not answer"):
        work(place)
    told = state_of(reader.client, image_id)
    assert told["state"] == "waiting"
    assert "does not answer" in told["detail"]
    assert told["problem"]["reason"] == "pacs-silent"
    (listed,) = admin.get(f"/projects/{project_of(admin)}/deliveries?state=waiting").json()["items"]
    assert (listed["image_id"], listed["tries"]) == (str(image_id), 1)
    assert listed["detail"] == told["detail"] and listed["next_at"]
    with place.database.write() as session:
        job = session.scalars(select(Job).where(Job.image_id == image_id)).all()[-1]
        assert (job.kind, job.state, job.parameters["tries"]) == (JobKind.SEND, JobState.QUEUED, 1)
        assert job.lease_until is not None
        assert timedelta(seconds=5) < job.lease_until - now() <= timedelta(seconds=10)
        job.lease_until = None
        where = update(Destination).where(Destination.id == UUID(destination))
        session.execute(where.values(port=orthanc.dicom_port, paused_until=None))
    work(place)
    assert state_of(reader.client, image_id)["state"] == "delivered"
    assert len(orthanc.instances()) == 3
    found = {}
    for state in ("waiting", "failed", "delivered"):
        answer = admin.get(f"/projects/{project_of(admin)}/deliveries", params={"state": state})
        found[state] = [one["image_id"] for one in answer.json()["items"]]
    assert found == {"waiting": [], "failed": [], "delivered": [str(image_id)]}


def test_wrong_credentials_are_told_and_shown_to_nobody(
    place: Site,
    orthanc: Orthanc,
    reader: Hand,
    reviewer: Hand,
    admin: httpx.Client,
) -> None:
    connect(admin, **by_stow(orthanc, "wrong-password-4711"))
    image_id = image_of(place, reader, "1.2.3.6")
    approve(reader, reviewer, image_id)
    with pytest.raises(AssertionError, match="credentials"):
        work(place)
    project = admin.get("/projects").json()["items"][0]["id"]
    shown = admin.get(f"/projects/{project}/destinations").text
    secret = base64.b64encode(f"{orthanc.auth[0]}:wrong-password-4711".encode())
    assert secret.decode() not in shown
    for path, data in files_under(place.settings.data_dir):
        assert secret not in data, path.name
        assert b"Beeblebrox" not in data, path.name


def test_what_was_returned_before_it_was_sent_stays(
    place: Site, orthanc: Orthanc, reader: Hand, reviewer: Hand, admin: httpx.Client
) -> None:
    connect(admin, **by_store(orthanc))
    image_id = image_of(place, reader, "1.2.3.7")
    approve(reader, reviewer, image_id)
    revision = reviewer.details(image_id)["approved_revision"]
    assert reviewer.give_back(image_id, revision).status_code == 201
    work(place)
    assert orthanc.instances() == []


def test_an_image_that_did_not_come_as_dicom_says_that_it_cannot_go_back(
    place: Site, orthanc: Orthanc, reader: Hand, reviewer: Hand, admin: httpx.Client
) -> None:
    destination = connect(admin, **by_store(orthanc))
    image_id = place.add_image(reader.user)
    approve(reader, reviewer, image_id)
    work(place)
    told = admin.get(f"/images/{image_id}/deliveries").json()
    assert told == {"writable": False, "automatic": True, "items": []}
    asked = admin.post(f"/images/{image_id}/deliveries", json={"destination_id": destination})
    assert (asked.status_code, asked.json()["code"]) == (409, "no-dicom-source")


@pytest.mark.parametrize(
    "body",
    [
        {"protocol": "c-store", "host": "pacs"},
        {"protocol": "stow-rs", "url": "ftp://pacs/"},
        {"protocol": "stow-rs", "url": "https://user:secret@pacs/dicom-web"},
        {"protocol": "stow-rs", "url": "https://pacs/", "authorization": "Basic a\r\nX: y"},
        {"protocol": "c-store", "host": "pacs", "port": 104, "ae_title": "A\\B"},
    ],
)
def test_a_destination_that_cannot_be_is_refused(admin: httpx.Client, body: dict[str, Any]) -> None:
    project = admin.get("/projects").json()["items"][0]["id"]
    answer = admin.post(f"/projects/{project}/destinations", json={"name": "PACS", **body})
    assert answer.status_code == 422, answer.text
    assert "secret" not in answer.text


def command(site: Site, monkeypatch: pytest.MonkeyPatch, *words: str, text: str = "") -> str:
    """Run `sonoloop dicom …` and return its output."""
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(site.settings.data_dir))
    monkeypatch.setenv("SONOLOOP_SITE_KEY", SITE_KEY)
    monkeypatch.setenv("SONOLOOP_REDIS_URL", site.settings.redis_url)
    get_settings.cache_clear()
    result = CliRunner().invoke(dicom, list(words), input=text)
    get_settings.cache_clear()
    assert result.exit_code == 0, result.output
    return result.output


def test_a_command_sends_what_was_approved_before_there_was_a_destination(
    place: Site,
    orthanc: Orthanc,
    reader: Hand,
    reviewer: Hand,
    admin: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image_id = image_of(place, reader, "1.2.3.8")
    approve(reader, reviewer, image_id)
    work(place)
    where = ["--url", orthanc.dicomweb_url, "--authorization", "--object", "seg"]
    credentials = by_stow(orthanc)["authorization"] + "\n"
    command(place, monkeypatch, "destination", "add", "--name", "Archive", *where, text=credentials)
    assert "Archive" in command(place, monkeypatch, "destination", "list")
    for queued in (1, 0):
        said = command(place, monkeypatch, "send", "--to", "Archive", "--image", str(image_id))
        assert f"{queued} images are queued" in said
        work(place)
    assert set(held(orthanc)) == {"SEG"}
    command(place, monkeypatch, "destination", "remove", "--name", "Archive")
    assert admin.get(f"/images/{image_id}/deliveries").json()["items"] == []
