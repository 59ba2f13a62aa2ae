"""A distance that a person knows gives lengths if, and only if, the file states no scale."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.core.ids import new_id, now
from app.images.records import series_with
from app.images.tables import Image, ImageState, Region, SpacingSource
from app.masks.records import add_revision
from app.masks.tables import Mask
from app.sending.tables import Delivery, Destination, Protocol
from tests.running_site import Site

LESION = {
    "label": 1,
    "contour": [[4, 4], [13, 4], [13, 8], [4, 8]],
    "area_px": 50,
    "area_mm2": None,
    "box": {"top": 4, "left": 4, "height": 5, "width": 10},
    "long_axis_px": 10.0,
    "short_axis_px": 5.0,
    "long_axis_mm": None,
    "short_axis_mm": None,
    "long_axis": [[4, 4], [13, 8]],
    "short_axis": [[4, 8], [13, 4]],
    "mean_probability": 0.9,
    "probability": None,
    "expected_dice": None,
}


@pytest.fixture
def client(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


def image_with_lesion(site: Site, *, series: UUID | None = None) -> UUID:
    image_id = site.add_image(site.person("annotator"))
    with site.database.write() as session:
        mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
        mask.result = {**(mask.result or {}), "lesions": [LESION], "spacing_mm": None}
        session.get_one(Image, image_id).series_id = series
    return image_id


def new_series(site: Site) -> UUID:
    """Store a series without images in the first image's project, and return its id."""
    with site.database.write() as session:
        project = session.scalars(select(Image.project_id)).first()
        assert project is not None
        return series_with(session, project, new_id().hex * 2, None)


def shown(client: httpx.Client, image_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/images/{image_id}").json()
    return found


def test_every_length_follows_and_who_and_when_is_recorded(
    shared_site: Site, client: httpx.Client
) -> None:
    image_id = image_with_lesion(shared_site)
    answer = client.put(f"/images/{image_id}/calibration", json={"px": 50, "mm": 10})
    assert answer.status_code == 200, answer.text
    assert answer.json()["mm_per_px"] == 0.2
    image = shown(client, image_id)
    assert image["frame"]["spacing_mm"] == {"row": 0.2, "column": 0.2}
    (region,) = image["frame"]["regions"]
    assert (region["spacing_source"], bool(region["calibrated_at"])) == ("manual", True)
    assert image["long_axis_mm"] == 2.0
    (lesion,) = image["masks"][0]["result"]["lesions"]
    assert (lesion["area_mm2"], lesion["long_axis_mm"], lesion["short_axis_mm"]) == (2.0, 2.0, 1.0)
    with shared_site.database.read() as session:
        row = session.scalars(select(Region).where(Region.image_id == image_id)).one()
        assert row.calibrated_by_id == shared_site.person("annotator").id
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_id == str(image_id))
        ).all()
        assert "image.calibrated" in actions


def propose(site: Site, image_id: UUID, px: float) -> None:
    """Store a proposal, as a worker that found marks this far apart beside the echoes would."""
    with site.database.write() as session:
        row = session.scalars(select(Region).where(Region.image_id == image_id)).one()
        row.proposed_scale = {
            "px": px,
            "mm": 10.0,
            "confidence": 0.9,
            "marks": 9,
            "start": [12.0, 0.0],
            "end": [12.0, 8 * px],
        }


def test_a_printed_scale_measures_nothing_until_a_reader_confirms_it(
    shared_site: Site, client: httpx.Client
) -> None:
    image_id = image_with_lesion(shared_site)
    propose(shared_site, image_id, 40.0)
    image = shown(client, image_id)
    (region,) = image["frame"]["regions"]
    assert region["proposed_scale"] == {
        "px": 40.0,
        "mm": 10.0,
        "confidence": 0.9,
        "marks": 9,
        "start": [12.0, 0.0],
        "end": [12.0, 320.0],
    }
    assert (region["row_mm"], region["scale_confirmed"], image["long_axis_mm"]) == (
        None,
        False,
        None,
    )
    address = f"/images/{image_id}/calibration"
    answer = client.put(address, json={"mm": 5})  # the reader may change the recognised value
    assert answer.status_code == 200, answer.text
    (region,) = shown(client, image_id)["frame"]["regions"]
    assert (region["row_mm"], region["spacing_source"]) == (0.125, "manual")
    assert region["scale_confirmed"] and region["calibrated_at"]
    assert shown(client, image_id)["long_axis_mm"] == 1.25
    with shared_site.database.read() as session:
        said = session.scalars(
            select(AuditEvent.detail).where(
                AuditEvent.object_id == str(image_id), AuditEvent.action == "image.calibrated"
            )
        ).one()
        assert said["printed_scale"] is True
    client.put(address, json={"px": 50, "mm": 10})  # by a ruler instead
    (region,) = shown(client, image_id)["frame"]["regions"]
    assert (region["row_mm"], region["scale_confirmed"]) == (0.2, False)
    client.delete(address)
    (region,) = shown(client, image_id)["frame"]["regions"]
    assert (region["row_mm"], region["scale_confirmed"]) == (None, False)
    assert region["proposed_scale"]["px"] == 40.0


