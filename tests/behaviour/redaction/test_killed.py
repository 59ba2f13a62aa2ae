"""A worker killed at any moment of a redaction leaves either the old picture or the new one."""

import random
import time
from datetime import timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import select

from app.core.state import State
from app.housekeeping.orphans import drop_orphans
from app.images.tables import frame_key, overlay_key, thumbnail_key
from app.masks.tables import Mask
from app.redaction.tables import Redaction
from tests.behaviour.exports.rows import speckle
from tests.behaviour.redaction.conftest import Product, rectangle
from tests.processes import children, wait_until
from tests.running_site import frame_of
from worker.pipeline import decode_png, encode_png

KILLS = 6


def test_killed_at_random_instants_nothing_is_half_done(workerless: Product) -> None:
    product, site = workerless, workerless.site
    pixels = np.maximum(speckle(31, 480, 640), 40)
    worker = product.processes.start_worker("segment")
    answer = product.admin.post(
        "/segment",
        params={"wait": 60},
        content=encode_png(pixels),
        headers={"Content-Type": "image/png"},
    )
    image_id = UUID(answer.json()["image_id"])
    stored = product.pixels(image_id)
    rng = random.Random(7)
    for number in range(KILLS):
        area = rectangle(20 * number, 0, 20, 30)
        asked = product.admin.post(f"/images/{image_id}/redactions", json={"areas": [area]})
        assert asked.status_code == 202
        time.sleep(rng.uniform(0, 0.15))
        family = children(worker.pid)
        product.processes.kill(worker)
        for child in family:
            child.kill()
        with site.database.read() as session:
            picture = frame_of(session, image_id).picture_id
            applied = session.scalars(
                select(Redaction).where(Redaction.applied_at.is_not(None))
            ).all()
        frame = decode_png(site.blobs.get(frame_key(image_id, picture)))
        site.blobs.get(thumbnail_key(image_id, picture))
        for done in applied:
            (one,) = done.areas
            assert frame[one["top"] : one["top"] + 20, :30].max() == 0
        worker = product.processes.start_worker("segment")
    wait_until(lambda: all_applied(product))

    frame = product.pixels(image_id)
    assert frame[: 20 * KILLS, :30].max() == 0
    assert np.array_equal(frame[20 * KILLS :], stored[20 * KILLS :])
    assert np.array_equal(frame[:, 30:], stored[:, 30:])
    with site.database.read() as session:
        picture = frame_of(session, image_id).picture_id
        masks = session.scalars(select(Mask.id).where(Mask.image_id == image_id)).all()
    named = {frame_key(image_id, picture), thumbnail_key(image_id, picture)}
    named |= {overlay_key(image_id, picture, mask) for mask in masks}

    state = State.open(site.settings)
    drop_orphans(state, timedelta(0))
    state.close()
    assert {key for key in product.keys(f"images/{image_id}/") if "/masks/" not in key} == named


def all_applied(product: Product) -> bool:
    with product.site.database.read() as session:
        return all(one.applied_at for one in session.scalars(select(Redaction)))
