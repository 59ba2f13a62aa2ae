"""From a PACS and back: one command fetches its new ultrasound images, a reader corrects two frames
of a cine and accepts the suggestions between them, and the approved result is in the PACS.
"""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highdicom as hd
import httpx
import numpy as np
import pydicom.data
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from rapidocr import RapidOCR
from scipy.spatial.distance import pdist

from tests.behaviour.cine.conftest import good
from tests.behaviour.dicom.leaks import identities, left_in
from tests.behaviour.dicom.sending import instance_uid
from tests.cines import NAME, cine_dataset, cine_frames
from tests.orthanc import Orthanc
from tests.processes import Processes, wait_until
from tests.running_site import Site
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset, ultrasound_region
from tests.unit.worker.dicom.conftest import complaints
from worker.interactive.runs import encode_runs

ROOT = Path(__file__).parents[3]
GIVEN = (
    Path(pydicom.data.__file__).parent / "test_files",  # pydicom's own ultrasound
    ROOT.parent / "shared" / "dicom",
)
OF_WHEEL = ("rgb_color", "palette", "jpeg2k")
FRAMES, MASKS = cine_frames(7)
SPACING = (0.25, 0.2)
"""mm per pixel, vertically and horizontally."""
KEY_FRAMES = (1, 4)
PERSON = {
    "PatientName": "Quillfeather^Ottoline",
    "PatientID": "PX-998877-Q",
    "AccessionNumber": "ACC5544332211",
    "ReferringPhysicianName": "Brackenbury^Doctor",
    "InstitutionName": "Krankenhaus Nebelheim",
    "StudyDate": "20260102",
    "StudyID": "NEB-4711",
}


def cine() -> bytes:
    """Return a cine whose vertical and horizontal scales differ, with a name over its echoes."""
    dataset = cine_dataset(FRAMES)
    region = ultrasound_region((0, 0, 192, 256), (SPACING[0] / 10, SPACING[1] / 10))
    dataset.SequenceOfUltrasoundRegions = [region]
    for keyword, value in PERSON.items():
        setattr(dataset, keyword, value)
    return dicom_bytes(dataset)