def test_without_a_printed_scale_there_is_none_to_confirm(
    shared_site: Site, client: httpx.Client
) -> None:
    image_id = image_with_lesion(shared_site)
    answer = client.put(f"/images/{image_id}/calibration", json={"mm": 10})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-proposed-scale")


def test_a_series_takes_no_scale_where_another_one_is_printed(
    shared_site: Site, client: httpx.Client
) -> None:
    series = new_series(shared_site)
    one, same, silent, deeper = (image_with_lesion(shared_site, series=series) for _ in range(4))
    for image_id, px in ((one, 40.0), (same, 40.1), (deeper, 30.0)):
        propose(shared_site, image_id, px)
    answer = client.put(f"/images/{one}/calibration", json={"mm": 10, "series": True}).json()
    assert set(answer["images"]) == {str(one), str(same), str(silent)}
    assert answer["other_scale"] == 1
    assert shown(client, deeper)["frame"]["spacing_mm"] is None


def test_it_may_be_changed_and_taken_back(shared_site: Site, client: httpx.Client) -> None:
    image_id = image_with_lesion(shared_site)
    address = f"/images/{image_id}/calibration"
    for mm, expected in ((10, 0.2), (20, 0.4)):
        client.put(address, json={"px": 50, "mm": mm})
        assert shown(client, image_id)["frame"]["spacing_mm"]["row"] == expected
    assert client.delete(address).status_code == 200
    image = shown(client, image_id)
    assert image["frame"]["spacing_mm"] is None
    assert image["long_axis_mm"] is None
    assert image["masks"][0]["result"]["lesions"][0]["area_mm2"] is None


def test_what_the_file_states_is_not_overwritten(shared_site: Site, client: httpx.Client) -> None:
    image_id = image_with_lesion(shared_site)
    with shared_site.database.write() as session:
        row = session.scalars(select(Region).where(Region.image_id == image_id)).one()
        row.row_mm = row.column_mm = 0.1
        row.spacing_source = SpacingSource.FILE
    answer = client.put(f"/images/{image_id}/calibration", json={"px": 50, "mm": 10})
    assert (answer.status_code, answer.json()["code"]) == (409, "scale-stated")
    client.delete(f"/images/{image_id}/calibration")
    assert shown(client, image_id)["frame"]["spacing_mm"] == {"row": 0.1, "column": 0.1}


def test_an_approved_image_keeps_its_lengths(shared_site: Site, client: httpx.Client) -> None:
    image_id = image_with_lesion(shared_site)
    with shared_site.database.write() as session:
        session.get_one(Image, image_id).state = ImageState.APPROVED
    answer = client.put(f"/images/{image_id}/calibration", json={"px": 50, "mm": 10})
    assert (answer.status_code, answer.json()["code"]) == (409, "approved")


def test_pixels_that_are_not_square_get_no_scale_by_hand(
    shared_site: Site, client: httpx.Client
) -> None:
    series = new_series(shared_site)
    square, other = (image_with_lesion(shared_site, series=series) for _ in range(2))
    with shared_site.database.write() as session:
        session.get_one(Image, other).acquisition = {"PixelAspectRatio": [15.0, 16.0]}
    answer = client.put(f"/images/{other}/calibration", json={"px": 100, "mm": 20})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-square")
    answer = client.put(f"/images/{square}/calibration", json={"px": 9, "mm": 2, "series": True})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["images"], answer.json()["other_scale"]) == ([str(square)], 1)


@pytest.mark.parametrize("body", [{"px": 1, "mm": 50}, {"px": 100_000, "mm": 1}])
def test_a_scale_that_cannot_be_true_is_refused(
    shared_site: Site, client: httpx.Client, body: dict[str, float]
) -> None:
    image_id = image_with_lesion(shared_site)
    answer = client.put(f"/images/{image_id}/calibration", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "implausible-scale")


