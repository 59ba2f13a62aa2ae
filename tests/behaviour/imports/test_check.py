"""The check of an import reports what would happen, lists problems, and writes nothing."""

import base64
import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import func, select

from app.core.state import State
from app.images.tables import Image, ImageState
from app.imports.service import drop_old
from app.jobs.tables import JobState
from app.masks.tables import Mask
from app.reviews.tables import Reading, Review
from tests.behaviour.exports.archives import work
from tests.behaviour.exports.rows import add_import, add_pooled, ellipses, speckle
from tests.behaviour.imports.sending import applied, checked, zipped
from tests.disks import fill, small_disk
from tests.running_site import Site, frame_of
from tests.synthetic import png_bytes, ultrasound, ultrasound_dicom, ultrasound_region
from worker.pipeline import encode_mask_png, encode_png


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser("admin")


def masked(seed: int) -> tuple[bytes, bytes]:
    """Return a frame and its mask as PNG."""
    return encode_png(speckle(seed)), encode_mask_png(ellipses((20, 20 + seed)) > 0)


def codes(report: dict) -> dict[str, str]:
    return {finding["name"]: finding["code"] for finding in report["findings"]}


def test_a_check_writes_nothing(site: Site, admin: httpx.Client) -> None:
    image, mask = masked(1)
    details = checked(site, admin, zipped({"images/a.png": image, "masks/a.png": mask}))
    assert (details["state"], details["checked"]["new_images"]) == ("checked", 1)
    assert admin.get("/images").json()["items"] == []
    assert not list(site.blobs.list("images/"))


def test_bad_files_are_listed_and_good_ones_kept(site: Site, admin: httpx.Client) -> None:
    image, mask = masked(1)
    other, _ = masked(2)
    small = encode_mask_png(np.ones((10, 10), bool))
    archive = zipped(
        {
            "set/images/good.png": image,
            "set/masks/good.png": mask,
            "set/images/without.png": other,
            "set/masks/alone.png": mask,
            "set/images/small.png": other,
            "set/masks/small.png": small,
            "set/images/broken.png": other[:200],
            "set/masks/broken.png": mask,
            "set/images/text.png": b"Dear colleague",
            "set/masks/text.png": mask,
            "set/images/twice.jpg": image,
            "set/masks/twice.png": mask,
            "__MACOSX/set/images/._good.png": b"noise",
        }
    )
    report = applied(site, admin, archive)["checked"]
    assert report["new_images"] == 1
    assert codes(report) == {
        "set/images/without.png": "no-label",
        "set/masks/alone.png": "no-image",
        "set/images/small.png": "size-differs",
        "set/images/broken.png": "truncated-file",
        "set/images/text.png": "unsupported-format",
        "set/images/twice.jpg": "twice",
    }
    assert all(len(finding["reason"]) > 20 for finding in report["findings"])
    assert len(admin.get("/images").json()["items"]) == 1


def test_submitted_by_default_and_approved_if_the_admin_says_so(
    site: Site, admin: httpx.Client
) -> None:
    for seed, stored_as in ((1, "submitted"), (2, "approved")):
        image, mask = masked(seed)
        applied(site, admin, zipped({"a.png": image, "a_mask.png": mask}), stored_as)
    with site.database.read() as session:
        images = session.scalars(select(Image).order_by(Image.id)).all()
        assert [image.state for image in images] == [ImageState.SUBMITTED, ImageState.APPROVED]
        assert images[0].split is None
        assert frame_of(session, images[1].id).approved_mask_id and images[1].split
        masks = session.scalars(select(Mask)).all()
        assert {mask.author_id for mask in masks} == {site.person("admin").id}
        readings = session.scalars(select(Reading)).all()
        assert {reading.submitted_mask_id for reading in readings} == {mask.id for mask in masks}
        assert session.scalar(select(func.count()).select_from(Review)) == 1
    assert admin.get("/pool").json()["images"] == 1


def test_a_second_label_of_the_same_image_is_a_revision_and_an_approved_one_stays(
    site: Site, admin: httpx.Client
) -> None:
    image, mask = masked(1)
    _, other = masked(9)
    applied(site, admin, zipped({"a.png": image, "a_mask.png": mask}))
    again = applied(site, admin, zipped({"a.png": image, "a_mask.png": other}))["applied"]
    assert (again["new_images"], again["new_revisions"]) == (0, 1)
    (entry,) = admin.get("/images").json()["items"]
    revisions = admin.get(f"/images/{entry['id']}").json()["masks"]
    assert [(m["revision"], m["parent_revision"]) for m in revisions] == [(2, 1), (1, None)]

    pixels = speckle(3)
    add_pooled(site, site.person("annotator"), pixels, ellipses((20, 20)))
    archive = zipped({"b.png": encode_png(pixels), "b_mask.png": other})
    aside = applied(site, admin, archive)["applied"]
    assert (aside["kept_aside"], aside["new_revisions"]) == (1, 0)
    assert codes(aside) == {"b.png": "kept-aside"}


