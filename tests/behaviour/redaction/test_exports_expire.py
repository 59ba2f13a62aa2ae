"""An archive with a picture from before a redaction can no longer be downloaded."""

from uuid import UUID

from sqlalchemy import select

from app.core.audit import AuditEvent
from app.exports.tables import Export, ExportPart, export_prefix
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.redaction.conftest import Product, rectangle
from tests.processes import children, wait_until


def exported(product: Product) -> dict:
    made = product.admin.post("/exports", json={"format": "png"})
    assert made.status_code == 201, made.text
    return made.json()


def finished(product: Product, export_id: str) -> dict:
    def done() -> dict | None:
        found = product.admin.get(f"/exports/{export_id}").json()
        assert found["state"] not in ("failed", "cancelled"), found
        return found if found["state"] == "done" else None

    return wait_until(done)


def test_a_finished_archive_is_deleted_and_says_why(product: Product) -> None:
    image_id = add_pooled(product.site, product.user, speckle(20), ellipses((20, 30)))
    export = finished(product, exported(product)["id"])
    address = export["links"]["archive"]
    assert product.admin.get(address).status_code == 200

    product.black_out(image_id, rectangle(0, 0, 5, 5))

    expired = product.admin.get(f"/exports/{export['id']}").json()
    assert expired["expired_at"] and expired["links"]["archive"] is None
    for headers in ({}, {"Range": "bytes=0-10"}, {"If-None-Match": f'"{export["sha256"]}"'}):
        refused = product.admin.get(address, headers=headers)
        assert refused.status_code == 410
        assert refused.json()["code"] == "export-expired"
    assert product.keys(export_prefix(UUID(export["id"]))) == set()
    with product.site.database.read() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "image.redacted")
        ).all()[-1]
    assert event.detail["exports_expired"] == [export["id"]]
    again = finished(product, exported(product)["id"])
    assert product.admin.get(again["links"]["archive"]).status_code == 200


def test_an_archive_without_the_picture_stays(product: Product) -> None:
    add_pooled(product.site, product.user, speckle(21), ellipses((20, 30)))
    export = finished(product, exported(product)["id"])
    later = add_pooled(product.site, product.user, speckle(22), ellipses((20, 30)))
    product.black_out(later, rectangle(0, 0, 5, 5))
    assert product.admin.get(export["links"]["archive"]).status_code == 200


def test_one_that_is_being_written_is_stopped_and_one_that_waits_goes_on(
    workerless: Product,
) -> None:
    product, site = workerless, workerless.site
    images = [
        add_pooled(site, product.user, speckle(seed), ellipses((20, 30)))
        for seed in range(40, 140)  # enough parts for the kill to come before the last
    ]
    begun = exported(product)
    background = product.processes.start_worker("background")

    def parts() -> int:
        with site.database.read() as session:
            return len(session.scalars(select(ExportPart)).all())

    wait_until(lambda: parts() >= 1)
    family = children(background.pid)
    product.processes.kill(background)
    for child in family:
        child.kill()
    waits = exported(product)
    assert product.admin.get(f"/exports/{begun['id']}").json()["state"] != "done"

    asked = product.admin.post(
        f"/images/{images[0]}/redactions", json={"areas": [rectangle(0, 0, 9, 9)]}
    )
    product.processes.start_worker("segment")
    product.ended(asked.json()["id"])

    stopped = product.admin.get(f"/exports/{begun['id']}").json()
    assert stopped["state"] == "cancelled" and stopped["expired_at"]
    with site.database.read() as session:
        assert session.get_one(Export, UUID(waits["id"])).expired_at is None
    product.processes.start_worker("background")
    assert finished(product, waits["id"])["counts"]["images"] == len(images)