def test_the_whole_series_where_its_images_are_silent_too(
    shared_site: Site, client: httpx.Client
) -> None:
    series = new_series(shared_site)
    one, other, stated, approved = (image_with_lesion(shared_site, series=series) for _ in range(4))
    with shared_site.database.write() as session:
        row = session.scalars(select(Region).where(Region.image_id == stated)).one()
        row.row_mm = row.column_mm = 0.1
        row.spacing_source = SpacingSource.FILE
        session.get_one(Image, approved).state = ImageState.APPROVED
    answer = client.put(
        f"/images/{one}/calibration", json={"px": 50, "mm": 10, "series": True}
    ).json()
    assert (answer["images"], answer["approved"]) == ([str(one), str(other)], 1)
    found = [shown(client, image)["frame"]["spacing_mm"] for image in (other, stated, approved)]
    assert [one and one["row"] for one in found] == [0.2, 0.1, None]
    alone = image_with_lesion(shared_site)
    answer = client.put(f"/images/{alone}/calibration", json={"px": 50, "mm": 10, "series": True})
    assert answer.json()["code"] == "no-series"


def regions(client: httpx.Client, image_id: UUID) -> dict[str, str | None]:
    """Return the calibration times of the regions by number, as a page reads and sends them."""
    found = shown(client, image_id)["frame"]["regions"]
    return {str(one["number"]): one["calibrated_at"] for one in found}


def test_a_scale_that_came_while_one_looked_is_not_replaced_unseen(
    shared_site: Site, client: httpx.Client
) -> None:
    image_id = image_with_lesion(shared_site)
    propose(shared_site, image_id, 40.0)
    address = f"/images/{image_id}/calibration"
    seen = regions(client, image_id)
    mine = {"px": 50, "mm": 10, "seen": seen}
    assert client.put(address, json=mine).status_code == 200
    assert client.put(address, json=mine).status_code == 200  # the response was lost
    theirs = client.put(address, json={"mm": 5, "seen": seen})
    assert (theirs.status_code, theirs.json()["code"]) == (409, "scale-changed")
    assert shown(client, image_id)["frame"]["spacing_mm"]["row"] == 0.2
    assert client.put(address, json={"mm": 5, "seen": regions(client, image_id)}).is_success
    stale = regions(client, image_id)
    client.delete(address)
    again = client.put(address, json={"px": 50, "mm": 10, "seen": stale})
    assert (again.status_code, again.json()["code"]) == (409, "scale-changed")


def test_a_mask_that_was_measured_by_the_scale_before_gets_the_new_lengths(
    shared_site: Site, client: httpx.Client
) -> None:
    """The mask is stored as by a worker that read the frame before the scale was set."""
    image_id = image_with_lesion(shared_site)
    with shared_site.database.read() as session:
        before = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
        measured = before.result
    client.put(f"/images/{image_id}/calibration", json={"px": 50, "mm": 10})
    with shared_site.database.write() as session:
        add_revision(
            session,
            Mask(
                image_id=image_id,
                frame_id=before.frame_id,
                source=before.source,
                settings_digest=new_id().hex,
                result=measured,
            ),
            on_newest=True,
        )
    with shared_site.database.read() as session:
        query = select(Mask.result).where(Mask.image_id == image_id).order_by(Mask.revision)
        (lengths,) = {json.dumps(one["lesions"]) for one in session.scalars(query) if one}
    assert json.loads(lengths)[0]["long_axis_mm"] == 2.0


def test_what_a_pacs_has_with_other_lengths_goes_there_anew(
    shared_site: Site, client: httpx.Client
) -> None:
    image_id = image_with_lesion(shared_site)
    with shared_site.database.write() as session:
        image = session.get_one(Image, image_id)
        to = Destination(
            project_id=image.project_id, name=new_id().hex, protocol=Protocol.STOW_RS, objects=[]
        )
        session.add(to)
        session.flush()
        mask_id = session.scalars(select(Mask.id).where(Mask.image_id == image_id)).one()
        delivered = Delivery(image_id=image_id, mask_id=mask_id, destination_id=to.id)
        delivered.delivered_at = now()
        session.add(delivered)
    client.put(f"/images/{image_id}/calibration", json={"px": 50, "mm": 10})
    with shared_site.database.read() as session:
        assert not session.scalars(select(Delivery).where(Delivery.image_id == image_id)).all()