def test_images_are_deidentified_and_dicom_gives_pseudonym_and_spacing(
    site: Site, admin: httpx.Client
) -> None:
    image = ultrasound(384, 512, seed=3, banner=("PLANTED^NAME 1950-01-01",))
    region = [ultrasound_region(image.sector_box)]
    data = ultrasound_dicom(image, region, PatientName="PLANTED^NAME", PatientID="PLANTED-77")
    archive = zipped({"x/images/1.dcm": data, "x/masks/1.png": encode_mask_png(image.mask)})
    applied(site, admin, archive)
    (entry,) = admin.get("/images").json()["items"]
    details = admin.get(f"/images/{entry['id']}").json()
    assert details["subject"]["code"].startswith("S-")
    assert details["frame"]["spacing_mm"]["row"] == pytest.approx(0.2)
    frame = np.asarray(Picture.open(io.BytesIO(admin.get(f"/images/{entry['id']}/frame").content)))
    top, left, height, width = image.sector_box
    frame = frame.copy()
    frame[top : top + height, left : left + width] = 0
    assert not frame.any(), "the banner is black"


def test_labelme_of_other_hands(site: Site, admin: httpx.Client) -> None:
    def shape(kind: str, points: list, **more: object) -> dict:
        return {"label": "cyst", "shape_type": kind, "points": points, "group_id": None} | more

    def document(shapes: list, **more: object) -> bytes:
        return json.dumps({"version": "4.5.6", "flags": {}, "shapes": shapes} | more).encode()

    inside = base64.b64encode(encode_mask_png(np.ones((4, 5), bool))).decode()
    files = {f"{n}.png": masked(n)[0] for n in range(1, 6)}
    files["1.json"] = document([shape("rectangle", [[10, 10], [20, 15]])], imagePath="1.png")
    files["2.json"] = document(
        [shape("circle", [[30, 20], [35, 20]]), shape("polygon", [[1, 1], [9, 1], [9, 9]])],
        imagePath="C:\\scans\\2.png",
    )
    files["3.json"] = document([shape("line", [[1, 1], [9, 9]])], imagePath="3.png")
    files["4.json"] = document(
        [shape("mask", [[2, 3], [6, 6]], mask=inside)],
        imagePath="4.png",
        imageHeight=48,
        imageWidth=64,
    )
    files["5.json"] = document([shape("polygon", [["x", 1], [2, 2], [3, 3]])], imagePath="5.png")
    files["6.json"] = document(
        [], imagePath="gone.png", imageData=base64.b64encode(masked(6)[0]).decode()
    )
    files["7.json"] = b'{"shapes": [' + b"[" * 5000
    report = applied(site, admin, zipped(files))["applied"]
    assert report["layout"] == "labelme"
    assert (report["new_images"], report["without_lesion"], report["lesions"]) == (4, 1, 4)
    assert codes(report) == {"3.json": "shape-type", "5.png": "bad-points", "7.json": "not-json"}
    with site.database.read() as session:
        areas = {
            tuple(lesion["area_px"] for lesion in mask.result["lesions"])
            for mask in session.scalars(select(Mask))
        }
        assert {(66,), (20,), ()} <= areas
        named = session.scalars(select(Mask).where(Mask.answer == "lesions")).first()
        assert named.labels["names"] == {"1": "cyst"}


def test_coco_of_other_hands(site: Site, admin: httpx.Client) -> None:
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(1, 8)]
    runs = [100, 20, 64 * 48 - 120]
    segmentations = {
        1: [[10, 10, 20, 10, 20, 20, 10, 20]],
        2: {"size": [48, 64], "counts": runs},
        3: {"size": [48, 64], "counts": [100, 20, 1]},
        4: {"size": [48, 64], "counts": "~~~"},
        5: [[1e30, 0, 2, 2, 3, 3]],
        6: [],
    }
    annotations = [
        {"id": n, "image_id": n, "category_id": 1, "segmentation": segmentation}
        for n, segmentation in segmentations.items()
    ]
    document = {"images": images, "annotations": annotations, "categories": []}
    files = {f"images/{n}.png": masked(n)[0] for n in range(1, 7)}
    files["annotations.json"] = json.dumps(document).encode()
    report = applied(site, admin, zipped(files))["applied"]
    assert report["layout"] == "coco"
    assert (report["new_images"], report["lesions"]) == (2, 2)
    assert sorted(codes(report).values()) == sorted(
        ["bad-code", "bad-code", "bad-points", "no-label", "no-image"]
    )
    with site.database.read() as session:
        areas = sorted(m.result["lesions"][0]["area_px"] for m in session.scalars(select(Mask)))
    assert areas == [20, 100]


