"""No export contains anything that identifies a patient, in any format or encoding.

Files with planted identities go through the real product: upload, worker, a doctor's revision, a
reviewer's approval, export. Then the test searches every byte of every archive, and the unpacked
data of its PNGs.
"""

import base64
import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from app.accounts.tables import Role
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key, subject_code
from app.images.tables import Frame, Image, Series, Study, Subject
from tests.behaviour.exports.archives import opened
from tests.faults.conftest import prepare
from tests.processes import Processes, wait_until
from tests.processes import opened as processes_of
from tests.running_site import Site
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset, ultrasound_region
from worker.interactive.runs import encode_runs

FORMATS = ["png", "coco", "labelme", "yolo-seg", "voc", "tfrecord", "nnunet"]
DICOM = {
    "PatientName": "PLANTOWSKI^WILHELMINE^MÜLLER",
    "PatientID": "PLANT-4711-0815",
    "PatientBirthDate": "19450327",
    "OtherPatientIDs": "PLANT-OTHER-99",
    "AccessionNumber": "ACCPLANT2207",
    "InstitutionName": "Plantagenhospital Hinterwald",
    "ReferringPhysicianName": "PLANTARZT^HUGO",
    "OperatorsName": "PLANTOPERATOR^EVA",
    "StudyDate": "20190711",
    "StudyTime": "134501",
    "SeriesDescription": "Plantdescription of Wilhelmine",
    "StationName": "PLANTSTATION7",
    "DeviceSerialNumber": "PLANTSERIAL123",
    "ManufacturerModelName": "Speckle PLANTOWSKI",
    "PatientComments": "plantcomment lives in Hinterwald",
}
UID = "1.2.826.0.1.3680043.8.498.47110815"
IN_PNG = ["Plantname In Text", "plantfile-wilhelmine.png", "PLANT-SUBJECT-77"]
BANNER = "PLANTBANNER 1945-03-27"


def needles() -> list[bytes]:
    """Return every planted text in its possible encodings."""
    texts = {UID, *IN_PNG, BANNER}
    for value in DICOM.values():
        texts |= {value, *value.split("^"), value.replace("^", " "), value.replace("^", ", ")}
    texts -= {"Speckle"}
    texts |= {"1945-03-27", "27.03.1945", "2019-07-11", "11.07.2019", "13:45:01"}
    found = set()
    for text in texts:
        for case in {text, text.upper(), text.lower(), text.title()}:
            codings = {case.encode(c) for c in ("utf-8", "utf-16-le", "utf-16-be")}
            codings |= {case.encode("latin-1"), case.encode().hex().encode(), case[::-1].encode()}
            for offset in range(3):
                # Base64 of a longer text with it at any offset, without the ambiguous ends.
                coded = base64.b64encode(bytes(offset) + case.encode())
                codings.add(coded[(4 if offset else 0) : len(coded) - 4])
            found |= {coding for coding in codings if len(coding) >= 6}
    return sorted(found)


def hidden(data: bytes) -> Iterator[bytes]:
    """Yield the data, and the unpacked data of its PNGs, which may have no text chunks."""
    yield data
    at = 0
    while (at := data.find(b"\x89PNG\r\n\x1a\n", at)) >= 0:
        place, pixels = at + 8, b""
        while place + 8 <= len(data):
            (length,) = struct.unpack(">L", data[place : place + 4])
            kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
            place += 12 + length
            if kind == b"IDAT":
                pixels += body
            assert kind in (b"IHDR", b"IDAT", b"IEND", b"PLTE"), f"a PNG with {kind!r}"
            if kind == b"IEND":
                break
        yield zlib.decompress(pixels)
        at += 8


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, Site]]:
    """The whole product with one worker for all queues."""
    for processes in processes_of(tmp_path_factory.mktemp("leak") / "data"):
        prepare(processes)
        _, url = processes.start_api()
        processes.start_worker()
        settings = processes.settings
        database = Database(settings.database)
        site = Site(settings, url, database, open_blobs(settings), load_site_key(settings))
        ready = partial(httpx.get, f"{url}/readyz", timeout=60)
        wait_until(lambda ask=ready: ask().status_code == 200)  # type: ignore[misc]
        yield processes, site
        site.close()


def planted_dicom() -> bytes:
    image = ultrasound(384, 512, seed=70, banner=(BANNER,))
    dataset = ultrasound_dataset(
        image.pixels, [ultrasound_region(image.sector_box)], StudyInstanceUID=UID, **DICOM
    )
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return dicom_bytes(dataset)


