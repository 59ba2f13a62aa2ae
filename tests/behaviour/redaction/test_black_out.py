"""Blacked-out pixels are gone from the picture and from everything derived from it."""

from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.images.tables import frame_key, overlay_key, thumbnail_key
from app.masks.tables import Mask
from tests.behaviour.exports.rows import speckle
from tests.behaviour.redaction.conftest import Product, as_array, rectangle
from tests.running_site import drawing, frame_of
from worker.pipeline import encode_png


def bright(seed: int) -> np.ndarray:
    """Return a frame of 48 × 64 px without black pixels."""
    return np.maximum(speckle(seed), 40)


def sent(product: Product, pixels: np.ndarray, **query: str) -> dict:
    """Upload a picture, wait for its result, and return the response."""
    answer = product.admin.post(
        "/segment",
        params={"wait": 60, **query},
        content=encode_png(pixels),
        headers={"Content-Type": "image/png"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_pixels_thumbnail_and_overlays_are_black_and_nothing_else_changes(
    product: Product,
) -> None:
    pixels = bright(1)
    image_id = sent(product, pixels)["image_id"]
    before = product.pixels(image_id)
    black = np.zeros(before.shape[:2], bool)
    black[10:20, 5:25] = True
    assert before[black].min() > 0

    product.black_out(image_id, rectangle(10, 5, 10, 20))

    after = product.pixels(image_id)
    assert (after[black] == 0).all()
    assert np.array_equal(after[~black], before[~black])
    thumbnail = as_array(product.admin.get(product.image(image_id)["thumbnail_url"]))
    assert thumbnail[12:18, 8:22].max() < 16, "a few levels of JPEG at most"
    assert as_array(product.admin.get(f"/images/{image_id}/frame"))[black].max() == 0
    image = product.image(image_id)
    for mask in image["masks"]:
        number = mask["revision"]
        overlay = as_array(
            product.admin.get(f"/images/{image_id}/overlay", params={"revision": number})
        )
        drawn = as_array(product.admin.get(f"/images/{image_id}/mask", params={"revision": number}))
        clear = black & ~np.pad(drawn.astype(bool), 2, mode="edge")[2:-2, 2:-2]
        assert overlay[clear].max() <= 200, "outline at most"
        assert overlay[11:19, 6:24].min() == 0


def test_a_polygon_takes_every_pixel_that_it_touches(product: Product) -> None:
    image_id = sent(product, bright(2))["image_id"]
    before = product.pixels(image_id)
    triangle = {"kind": "polygon", "points": [[10, 10], [30.5, 10], [10, 30]]}
    product.black_out(image_id, triangle)
    after = product.pixels(image_id)
    assert after[10:28, 10].max() == 0 and after[10, 10:29].max() == 0
    assert np.array_equal(after[32:], before[32:])
    assert np.array_equal(after[:, 33:], before[:, 33:])
    assert np.array_equal(after[25:30, 20:30], before[25:30, 20:30])


def test_addresses_and_tags_change_so_that_no_browser_shows_what_it_kept(product: Product) -> None:
    image_id = sent(product, bright(3))["image_id"]
    old = product.image(image_id)
    kept = product.admin.get(old["frame"]["url"])
    assert kept.headers["Cache-Control"] == "private, no-cache"
    product.black_out(image_id, rectangle(0, 0, 8, 8))
    new = product.image(image_id)
    assert new["frame"]["url"] != old["frame"]["url"]
    assert new["thumbnail_url"] != old["thumbnail_url"]
    for address in (old["frame"]["url"], f"/images/{image_id}/frame"):
        again = product.admin.get(address, headers={"If-None-Match": kept.headers["ETag"]})
        assert again.status_code == 200, "the old tag is not valid any more"
        assert "no-cache" in again.headers["Cache-Control"]
        assert as_array(again)[:8, :8].max() == 0


def test_the_old_pixels_are_deleted(product: Product) -> None:
    image_id = UUID(sent(product, bright(4))["image_id"])
    before = product.keys(f"images/{image_id}/")
    product.black_out(image_id, rectangle(2, 2, 5, 5))
    with product.site.database.read() as session:
        picture = frame_of(session, image_id).picture_id
        masks = session.scalars(select(Mask.id).where(Mask.image_id == image_id)).all()
    assert picture is not None
    left = product.keys(f"images/{image_id}/")
    assert {frame_key(image_id, picture), thumbnail_key(image_id, picture)} <= left
    assert {overlay_key(image_id, picture, mask) for mask in masks} <= left
    assert left & before == {key for key in before if "/masks/" in key}


def test_the_same_file_again_is_the_redacted_image(product: Product) -> None:
    pixels = bright(5)
    first = sent(product, pixels)
    image_id = first["image_id"]
    product.black_out(image_id, rectangle(10, 5, 10, 20))
    halfway = product.pixels(image_id)
    product.black_out(image_id, rectangle(30, 5, 10, 20))
    redacted = product.pixels(image_id)

    for again in (pixels, halfway, redacted):
        answer = sent(product, again)
        assert answer["image_id"] == image_id
        assert np.array_equal(product.pixels(image_id), redacted)
        mask = answer["mask_id"]
        overlay = product.admin.get(answer["links"]["overlay"])
        shown = as_array(overlay)
        if not as_array(product.admin.get(answer["links"]["mask"]))[12:18, 8:22].any():
            assert shown[12:18, 8:22].max() == 0, f"unredacted pixels in the overlay of {mask}"
    unredacted = [key for key in product.keys(f"images/{image_id}/") if "/masks/" not in key]
    with product.site.database.read() as session:
        picture = frame_of(session, UUID(image_id)).picture_id
    assert all(f"/{picture}/" in key for key in unredacted)


def test_another_model_sees_the_redacted_pixels(product: Product) -> None:
    pixels = bright(6)
    image_id = sent(product, pixels)["image_id"]
    product.black_out(image_id, rectangle(0, 0, 48, 32))
    answer = sent(product, pixels, model="sonoloop-lite0")
    assert answer["image_id"] == image_id
    overlay = as_array(product.admin.get(answer["links"]["overlay"]))
    mask = as_array(product.admin.get(answer["links"]["mask"]))
    black = np.zeros(mask.shape, bool)
    black[:, :28] = True
    if not mask[black].any():
        assert overlay[black].max() == 0


def test_masks_and_drafts_stay(product: Product) -> None:
    image_id = UUID(sent(product, bright(7)[:24, :32])["image_id"])
    image = product.image(image_id)
    labels = drawing()
    saved = product.admin.post(
        f"/images/{image_id}/masks",
        json={
            "parent_revision": image["masks"][0]["revision"],
            "labels": labels,
            "answer": "lesions",
            "seconds": 4,
        },
    )
    assert saved.status_code == 201, saved.text
    draft = {"version": 0, "parent_revision": 2, "labels": labels, "seconds": 4}
    assert product.admin.put(f"/images/{image_id}/draft", json=draft).status_code == 200
    before = product.admin.get(f"/images/{image_id}/masks/2/labels").json()
    product.black_out(image_id, rectangle(2, 2, 5, 5))
    assert product.admin.get(f"/images/{image_id}/masks/2/labels").json() == before
    kept = product.admin.get(f"/images/{image_id}/draft").json()["labels"]
    assert {name: kept[name] for name in labels} == labels
    assert [mask["revision"] for mask in product.image(image_id)["masks"]] == [2, 1]


def test_what_looked_like_text_is_settled_once_it_is_black(product: Product) -> None:
    image_id = UUID(sent(product, bright(8))["image_id"])
    product.site.add_suspected(image_id, (4, 5, 6, 20), (30, 5, 6, 20))
    listed = product.admin.get("/images", params={"text": "suspected"}).json()["items"]
    assert [one["id"] for one in listed if one["suspected_text"] == 2] == [str(image_id)]
    product.black_out(image_id, rectangle(3, 4, 8, 22), rectangle(30, 5, 6, 19))
    areas = {one["top"]: one for one in product.image(image_id)["text"]["suspected"]}
    assert areas[4]["judgement"] == "blacked-out"
    assert areas[4]["judged_by"]["id"] == str(product.user.id)
    assert areas[30]["judgement"] is None, "one column of it can be read still"


def test_who_did_it_is_told_and_recorded(product: Product) -> None:
    image_id = sent(product, bright(9))["image_id"]
    area = rectangle(1, 2, 3, 4)
    product.black_out(image_id, area)
    (told,) = product.image(image_id)["text"]["redactions"]
    assert told["areas"] == [area] and told["applied_at"]
    assert told["author"]["id"] == str(product.user.id)
    with product.site.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.object_id == image_id)).all()
    actions = [event.action for event in events]
    assert actions == ["image.redaction-asked", "image.redacted"]
    assert events[1].detail == {"areas": 1, "pixels": 12, "exports_expired": []}