def with_entry(name: str, **attributes: object) -> bytes:
    """Return a ZIP with one file, whose entry has this name and these attributes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        for key, value in attributes.items():
            setattr(entry, key, value)
        archive.writestr(entry, masked(1)[0])
    return out.getvalue()


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (with_entry("../../etc/passwd.png"), "bad-name"),
        (with_entry("/etc/passwd.png"), "bad-name"),
        (with_entry("C:/windows.png"), "bad-name"),
        (with_entry("link.png", external_attr=0o120777 << 16), "not-a-file"),
        (zipped({"a.png": b"\0" * 30_000_000}), "bomb"),
        (zipped({"a.png": zipped({"b.png": b"x"}), "a_mask.png": masked(1)[1]}), None),
    ],
    ids=["climbs", "absolute", "drive", "link", "bomb", "nested"],
)
def test_tricks_are_listed_and_nothing_is_taken(
    site: Site, admin: httpx.Client, archive: bytes, code: str | None
) -> None:
    report = checked(site, admin, archive)["checked"]
    assert report["labels"] == 0
    (finding,) = report["findings"]
    assert finding["code"] == (code or "unsupported-archive")


def damaged() -> bytes:
    whole = zipped({"a.png": masked(1)[0], "a_mask.png": masked(1)[1]})
    return whole[: len(whole) // 2]


def promising() -> bytes:
    """Return a ZIP whose directory declares a size of almost 4 GiB for each of 40 files."""
    files = {f"{number}.png": b"\0" * 10 for number in range(40)}
    data = bytearray(zipped(files))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<L", data, at + 24, 0xFFFF0000)
        at += 4
    return bytes(data)


@pytest.mark.parametrize(
    ("archive", "code"),
    [(damaged(), "damaged-archive"), (promising(), "unpacks-too-large")],
    ids=["cut", "promising"],
)
def test_an_archive_that_cannot_be_taken_fails_with_its_reason(
    site: Site, admin: httpx.Client, archive: bytes, code: str
) -> None:
    details = checked(site, admin, archive)
    assert details["state"] == "failed"
    assert details["problem"]["code"] == code
    assert admin.post(f"/imports/{details['id']}/apply", json={}).status_code == 409


def test_what_is_no_zip_is_refused_at_the_door(admin: httpx.Client) -> None:
    for data, status, code in (
        (b"", 400, "empty-file"),
        (png_bytes(speckle(1)), 415, "not-a-zip"),
    ):
        answer = admin.post("/imports", files={"file": ("x", data)})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert admin.post("/imports", content=b"x").status_code == 422


def test_deleting_an_import_leaves_what_it_stored(site: Site, admin: httpx.Client) -> None:
    image, mask = masked(1)
    details = applied(site, admin, zipped({"a.png": image, "a_mask.png": mask}))
    assert not list(site.blobs.list("imports/")), "stored: the archive is needed no more"
    assert admin.delete(details["links"]["self"]).status_code == 204
    assert admin.get("/imports").json()["items"] == []
    assert len(admin.get("/images").json()["items"]) == 1


def test_an_old_import_is_forgotten_with_the_names_in_it(site: Site, admin: httpx.Client) -> None:
    checked(site, admin, zipped({"Mrs Planted.png": masked(1)[0]}))
    waiting = add_import(site, site.person("admin"), JobState.QUEUED)
    state = State.open(site.settings.model_copy(update={"import_seconds": 1e-6}))
    assert drop_old(state) == 1
    state.close()
    assert [entry["id"] for entry in admin.get("/imports").json()["items"]] == [str(waiting)]
    assert [blob.key for blob in site.blobs.list("imports/")] == [f"imports/{waiting}"]


def test_an_import_that_is_not_checked_cannot_be_applied(site: Site, admin: httpx.Client) -> None:
    waiting = add_import(site, site.person("admin"), JobState.QUEUED)
    answer = admin.post(f"/imports/{waiting}/apply", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-checked")


def test_a_full_disk_ends_a_check_with_507_and_it_can_be_tried_again(
    site: Site, admin: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, mask = masked(1)
    packed = zipped({"images/a.png": image, "masks/a.png": mask})
    answer = admin.post("/imports", files={"file": ("labels.zip", packed)})
    links = answer.json()["links"]
    with small_disk(tmp_path / "small") as disk:
        filler = fill(disk)
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        work(site, links["job"])
        failed = admin.get(links["job"]).json()
        assert (failed["state"], failed["problem"]["status"]) == ("failed", 507), failed
        assert failed["problem"]["code"] == "storage-full"
        filler.unlink()
        assert admin.post(f"{links['job']}/retry").status_code == 202
        work(site, links["job"])
        assert admin.get(links["self"]).json()["checked"]["new_images"] == 1