def of_another_kind() -> bytes:
    """Return an instance that is not ultrasound."""
    dataset = ultrasound_dataset(
        ultrasound().pixels,
        SOPInstanceUID=instance_uid(900),
        SeriesInstanceUID=instance_uid(901),
        Modality="CT",
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dicom_bytes(dataset)


def given() -> list[bytes]:
    """Return pydicom's ultrasound files, and shared third-party ones if present."""
    found = [GIVEN[0] / f"examples_{name}.dcm" for name in OF_WHEEL]
    return [path.read_bytes() for path in [*found, *sorted(GIVEN[1].glob("*.dcm"))]]


@dataclass
class Trip:
    """The objects that a PACS sent and got back, and the site in between."""

    processes: Processes
    site: Site
    reader: httpx.Client
    image: str
    before: list[bytes]
    drawn: dict[int, NDArray[np.bool_]]
    back: dict[str, bytes]


def poll(site: Site, orthanc: Orthanc, token: str, state: Path) -> str:
    """Run the one command and return its output."""
    environment = {
        "PATH": os.environ["PATH"],
        "PACS_URL": orthanc.dicomweb_url,
        "PACS_USER": orthanc.auth[0],
        "PACS_PASSWORD": orthanc.auth[1],
        "SONOLOOP_URL": site.url,
        "SONOLOOP_TOKEN": token,
    }
    script = str(ROOT / "examples" / "pacs_poll.py")
    command = [sys.executable, script, "--state", str(state), "--only-send"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trip(
    running: tuple[Processes, Site],
    _orthanc_server: Orthanc,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trip:
    processes, site = running
    orthanc = _orthanc_server
    orthanc.empty()
    before = [cine(), *given()]
    for data in before:
        orthanc.store(data)
    orthanc.store(of_another_kind())
    there = set(orthanc.instances())
    project = site.add_project("Round trip")
    account = site.add_person(project_id=project)
    token = site.token(account, "segment", project_id=project)[1]
    state = tmp_path_factory.mktemp("poll") / "state.json"
    assert poll(site, orthanc, token, state) == f"{len(before)} done\n"
    assert poll(site, orthanc, token, state) == "0 done\n", "what is there is not new"

    reader = site.browser(site.add_person("reviewer", project_id=project))
    reviewer = site.browser(site.add_person("reviewer", project_id=project))

    def all_there() -> list[dict[str, Any]] | None:
        found = good(reader.get("/images", params={"limit": 100}))["items"]
        return found if len(found) == len(before) else None

    images = wait_until(all_there, 240, "for all images")
    image = next(one["id"] for one in images if one["frame_count"] == len(FRAMES))
    wait_until(lambda: answered(reader, image), what="for the model's answers")
    admin = site.browser(site.add_person("admin"))
    connect(admin, str(project), orthanc)
    drawn = correct(reader, image)
    approve(reader, reviewer, image)

    wait_until(lambda: len(set(orthanc.instances()) - there) == 4, what="for results in the PACS")
    written = [orthanc.file(one) for one in set(orthanc.instances()) - there]
    back = {kind_of(data): data for data in written}
    return Trip(processes, site, reader, image, before, drawn, back)


def answered(reader: httpx.Client, image: str) -> bool:
    """Return whether the model has segmented every frame."""
    frames = good(reader.get(f"/images/{image}/frames"))["frames"]
    return all(one["revision"] for one in frames)


def kind_of(data: bytes) -> str:
    """Return the modality; the overlay has the image's."""
    return str(dcmread(io.BytesIO(data), stop_before_pixels=True).Modality)


def connect(admin: httpx.Client, project: str, orthanc: Orthanc) -> None:
    """Set up the project so that approved results are sent back automatically."""
    body = {
        "name": "PACS",
        "protocol": "c-store",
        "ae_title": orthanc.ae_title,
        "host": "127.0.0.1",
        "port": orthanc.dicom_port,
        "objects": ["seg", "sr", "sc", "pr"],
        "on_approval": True,
    }
    good(admin.post(f"/projects/{project}/destinations", json=body))


def correct(reader: httpx.Client, image: str) -> dict[int, NDArray[np.bool_]]:
    """Draw on two key frames, accept the suggestions in between, and return the masks by frame."""
    for index in KEY_FRAMES:
        history = good(reader.get(f"/images/{image}/frames/{index}"))["masks"]
        height, width = MASKS[index].shape
        runs = encode_runs(MASKS[index].astype(np.uint8))
        new = {
            "parent_revision": history[0]["revision"] if history else None,
            "labels": {"width": width, "height": height, "runs": runs, "names": {}},
            "answer": "lesions",
            "seconds": 1,
        }
        good(reader.post(f"/images/{image}/frames/{index}/masks", json=new))
    between = {"first": KEY_FRAMES[0], "last": KEY_FRAMES[1]}
    job = good(reader.post(f"/images/{image}/suggestions", json=between))
    wait_until(lambda: good(reader.get(f"/jobs/{job['id']}"))["state"] == "done")
    accepted = good(reader.post(f"/images/{image}/suggestions/accept", json=between))["frames"]
    assert accepted == [2, 3]

    def measured() -> bool:
        shown = [good(reader.get(f"/images/{image}/frames/{one}")) for one in range(1, 5)]
        return all(one["masks"][0]["result"] for one in shown)

    wait_until(measured, what="for measures")
    return {index: mask(reader, image, index) for index in range(1, 5)}


def mask(reader: httpx.Client, image: str, index: int) -> NDArray[np.bool_]:
    """Return the newest mask of a frame, as the pages show it."""
    png = reader.get(f"/images/{image}/frames/{index}/mask").content
    return np.asarray(Image.open(io.BytesIO(png))) > 0


def approve(reader: httpx.Client, reviewer: httpx.Client, image: str) -> None:
    """Submit the reading and approve it."""
    last = f"/images/{image}/frames/{KEY_FRAMES[1]}"
    revision = good(reader.get(last))["masks"][0]["revision"]
    good(reader.post(f"{last}/submit", json={"revision": revision}))
    good(reviewer.post(f"{last}/reviews", json={"revision": revision, "verdict": "approved"}))


def test_what_comes_back_is_in_the_study_and_accepted_by_others(trip: Trip, tmp_path: Path) -> None:
    assert set(trip.back) == {"SEG", "SR", "US", "PR"}
    origin = dcmread(io.BytesIO(trip.before[0]), stop_before_pixels=True)
    for data in trip.back.values():
        assert complaints(data, tmp_path) == []
        written = dcmread(io.BytesIO(data))
        for keyword in (*PERSON, "StudyInstanceUID", "PatientBirthDate"):
            if keyword != "InstitutionName":
                assert written[keyword].value == origin[keyword].value, keyword


def test_masks_are_those_that_were_drawn_and_accepted_to_the_pixel(trip: Trip) -> None:
    source = dcmread(io.BytesIO(trip.before[0]), stop_before_pixels=True).SOPInstanceUID
    seg = hd.seg.segread(io.BytesIO(trip.back["SEG"]))
    pixels = seg.get_pixels_by_source_frame(source, [index + 1 for index in trip.drawn])
    for plane, (index, drawn) in zip(pixels[..., 0], trip.drawn.items(), strict=True):
        assert np.array_equal(plane > 0, drawn)
        if index in KEY_FRAMES:
            assert np.array_equal(drawn, MASKS[index])


def test_sizes_are_those_of_the_scale_in_the_file_to_a_tenth_of_a_millimetre(trip: Trip) -> None:
    content = hd.sr.srread(io.BytesIO(trip.back["SR"])).content
    groups = content.get_planar_roi_measurement_groups()
    assert len(groups) == len(trip.drawn)
    for group, (index, drawn) in zip(groups, trip.drawn.items(), strict=True):
        values = {one.name.meaning: (one.value, one.unit.value) for one in group.get_measurements()}
        area, unit = values["Area"]
        assert unit == "mm2"
        assert area == pytest.approx(drawn.sum() * SPACING[0] * SPACING[1], abs=0.1), index
        length, unit = values["Long axis"]
        assert unit == "mm"
        assert length == pytest.approx(longest(drawn), abs=0.1), index


def longest(drawn: NDArray[np.bool_]) -> float:
    """Return the longest distance in mm between points of a mask's pixels, by brute force."""
    centres = np.argwhere(drawn)
    reach = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
    points = (centres[:, None] + reach).reshape(-1, 2) * SPACING
    edge = points[np.abs(points - points.mean(axis=0)).max(axis=1) > 1]
    return float(pdist(np.unique(edge, axis=0)).max())


def test_the_overlay_is_the_stored_picture_with_the_outline(trip: Trip) -> None:
    capture = dcmread(io.BytesIO(trip.back["US"]))
    shown = int(capture.SourceImageSequence[0].ReferencedFrameNumber) - 1
    png = trip.reader.get(f"/images/{trip.image}/frames/{shown}/pixels").content
    stored = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    changed = np.argwhere(np.abs(capture.pixel_array.astype(int) - stored).max(axis=2) > 0)
    inside = np.argwhere(trip.drawn[shown])
    assert len(changed) > 20
    assert (changed.min(axis=0) >= inside.min(axis=0) - 3).all()
    assert (changed.max(axis=0) <= inside.max(axis=0) + 3).all()


def test_nothing_that_names_a_patient_is_left_outside_the_sealed_reference(trip: Trip) -> None:
    needles = set().union(*map(identities, trip.before)) | {NAME}
    assert {"Quillfeather", "PX-998877-Q", "NEB-4711", "Krankenhaus Nebelheim"} <= needles
    left = left_in(trip.processes.folder, needles)
    assert left == {}


def test_names_in_the_pixels_cannot_be_read(trip: Trip) -> None:
    reader = RapidOCR(params={"Global.log_level": "error"})
    before = dcmread(io.BytesIO(trip.before[0])).pixel_array[0]
    assert "1970" in " ".join(reader(np.repeat(before[..., None], 3, axis=2)).txts or ())
    png = trip.reader.get(f"/images/{trip.image}/frames/0/pixels").content
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert "1970" not in " ".join(reader(picture).txts or ())