def planted_png() -> bytes:
    text = PngInfo()
    text.add_text("Author", IN_PNG[0])
    text.add_itxt("Comment", IN_PNG[0], zip=True)
    buffer = io.BytesIO()
    pixels = ultrasound(384, 512, seed=71, banner=(BANNER,)).pixels
    Picture.fromarray(pixels).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def approve(site: Site, doctor: httpx.Client, reviewer: httpx.Client, image_id: str) -> None:
    """Let a doctor draw and submit, and a reviewer approve."""
    image = doctor.get(f"/images/{image_id}").json()
    labels = np.zeros((image["height"], image["width"]), np.uint8)
    cv2.ellipse(labels, (250, 200), (60, 40), 20, 0, 360, 1, -1)
    drawing = {
        "width": image["width"],
        "height": image["height"],
        "runs": encode_runs(labels),
        "names": {"1": "index lesion"},
    }
    newest = max(mask["revision"] for mask in image["masks"])
    body: dict[str, Any] = {"parent_revision": newest, "labels": drawing, "answer": "lesions"}
    saved = doctor.post(f"/images/{image_id}/masks", json={**body, "seconds": 9, "submit": True})
    assert saved.status_code == 201, saved.text
    verdict = {"revision": saved.json()["revision"], "verdict": "approved", "comment": None}
    approved = reviewer.post(f"/images/{image_id}/reviews", json=verdict)
    assert approved.status_code == 201, approved.text


@pytest.fixture(scope="module")
def archives(product: tuple[Processes, Site]) -> dict[str, zipfile.ZipFile]:
    """Exports of two images with planted identities, in every format."""
    _, site = product
    doctor = site.script(site.add_person(Role.ANNOTATOR), "segment", "read", "write")
    reviewer = site.script(site.add_person(Role.REVIEWER), "read", "write")
    admin = site.script(site.add_person(Role.ADMIN), "admin")
    uploads = (
        (planted_dicom(), "PLANTOWSKI.dcm", {"name": f"{IN_PNG[0]} {BANNER}", "case": UID}),
        (planted_png(), IN_PNG[1], {"subject": IN_PNG[2]}),
    )
    for data, name, fields in uploads:
        sent = doctor.post("/segment", files={"file": (name, data)}, data={"wait": "60", **fields})
        assert sent.status_code == 200, sent.text
        approve(site, doctor, reviewer, sent.json()["image_id"])
    found = {}
    for format in FORMATS:
        details = admin.post("/exports", json={"format": format}).json()
        assert details["counts"]["images"] == 2, details

        def ended(address: str = details["links"]["self"]) -> dict | None:
            now = admin.get(address).json()
            assert now["state"] != "failed", now["problem"]
            return now if now["state"] == "done" else None

        done = wait_until(ended, what="for an export")
        found[format] = opened(admin.get(done["links"]["archive"]).content)
    return found


def test_the_search_would_find_what_was_planted() -> None:
    looked_for = needles()
    for data in (planted_dicom(), planted_png()):
        assert any(needle in data for needle in looked_for)
    coded = base64.b64encode(b"x: PLANT-4711-0815, and so on")
    assert any(needle in coded for needle in looked_for)


@pytest.mark.parametrize("format", FORMATS)
def test_no_planted_identity_is_in_any_byte(
    archives: dict[str, zipfile.ZipFile], format: str
) -> None:
    looked_for, searched = needles(), 0
    for entry in archives[format].infolist():
        for data in (entry.filename.encode(), *hidden(archives[format].read(entry))):
            found = [needle for needle in looked_for if needle in data]
            assert not found, f"{entry.filename} holds {found}"
            searched += len(data)
    assert searched > 300_000


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_the_site_links_an_export_with_it(
    product: tuple[Processes, Site], archives: dict[str, zipfile.ZipFile], format: str
) -> None:
    _, site = product
    with site.database.read() as session:
        codes = set()
        for subject in session.scalars(select(Subject)):
            codes |= {str(subject.id), subject.pseudonym, subject.pseudonym[:12], subject.code}
            assert subject.code == subject_code(subject.pseudonym)
        for image in session.scalars(select(Image)):
            codes |= {str(image.id), image.pixel_sha256, str(image.owner_id)}
        for frame in session.scalars(select(Frame)):
            codes |= {str(frame.id), str(frame.approved_mask_id)}
        for kind in (Study, Series):
            for part in session.scalars(select(kind)):
                codes |= {str(part.id), part.pseudonym}
    for entry in archives[format].infolist():
        data = archives[format].read(entry)
        assert not [code for code in codes if code.encode() in data], entry.filename


def test_the_banner_is_black_in_every_exported_frame(archives: dict[str, zipfile.ZipFile]) -> None:
    archive, seen = archives["png"], 0
    for name in archive.namelist():
        if name.startswith("images/"):
            frame = np.asarray(Picture.open(io.BytesIO(archive.read(name))))
            assert frame.any()
            assert not frame[:40].any(), "text above the sector"
            seen += 1
    assert seen == 2


def test_samples_have_pseudonyms_of_this_export_alone(
    archives: dict[str, zipfile.ZipFile],
) -> None:
    rows = csv.DictReader(io.StringIO(archives["png"].read("samples.csv").decode()))
    subjects = [row["subject"] for row in rows]
    assert len(set(subjects)) == 2
    assert all(len(subject) == 16 for subject in subjects)
