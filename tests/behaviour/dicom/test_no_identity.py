"""Identities planted everywhere in DICOM files, sent by every route, are not found in any data.

Only the sealed reference may contain them, and it is encrypted.
"""

import base64
import gzip
import io
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid
from pynetdicom import AE
from rapidocr import RapidOCR

from app.accounts import service
from app.core.audit import SYSTEM
from app.dicom import peers
from tests.behaviour.dicom.listening import start
from tests.behaviour.dicom.sending import stow_body, stow_headers
from tests.files import files_under
from tests.processes import Processes, wait_until
from tests.running_site import Site
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset

NAMES = ("Quillfeather", "Ottoline", "Brackenbury")
NUMBERS = ("PX-998877-Q", "ACC5544332211", "19410203")
DATES = ("19970613", "1997-06-13")
"""The day of every examination, which no option keeps unchanged."""
NEEDLES = (*NAMES, *NUMBERS, *DATES, "Krankenhaus Nebelheim", "1.2.826.0.1.3680043.8.498.777")


OPTIONS = ("retain_patient_characteristics", "retain_shifted_dates")


def planted(seed: int) -> bytes:
    """Return a file with identities in every possible place."""
    name = "Quillfeather^Ottoline"
    dataset = ultrasound_dataset(
        ultrasound(seed=seed, banner=("QUILLFEATHER OTTOLINE  03.02.1941",)).pixels,
        PatientName=name,
        PatientID=NUMBERS[0],
        PatientBirthDate=NUMBERS[2],
        PatientSex="F",
        PatientSize="1.71",
        EthnicGroup="Quillfeather",
        **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), DATES[0]),
        AccessionNumber=NUMBERS[1],
        OtherPatientIDs=[NUMBERS[0], "second"],
        ReferringPhysicianName="Brackenbury^Doctor",
        InstitutionName="Krankenhaus Nebelheim",
        StudyInstanceUID=f"1.2.826.0.1.3680043.8.498.777.{seed}",
        SeriesInstanceUID=f"1.2.826.0.1.3680043.8.498.777.{seed}.1",
        SOPInstanceUID=f"1.2.826.0.1.3680043.8.498.777.{seed}.2",
        StudyDescription=f"Verlauf {name} {DATES[1]}",
        ImageComments=f"{name} {NUMBERS[0]}",
        Manufacturer="Brackenbury Devices for Quillfeather",
        BodyPartExamined="Ottoline",
        StationName="Brackenbury",
    )
    private = dataset.private_block(0x0009, "Quillfeather Inc", create=True)
    private.add_new(0x01, "LO", name)
    private.add_new(0x02, "OB", b"Brackenbury" * 2)
    dataset.add_new(0x50000022, "LO", name)  # curve label
    dataset.add_new(0x50003000, "OW", b"QuillfeatherOttoline")  # curve data
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60000011, "US", 160)
    dataset.add_new(0x60000022, "LO", name)
    dataset.add_new(0x60003000, "OW", b"QuillfeatherOttoline" * 8)
    icon = Dataset()
    icon.Rows = icon.Columns = 16
    icon.add_new(0x7FE00010, "OB", b"QuillfeatherOttoline".ljust(256, b"\0"))
    dataset.IconImageSequence = Sequence([icon])
    item = Dataset()
    item.TextValue = f"{name} {NUMBERS[0]}"
    item.PersonName = name
    dataset.ContentSequence = Sequence([item])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.SourceApplicationEntityTitle = "Ottoline"
    dataset.file_meta.PrivateInformationCreatorUID = generate_uid()
    dataset.file_meta.PrivateInformation = b"Quillfeather"
    return dicom_bytes(dataset)


@dataclass
class Sent:
    """The images sent by every route, and the site that received them."""

    processes: Processes
    site: Site
    client: httpx.Client
    images: list[str]
    folder: Path
    responses: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    retaining: str = ""
    """The image that arrived while the options were on."""


@pytest.fixture(scope="module")
def sent(running: tuple[Processes, Site], tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """Files sent by STOW-RS, by C-STORE, in a watched folder and as an upload; then another by
    STOW-RS with all of the project's de-identification options on."""
    processes, site = running
    project = site.add_project("Leaks")
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, "Leaky", project)
        peers.put(session, site.key, SYSTEM, "LEAKY", account, project, commits=False)
    reviewer = site.add_person("reviewer", project_id=project)
    client = site.script(reviewer, "segment", "read")
    sent = Sent(processes, site, client, [], tmp_path_factory.mktemp("watched"))
    listening = threading.Thread(
        target=listen, args=(site.browser(reviewer), sent.events), daemon=True
    )
    listening.start()
    wait_until(lambda: sent.events, what="for the stream of events")

    stow = client.post("/dicomweb/studies", content=stow_body([planted(1)]), headers=stow_headers())
    assert stow.status_code == 200
    upload = client.post(
        "/segment?wait=60", files={"file": ("Quillfeather Ottoline.dcm", planted(2))}
    )
    assert upload.status_code == 200, upload.text
    sent.responses.append(upload.content)

    listener, port = start(processes)
    entity = AE("LEAKY")
    dataset = dcmread(io.BytesIO(planted(3)))
    entity.add_requested_context(dataset.SOPClassUID)
    assoc = entity.associate("127.0.0.1", port, ae_title="SONOLOOP")
    assert assoc.send_c_store(dataset).Status == 0
    assoc.release()

    (sent.folder / "Quillfeather").mkdir()
    (sent.folder / "Quillfeather" / "Ottoline_19410203.dcm").write_bytes(planted(4))
    watched = processes._start(
        "watch",
        [
            *("app", "watch", str(sent.folder), "--account", "Leaky", "--project", "Leaks"),
            *("--settle", "0.1"),
        ],
    )

    def all_there() -> list[str] | None:
        found = [one["id"] for one in client.get("/images").json()["items"]]
        return found if len(found) == 4 else None

    sent.images = wait_until(all_there, what="for all four doors")
    wait_until(lambda: (sent.folder / "done").exists(), what="for the watched folder")
    for process in (listener, watched):
        process.terminate()
        process.wait(60)

    admin = site.browser(site.add_person("admin"))
    rules = f"/projects/{project}"
    admin.patch(rules, json=dict.fromkeys(OPTIONS, True)).raise_for_status()
    stow = client.post("/dicomweb/studies", content=stow_body([planted(5)]), headers=stow_headers())
    assert stow.status_code == 200
    before = {*sent.images}

    def fifth() -> str | None:
        found = {one["id"] for one in client.get("/images").json()["items"]} - before
        return next(iter(found), None)

    sent.retaining = wait_until(fifth, what="for the image of which more is kept")
    sent.images.append(sent.retaining)
    return sent


