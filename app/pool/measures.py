"""Sizes of approved masks, read from their results once and stored as numbers."""

import json
from typing import Any

from sqlalchemy import String, cast, insert, select

from app.core.database import Database
from app.images.tables import Frame, Image, ImageState
from app.masks.tables import Mask
from app.pool.tables import PoolMeasure

BATCH = 500
MOST_BATCHES = 10
"""Limits the new masks that one request records, so that it takes seconds only."""


def take_note(database: Database) -> None:
    """Store the sizes of approved masks that are measured and not recorded yet."""
    for _ in range(MOST_BATCHES):
        with database.read() as session:
            rows = session.execute(
                select(
                    Mask.id,
                    Frame.width * Frame.height,
                    cast(Mask.result["lesions"], String),
                )
                .join(Frame, Frame.approved_mask_id == Mask.id)
                .join(Image, Image.id == Frame.image_id)
                .outerjoin(PoolMeasure, PoolMeasure.mask_id == Mask.id)
                .where(
                    Image.state == ImageState.APPROVED,
                    Mask.result.is_not(None),
                    PoolMeasure.mask_id.is_(None),
                )
                .limit(BATCH)
            ).all()
        if not rows:
            return
        noted = [_measure(mask_id, frame_px, lesions) for mask_id, frame_px, lesions in rows]
        with database.write() as session:
            # Another request may have been faster; a mask may have been deleted since.
            ids = [entry["mask_id"] for entry in noted]
            there = set(session.scalars(select(Mask.id).where(Mask.id.in_(ids))))
            there -= set(
                session.scalars(select(PoolMeasure.mask_id).where(PoolMeasure.mask_id.in_(ids)))
            )
            new = [entry for entry in noted if entry["mask_id"] in there]
            if new:
                session.execute(insert(PoolMeasure), new)


def _measure(mask_id: Any, frame_px: int, text: str | None) -> dict[str, Any]:
    lesions = json.loads(text or "[]") or []
    areas = [lesion["area_px"] for lesion in lesions]
    classes = [lesion.get("class_id") for lesion in lesions]
    return {
        "mask_id": mask_id,
        "frame_px": frame_px,
        "lesion_px": sum(areas),
        "areas_px": areas,
        "class_ids": classes if any(classes) else None,
        "long_axes_mm": [
            lesion["long_axis_mm"] for lesion in lesions if lesion["long_axis_mm"] is not None
        ],
    }
