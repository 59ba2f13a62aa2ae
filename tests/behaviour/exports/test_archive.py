"""An archive is complete, describes itself, is reproducible, and can be fetched in pieces."""

import csv
import hashlib
import io
import json

import httpx
import pytest

from app.images.tables import ImageState, Region, RegionKind
from app.masks.tables import Assessment
from tests.behaviour.exports.archives import exported, opened, order, work
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.running_site import Site


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser("admin")


def fill(site: Site, count: int, **options: object) -> None:
    owner = site.person("annotator")
    for seed in range(count):
        labels = ellipses((20, 20 + seed % 20))
        add_pooled(site, owner, speckle(seed), labels, subject=f"s{seed // 2}", **options)


def test_the_manifest_names_every_file_with_its_checksum(site: Site, admin: httpx.Client) -> None:
    fill(site, 12)
    archive = opened(exported(site, admin))
    manifest = json.loads(archive.read("manifest.json"))
    files = {file["name"]: file for file in manifest["files"]}
    assert set(files) == set(archive.namelist()) - {"manifest.json"}
    for name, file in files.items():
        data = archive.read(name)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
    assert manifest["counts"]["images"] == manifest["counts"]["lesions"] == 12
    assert manifest["counts"]["subjects"] == 6
    assert manifest["licence"] == "All rights reserved; research use by agreement"
    assert manifest["software"]["name"] == "sonoloop"
    assert sum(part["images"] for part in manifest["splits"].values()) == 12


def test_a_subject_is_in_one_split_and_named_by_a_pseudonym_of_its_own(
    site: Site, admin: httpx.Client
) -> None:
    fill(site, 12)
    rows = list(
        csv.DictReader(io.StringIO(opened(exported(site, admin)).read("samples.csv").decode()))
    )
    by_subject: dict[str, set[str]] = {}
    for row in rows:
        by_subject.setdefault(row["subject"], set()).add(row["split"])
    assert len(by_subject) == 6
    assert all(len(splits) == 1 for splits in by_subject.values())
    other = exported(site, admin, splits=sorted({row["split"] for row in rows})[:1])
    again = csv.DictReader(io.StringIO(opened(other).read("samples.csv").decode()))
    assert not {row["subject"] for row in again} & set(by_subject), "exports cannot be linked"


def test_a_mask_with_a_lesion_in_a_spectrum_has_no_spacing(site: Site, admin: httpx.Client) -> None:
    owner = site.person("annotator")
    for seed, centres in enumerate((((12, 20),), ((12, 20), (38, 20)))):
        image_id = add_pooled(site, owner, speckle(seed), ellipses(*centres), spacing=(0.2, 0.2))
        spectrum = {"top": 28, "left": 0, "height": 20, "width": 64, "kind": RegionKind.SPECTRAL}
        with site.database.write() as session:
            session.add(Region(image_id=image_id, number=1, **spectrum))
    archive = opened(exported(site, admin))
    rows = csv.DictReader(io.StringIO(archive.read("samples.csv").decode()))
    assert sorted(row["row_mm"] for row in rows) == ["", "0.2"]


def test_the_same_pool_gives_the_same_bytes_but_for_the_date(
    site: Site, admin: httpx.Client
) -> None:
    fill(site, 8)
    for name in ("coco", "tfrecord"):
        first, second = opened(exported(site, admin, name)), opened(exported(site, admin, name))
        assert first.namelist() == second.namelist()
        different = [n for n in first.namelist() if first.read(n) != second.read(n)]
        assert set(different) <= {"manifest.json"}
        one, other = (json.loads(a.read("manifest.json")) for a in (first, second))
        assert one.pop("created_at") <= other.pop("created_at")
        assert one == other


def test_masks_are_fixed_when_the_export_is_made(site: Site, admin: httpx.Client) -> None:
    fill(site, 3)
    details = order(admin)
    add_pooled(site, site.person("annotator"), speckle(99), ellipses((20, 20)))
    work(site, details["links"]["job"])
    archive = opened(admin.get(f"/exports/{details['id']}/archive").content)
    assert json.loads(archive.read("manifest.json"))["counts"]["images"] == 3


def test_an_image_deleted_meanwhile_is_left_out(site: Site, admin: httpx.Client) -> None:
    fill(site, 3)
    details = order(admin)
    gone = admin.get("/images").json()["items"][1]["id"]
    assert admin.delete(f"/images/{gone}").status_code == 204
    work(site, details["links"]["job"])
    done = admin.get(f"/exports/{details['id']}").json()
    assert (done["state"], done["left_out"]) == ("done", 1)
    manifest = json.loads(opened(admin.get(done["links"]["archive"]).content).read("manifest.json"))
    assert manifest["counts"]["images"] == 2


def test_no_lesion_is_carried_and_cannot_judge_never(site: Site, admin: httpx.Client) -> None:
    owner = site.person("annotator")
    empty = ellipses()
    add_pooled(site, owner, speckle(1), empty)
    add_pooled(site, owner, speckle(2), empty, answer=Assessment.CANNOT_JUDGE)
    add_pooled(site, owner, speckle(3), ellipses((20, 20)), state=ImageState.SUBMITTED)
    details = order(admin)
    assert details["counts"]["images"] == 1
    assert details["counts"]["cannot_judge"] == 1
    work(site, details["links"]["job"])
    archive = opened(admin.get(f"/exports/{details['id']}/archive").content)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["counts"]["without_lesion"] == 1