@pytest.mark.parametrize(
    ("areas", "code"),
    [
        ([rectangle(40, 0, 9, 5)], "area-outside"),
        ([rectangle(0, 60, 5, 5)], "area-outside"),
        ([{"kind": "polygon", "points": [[0, 0], [64.5, 0], [3, 3]]}], "area-outside"),
        ([{"kind": "polygon", "points": [[0, 0], [1, 1]]}], "invalid-request"),
        ([], "invalid-request"),
        ([rectangle(0, 0, 0, 5)], "invalid-request"),
        ([{"kind": "circle"}], "invalid-request"),
    ],
)
def test_areas_that_cannot_be_are_refused(product: Product, areas: list, code: str) -> None:
    image_id = sent(product, bright(10))["image_id"]
    refused = product.admin.post(f"/images/{image_id}/redactions", json={"areas": areas})
    assert refused.status_code == 422
    assert refused.json()["code"] == code


def test_frames_that_are_drawn_on_are_those_of_now(product: Product) -> None:
    """The interactive worker caches frames in memory; a redacted frame is a different one."""
    pixels = np.full((96, 96), 60, np.uint8)
    pixels[30:66, 30:66] = 8
    image_id = sent(product, pixels)["image_id"]
    height, width = product.pixels(image_id).shape[:2]
    box = {"box": {"top": 24, "left": 24, "height": 48, "width": 48}}
    assert product.admin.post(f"/images/{image_id}/box", json=box).status_code == 200
    product.black_out(image_id, rectangle(0, 0, height, width))
    answer = product.admin.post(f"/images/{image_id}/box", json=box)
    assert answer.status_code == 200, answer.text
    product.site.blobs.get(frame_key(UUID(image_id), picture_of(product, image_id)))


def picture_of(product: Product, image_id: str) -> UUID | None:
    with product.site.database.read() as session:
        return frame_of(session, UUID(image_id)).picture_id


def test_an_image_of_others_is_not_touched(product: Product) -> None:
    """Another person's image with identical pixels is a different image, and its owner decides."""
    pixels = bright(11)
    mine = sent(product, pixels)["image_id"]
    other = product.site.browser(product.site.add_person())
    theirs = other.post(
        "/segment",
        params={"wait": 60},
        content=encode_png(pixels),
        headers={"Content-Type": "image/png"},
    ).json()["image_id"]
    assert theirs != mine
    product.black_out(mine, rectangle(10, 5, 10, 20))
    assert product.pixels(theirs)[10:20, 5:25].min() > 0


def test_an_image_can_be_deleted_after_it_was_redacted(product: Product) -> None:
    image_id = sent(product, bright(12))["image_id"]
    product.black_out(image_id, rectangle(10, 5, 10, 20))
    assert product.admin.delete(f"/images/{image_id}").status_code == 204
    assert product.keys(f"images/{image_id}/") == set()
