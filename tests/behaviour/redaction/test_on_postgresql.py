"""Blacking out with PostgreSQL's locks and queries, and with blobs in S3."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from app.exports.tables import export_prefix
from app.redaction.jobs import REDACT
from tests.behaviour.exports.archives import work
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.redaction.conftest import rectangle
from tests.conftest import fresh_settings
from tests.integration.servers import ObjectStore, Postgres
from tests.running_site import Site, running_site
from worker.runtime import Runtime
from worker.tasks.run import run


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
        **object_store.settings(),
    )
    with running_site(settings) as site:
        yield site


def test_pixels_are_black_and_only_exports_that_hold_them_expire(scaled_out: Site) -> None:
    site, admin, owner = scaled_out, scaled_out.browser("admin"), scaled_out.person("admin")
    image_id = add_pooled(site, owner, np.maximum(speckle(1), 40), ellipses((20, 30)))
    area = site.add_suspected(image_id, (2, 2, 6, 8))
    signed = admin.put(f"/images/{image_id}/suspected-text/{area}", json={"judgement": "kept"})
    assert signed.status_code == 200, signed.text
    done, waits = (admin.post("/exports", json={"format": "png"}).json() for _ in range(2))
    work(site, done["links"]["job"])

    order = {"areas": [rectangle(0, 0, 12, 12)]}
    asked = admin.post(f"/images/{image_id}/redactions", json=order)
    assert asked.status_code == 202, asked.text
    runtime = Runtime.open(site.settings)
    assert run(runtime, REDACT.queue)
    runtime.close()
    job = admin.get(asked.json()["links"]["self"]).json()
    assert job["state"] == "done", job["problem"]

    image = admin.get(f"/images/{image_id}").json()
    frame = np.asarray(Picture.open(BytesIO(admin.get(image["frame"]["url"]).content)))
    assert frame[:12, :12].max() == 0 and frame[12:, 12:].min() > 0
    assert image["text"]["suspected"][0]["judgement"] == "blacked-out"
    assert admin.get(f"/exports/{done['id']}/archive").json()["code"] == "export-expired"
    assert not list(site.blobs.list(export_prefix(done["id"])))
    work(site, waits["links"]["job"])
    waited = admin.get(f"/exports/{waits['id']}").json()
    assert (waited["state"], waited["expired_at"]) == ("done", None)
    listed = admin.get("/images", params={"text": "suspected"}).json()
    assert listed["total"] == 0
    assert admin.get("/images", params={"text": "unknown"}).json()["total"] == 0
