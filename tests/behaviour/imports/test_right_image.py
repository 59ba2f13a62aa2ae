"""On a running site: no image gets another one's label, and no import succeeds without a label."""

import zipfile
from io import BytesIO

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from app.images.tables import Image, Subject
from bench.label_archives import ONE, OTHERS, TWO, boxes, frame, png, zipped
from tests.behaviour.imports.sending import applied, checked
from tests.running_site import Site
from worker.pipeline import encode_png


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser("admin")


def codes(report: dict) -> dict[str, str]:
    return {finding["name"]: finding["code"] for finding in report["findings"]}


def test_an_archive_without_a_usable_label_fails_and_says_why(
    site: Site, admin: httpx.Client
) -> None:
    files = {"images/a.png": encode_png(frame(1)), "dataset.json": b'{"labels": {}}'}
    details = checked(site, admin, zipped(files))
    assert (details["state"], details["problem"]["code"]) == ("failed", "no-labels")
    assert codes(details["checked"]) == {"images/a.png": "no-label"}
    assert admin.post(f"/imports/{details['id']}/apply", json={}).status_code == 409


def test_pixels_with_two_labels_get_neither(site: Site, admin: httpx.Client) -> None:
    image, other = encode_png(frame(1)), encode_png(frame(2))
    files = {
        "A/images/1.png": image,
        "A/masks/1.png": png(boxes(ONE)),
        "B/images/1.png": image,
        "B/masks/1.png": png(boxes(TWO)),
        "B/images/2.png": other,
        "B/masks/2.png": png(boxes(TWO)),
        "C/images/1.png": image,
        "C/masks/1.png": png(boxes(ONE)),
    }
    done = applied(site, admin, zipped(files))
    for report in (done["checked"], done["applied"]):
        assert (report["labels"], report["new_images"], report["lesions"]) == (1, 1, 1)
        names = {"A/images/1.png", "B/images/1.png", "C/images/1.png"}
        assert codes(report) == dict.fromkeys(names, "contradicted")
    assert len(admin.get("/images").json()["items"]) == 1


def test_a_subject_is_that_of_the_whole_path(site: Site, admin: httpx.Client) -> None:
    files = {}
    for number, name in enumerate(("pA/images/1", "pB/images/1")):
        files[f"{name}.png"] = encode_png(frame(number))
        files[f"{name.replace('images', 'masks')}.png"] = png(boxes(ONE))
    by_path = "name,subject\npA/images/1,first\npB\\images\\1.png,second\n"
    by_stem = "name,subject\n1,somebody\n"
    applied(site, admin, zipped({**files, "samples.csv": by_path.encode("utf-16")}))
    with site.database.read() as session:
        assert len(set(session.scalars(select(Image.subject_id)))) == 2
        before = len(session.scalars(select(Subject)).all())
    files = {name.replace("/1.", "/2."): data for name, data in files.items()}
    files["pA/images/2.png"], files["pB/images/2.png"] = (encode_png(frame(n)) for n in (8, 9))
    ambiguous = by_stem.replace("\n1,", "\n2,").encode()
    applied(site, admin, zipped({**files, "samples.csv": ambiguous}))
    with site.database.read() as session:
        assert len(session.scalars(select(Subject)).all()) == before, "a stem of two images"


def test_a_data_set_for_training_says_whose_images_are_and_unknown_patients_are_counted(
    site: Site, admin: httpx.Client
) -> None:
    """The data set's columns are `id` and `patient`."""
    files = {}
    for number in range(3):
        files[f"images/{number}.png"] = encode_png(frame(number))
        files[f"masks/{number}.png"] = png(boxes(ONE))
    files["samples.csv"] = b"id,patient,label,fold\n0,ANAT,normal,1\n1,ANAT,benign,1\n2,,benign,1\n"
    done = applied(site, admin, zipped(files))
    for report in (done["checked"], done["applied"]):
        assert (report["new_images"], report["without_subject"]) == (3, 1)
    with site.database.read() as session:
        known = session.scalars(select(Image.subject_id).where(Image.subject_id.is_not(None))).all()
    assert (len(known), len(set(known))) == (2, 1)


def test_one_bad_value_is_a_finding_and_the_rest_is_stored(site: Site, admin: httpx.Client) -> None:
    packed = OTHERS["coco_of_a_library"]()
    deep = b'{"images": ' + b"[" * 7000 + b', "annotations": []}'
    key = b'{"' + b"k" * 100_000 + b'": {"images": 1}}'
    rows = 'name,lesion_names\na,"{""²"": ""x""}"\nb,"{""' + "9" * 5000 + '"": 1}"\n'
    files = {**packed.files, "deep.json": deep, "key.json": key, "samples.csv": rows.encode()}
    archive = BytesIO(zipped(files))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_LZMA) as more:
        more.writestr("images/train/z.png", bytes(5000))
    data = archive.getvalue()
    at = data.find(b"images/train/z.png") + len("images/train/z.png") + 9
    report = applied(site, admin, data[:at] + b"\xff" * 8 + data[at + 8 :])["applied"]
    assert (report["labels"], report["new_images"]) == (2, 2)
    assert report["lesions"] == len(np.unique(packed.right["images/train/a.png"])) - 1
