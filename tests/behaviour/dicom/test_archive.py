"""A ZIP is a study: each of its files has its own result, and no file exceeds its limits."""

import io
import zipfile
from pathlib import Path
from uuid import UUID

import numpy as np
from pydicom import dcmread
from pydicom.fileset import FileSet
from sqlalchemy import func, select

from app.core.settings import MIB
from app.dicom import archives
from app.images.tables import Image, Series
from app.jobs.tables import Job
from tests.behaviour.dicom.sending import archive, instance, instance_uid
from tests.processes import wait_until
from tests.running_site import Site

ZIP = {"Content-Type": "application/zip"}


def jobs(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count(Job.id))) or 0


def dicomdir(folder: Path, *files: bytes) -> dict[str, bytes]:
    """Return the files of a scanner's disc, written by pydicom: DICOMDIR and those it lists."""
    medium = FileSet()
    for file in files:
        medium.add(dcmread(io.BytesIO(file)))
    medium.write(folder)
    return {
        f"disc/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_packed_dicomdir_is_one_study_and_sent_again_makes_nothing(
    product: Site, tmp_path: Path
) -> None:
    ids = {"StudyID": "1", "SeriesNumber": 1, "StudyDate": "20200101", "StudyTime": "120000"}
    more = {"PatientName": "Doe^Jane", "SeriesInstanceUID": instance_uid(99), "Modality": "US"}
    files = [instance(900 + one, InstanceNumber=one, **ids, **more) for one in range(3)]
    disc = dicomdir(tmp_path, *files)
    assert "disc/DICOMDIR" in disc
    script = product.script("annotator", "segment")
    answer = script.post("/images", content=archive(disc), headers=ZIP, timeout=60)
    assert answer.status_code == 200, answer.text
    taken = answer.json()
    assert (taken["kept"], taken["known"], taken["refused"]) == (3, 0, 0)
    states = {one["name"]: one["state"] for one in taken["members"]}
    assert states.pop("disc/DICOMDIR") == "left-out"
    assert set(states.values()) == {"kept"}
    made = [one["job_id"] for one in taken["members"] if one["job_id"]]

    def studies() -> set[object] | None:
        with product.database.read() as session:
            images = select(Job.image_id).where(Job.id.in_([UUID(one) for one in made]))
            found = select(Series.study_id, Image.id).join(Image, Image.series_id == Series.id)
            rows = session.execute(found.where(Image.id.in_(images))).all()
        return {study for study, _ in rows} if len(rows) == 3 else None

    assert len(wait_until(studies, what="for three images") or ()) == 1
    again = script.post("/images", content=archive(disc), headers=ZIP, timeout=60).json()
    assert (again["kept"], again["known"]) == (0, 3)


def test_each_file_has_its_own_result_and_bad_ones_cost_nothing(site: Site) -> None:
    bomb = bytes(64 * MIB)
    files = {
        "good.dcm": instance(1),
        "folder/../../evil.dcm": instance(2),
        "report.txt": b"no picture",
        "bomb.dcm": bomb,
        "__MACOSX/._good.dcm": b"noise",
    }
    packed = bytearray(archive(files | {"broken.dcm": instance(3)}))
    at = packed.rindex(b"broken.dcm", 0, packed.rindex(b"PK\x01\x02"))
    packed[at + 200] ^= 0xFF  # in the packed bytes of the last file
    answer = site.script("annotator", "segment").post("/images", content=bytes(packed), headers=ZIP)
    assert answer.status_code == 200, answer.text
    found = {one["name"]: (one["state"], one["code"]) for one in answer.json()["members"]}
    assert found == {
        "good.dcm": ("kept", None),
        "folder/../../evil.dcm": ("kept", None),
        "report.txt": ("refused", "no-dicom"),
        "bomb.dcm": ("refused", "bomb"),
        "broken.dcm": ("refused", "damaged"),
    }
    assert jobs(site) == 2


def test_what_is_no_study_is_refused_as_a_whole(site: Site) -> None:
    script = site.script("annotator", "segment")
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as made:
        for number in range(archives.MOST_FILES + 1):
            made.writestr(f"{number}", b"")
    for content, headers, status, code in (
        (archive({"a.txt": b"text"}), ZIP, 422, "nothing-taken"),
        (archive({}), ZIP, 422, "nothing-taken"),
        (archive({"a": instance(4)})[:-30], ZIP, 415, "no-archive"),
        (np.random.default_rng(1).bytes(5000), ZIP, 415, "no-archive"),
        (many.getvalue(), ZIP, 413, "too-many-files"),
        (instance(5), {"Content-Type": "application/dicom"}, 415, "unsupported-media-type"),
    ):
        answer = script.post("/images", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert jobs(site) == 0