def test_the_same_pixels_of_two_people_are_one_image(site: Site, admin: httpx.Client) -> None:
    for owner in (site.add_person(), site.add_person()):
        add_pooled(site, owner, speckle(4), ellipses((20, 20)))
    counts = order(admin)["counts"]
    assert (counts["images"], counts["duplicates"]) == (1, 1)


def test_filters(site: Site, admin: httpx.Client) -> None:
    ada, ben = site.add_person(), site.add_person()
    add_pooled(site, ada, speckle(1), ellipses((20, 20)))
    add_pooled(site, ben, speckle(2), ellipses((20, 20)))
    add_pooled(site, ben, speckle(3), ellipses((20, 20)), state=ImageState.SUBMITTED)

    def count(**filters: object) -> int:
        answer = admin.post("/exports/preview", json={"format": "png", "filters": filters})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["counts"]["images"])

    assert count() == 2
    assert count(annotator_id=str(ada.id)) == 1
    assert count(states=["approved", "submitted"]) == 3
    assert count(states=["submitted"], annotator_id=str(ada.id)) == 0
    assert count(model="somebody-elses") == 0
    assert count(approved_from="2020-01-01T00:00:00Z") == 2
    assert count(approved_to="2020-01-01T00:00:00Z") == 0
    assert sum(count(splits=[split]) for split in ("train", "validation", "test")) == 2


def test_names_of_lesions_are_shown_before_and_can_be_left_out(
    site: Site, admin: httpx.Client
) -> None:
    names = {1: "cyst of Mrs Planted"}
    add_pooled(site, site.person("annotator"), speckle(1), ellipses((20, 20)), names=names)
    preview = admin.post("/exports/preview", json={"format": "labelme"}).json()
    assert preview["lesion_names"] == ["cyst of Mrs Planted"]
    assert b"Planted" in exported(site, admin, "labelme")
    body = {"format": "labelme", "lesion_names": False}
    assert admin.post("/exports/preview", json=body).json()["lesion_names"] == []
    details = admin.post("/exports", json=body).json()
    work(site, details["links"]["job"])
    assert b"Planted" not in admin.get(f"/exports/{details['id']}/archive").content


def test_an_empty_selection_is_refused(site: Site, admin: httpx.Client) -> None:
    answer = admin.post("/exports", json={"format": "png"})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-to-export")


def test_a_key_makes_one_export(site: Site, admin: httpx.Client) -> None:
    fill(site, 1)
    key = {"Idempotency-Key": "monthly"}
    first, second = (
        admin.post("/exports", json={"format": "png"}, headers=key).json()["id"] for _ in range(2)
    )
    assert first == second
    assert len(admin.get("/exports").json()["items"]) == 1


def test_a_download_goes_on_where_it_broke_off(site: Site, admin: httpx.Client) -> None:
    fill(site, 3)
    whole = exported(site, admin)
    address = f"/exports/{admin.get('/exports').json()['items'][0]['id']}/archive"
    etag = admin.get(address).headers["ETag"]
    for start, end in ((0, 10), (17, 17), (1000, 5000), (len(whole) - 5, len(whole) - 1)):
        part = admin.get(address, headers={"Range": f"bytes={start}-{end}", "If-Range": etag})
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
        assert part.content == whole[start : end + 1]
    assert admin.get(address, headers={"Range": "bytes=-7"}).content == whole[-7:]
    assert admin.get(address, headers={"Range": "bytes=100-"}).content == whole[100:]
    assert admin.get(address, headers={"Range": "bytes=1-2,5-6"}).content == whole
    changed = admin.get(address, headers={"Range": "bytes=1-2", "If-Range": '"another"'})
    assert changed.content == whole
    beyond = admin.get(address, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert admin.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_an_unfinished_archive_is_not_served(site: Site, admin: httpx.Client) -> None:
    fill(site, 1)
    details = order(admin)
    assert admin.get(f"/exports/{details['id']}/archive").status_code == 409


def test_a_cancelled_export_stays_in_the_list_without_an_archive(
    site: Site, admin: httpx.Client
) -> None:
    fill(site, 3)
    export = order(admin)
    address = export["links"]["self"]
    cancelled = admin.post(f"{address}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    work(site, export["links"]["job"])
    (listed,) = admin.get("/exports").json()["items"]
    assert (listed["id"], listed["state"], listed["size_bytes"]) == (
        export["id"],
        "cancelled",
        None,
    )
    assert admin.get(f"{address}/archive").status_code == 409
    assert admin.post(f"{address}/cancel").json()["code"] == "not-running"
    finished = exported(site, admin)
    assert finished
    assert admin.delete(address).status_code == 204


def test_deleting_removes_archive_and_job_does_nothing_more(
    site: Site, admin: httpx.Client
) -> None:
    fill(site, 2)
    exported(site, admin)
    waiting = order(admin)
    for entry in admin.get("/exports").json()["items"]:
        assert admin.delete(entry["links"]["self"]).status_code == 204
    assert not list(site.blobs.list("exports/"))
    work(site, waiting["links"]["job"])
    assert admin.get("/exports").json()["items"] == []
    assert not list(site.blobs.list("exports/"))