def listen(browser: httpx.Client, heard: list[bytes]) -> None:
    """Collect the events that pages receive, until the site closes the client."""
    with suppress(httpx.HTTPError, OSError), browser.stream("GET", "/events") as stream:
        for piece in stream.iter_raw():
            heard.append(piece)


def forms(text: str) -> list[bytes]:
    """Return a text in different cases and encodings."""
    cased = {text, text.lower(), text.upper()}
    found = [one.encode() for one in cased] + [one.encode("utf-16-le") for one in cased]
    return found + [base64.b64encode(one.encode())[:-4] for one in cased if len(one) > 6]


def holds(data: bytes) -> list[bytes]:
    return [form for needle in NEEDLES for form in forms(needle) if form in data]


def test_no_file_of_the_site_holds_any_of_it(sent: Sent) -> None:
    """The search covers the database and its journal, blobs, logs and spooled files."""
    sent.processes.wait_until_sources_are_gone()
    searched = 0
    for path, data in files_under(sent.processes.folder):
        searched += len(data)
        assert not holds(data), path.name
        assert not holds(str(path.relative_to(sent.processes.folder)).encode())
    assert searched > 100_000
    assert not list((sent.processes.folder / "spool").rglob("*.dcm"))


def test_no_answer_holds_any_of_it(sent: Sent) -> None:
    addresses = ["/images", "/jobs", "/pool"]
    for image in sent.images:
        base = f"/images/{image}"
        addresses += [base, f"{base}/frame", f"{base}/thumbnail", f"{base}/mask"]
    for address in addresses:
        answer = sent.client.get(address)
        assert answer.status_code in (200, 403, 404), f"{address}: {answer.text}"
        sent.responses.append(answer.content)
    for data in sent.responses:
        assert not holds(data)


def test_what_the_pages_are_told_holds_none_of_it(sent: Sent) -> None:
    told = b"".join(sent.events)
    assert any(image.encode() in told for image in sent.images)  # by the person's own upload
    assert not holds(told)


def test_objects_that_may_leave_hold_none_of_it(sent: Sent) -> None:
    answer = sent.client.get(f"/images/{sent.images[0]}/dicom", params={"kind": "seg"})
    assert answer.status_code == 200, answer.text
    assert not holds(answer.content)
    assert not holds(str(dcmread(io.BytesIO(answer.content))).encode())


def test_what_options_keep_is_all_that_there_is_of_the_patient(sent: Sent) -> None:
    """The patient's characteristics and shifted dates are kept; nothing of earlier files is."""
    kept = sent.client.get(f"/images/{sent.retaining}").json()["frame"]["attributes"]
    assert kept["PatientCharacteristics"] == {
        "PatientSex": "F",
        "PatientSize": 1.71,
        "PatientAge": "056Y",
    }
    (shifted,) = {*kept["ShiftedDates"].values()}
    earlier = date.fromisoformat(DATES[1]) - date.fromisoformat(shifted)
    assert earlier.days >= 366
    assert kept["DeidentificationMethods"][3:] == ["113107", "113108"]
    before = sent.client.get(f"/images/{sent.images[0]}").json()["frame"]["attributes"]
    assert before["DeidentificationMethods"] == ["113100", "113101", "113103"]
    assert not {"PatientCharacteristics", "ShiftedDates"} & {*before}

    address = f"/images/{sent.retaining}/dicom"
    written = sent.client.get(address, params={"kind": "sr"}).raise_for_status().content
    assert not holds(written)
    report = dcmread(io.BytesIO(written))
    assert (report.StudyDate, report.PatientAge, report.PatientSex) == (shifted, "056Y", "F")
    assert report.PatientBirthDate == ""
    methods = [item.CodeValue for item in report.DeidentificationMethodCodeSequence]
    assert methods == kept["DeidentificationMethods"]


def test_the_pixels_cannot_be_read(sent: Sent) -> None:
    """The project's text reader is applied to the stored frames at full size."""
    reader = RapidOCR(params={"Global.log_level": "error"})
    for image in sent.images:
        png = sent.client.get(f"/images/{image}/frame").content
        pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
        read = " ".join(reader(pixels).txts or ()).upper()
        assert not [name for name in NAMES if name.upper() in read]


def test_the_needles_are_where_they_were_planted() -> None:
    """The search finds every needle in the original file."""
    data = planted(1)
    assert all(any(form in data for form in forms(needle)) for needle in NEEDLES)
    assert holds(json.dumps({"a": NAMES[0]}).encode())
    assert not holds(gzip.compress(b"nothing"))
