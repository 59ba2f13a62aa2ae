"""Selecting, exporting, counting and importing with PostgreSQL's queries."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.behaviour.exports.archives import exported, opened
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.imports.sending import applied
from tests.conftest import fresh_settings
from tests.integration.servers import ObjectStore, Postgres
from tests.running_site import Site, running_site


@pytest.fixture(scope="module")
def scaled_out(
    tmp_path_factory: pytest.TempPathFactory,
    valkey: str,
    postgres: Postgres,
    object_store: ObjectStore,
) -> Iterator[Site]:
    """A site on PostgreSQL and S3."""
    settings = fresh_settings(
        tmp_path_factory.mktemp("site"),
        valkey,
        database_url=postgres.new_database(),
        export_part_bytes=4096,
        **object_store.settings(),
    )
    with running_site(settings) as site:
        yield site


def test_an_export_and_its_import(scaled_out: Site, site: Site, tmp_path: Path) -> None:
    admin, owner = scaled_out.browser("admin"), scaled_out.person("annotator")
    for seed in range(12):
        names = {1: "left ovary"} if seed % 3 else {}
        labels = ellipses((20, 20 + seed)) if seed else ellipses()
        add_pooled(scaled_out, owner, speckle(seed), labels, names=names, subject=f"s{seed // 2}")
    order = {"format": "coco", "filters": {"model": "none", "states": ["approved", "predicted"]}}
    assert admin.post("/exports/preview", json=order).json()["counts"]["images"] == 0
    doubtful = add_pooled(scaled_out, owner, speckle(99), ellipses((20, 20)), subject="s0")
    scaled_out.add_suspected(doubtful)
    counts = admin.post("/exports/preview", json={"format": "coco"}).json()["counts"]
    assert (counts["suspected_text"], counts["text_unknown"]) == (1, 0)
    assert admin.delete(f"/images/{doubtful}").status_code == 204
    preview = admin.post("/exports/preview", json={"format": "coco"}).json()
    assert preview["lesion_names"] == ["left ovary"]
    assert (preview["counts"]["images"], preview["counts"]["subjects"]) == (12, 6)

    archive = exported(scaled_out, admin, "coco")
    manifest = json.loads(opened(archive).read("manifest.json"))
    assert manifest["counts"]["images"] == 12
    address = admin.get("/exports").json()["items"][0]["links"]["archive"]
    for start, end in ((0, 99), (4000, 9000), (len(archive) - 10, len(archive) - 1)):
        part = admin.get(address, headers={"Range": f"bytes={start}-{end}"})
        assert part.content == archive[start : end + 1], "also across the borders of parts"

    pool = admin.get("/pool").json()
    assert (pool["images"], pool["subjects"], pool["lesions"]) == (12, 6, 11)
    assert sum(pool["by_split"].values()) == 12
    assert pool["by_device"] == [{"name": "Synthetic Speckle One", "count": 12}]
    assert pool["unmeasured"] == 0

    again = applied(scaled_out, admin, archive)["applied"]
    assert (again["unchanged"], again["new_images"]) == (12, 0)
    other = applied(site, site.browser("admin"), archive, "approved")["applied"]
    assert (other["new_images"], other["without_lesion"]) == (12, 1)
    back = applied(scaled_out, admin, exported(site, site.browser("admin"), "png"))["applied"]
    assert back["unchanged"] == 12
    for entry in admin.get("/exports").json()["items"]:
        assert admin.delete(entry["links"]["self"]).status_code == 204
    assert not list(scaled_out.blobs.list("exports/"))
