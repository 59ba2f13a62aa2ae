"""Lengths of masks by the scales that people entered.

Such a scale is the same in both directions, so every length follows from pixels. The caller holds
the lock of the image's row, as does the code that changes a scale.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.images.records import SPATIAL, Box, Geometry, geometry
from app.images.tables import Frame, Region, SpacingSource
from app.masks.tables import Mask


def take_scale(session: Session, mask: Mask) -> None:
    """Correct a mask's lengths if a person entered or removed a scale after the mask was measured
    and before it is stored."""
    if mask.result is None:
        return
    query = (
        select(Region, Frame.index.label("frame_index"))
        .join(Frame, Frame.image_id == Region.image_id)
        .where(Frame.id == mask.frame_id)
        .order_by(Region.number)
    )
    rows = session.execute(query).all()
    regions = [row.Region for row in rows]
    if any(map(is_silent, regions)):
        mask.result = in_mm(mask.result, geometry(regions, rows[0].frame_index))


def is_silent(region: Region) -> bool:
    """Whether a person may give the region a scale: it shows the body and the file states none."""
    by_hand = region.spacing_source is SpacingSource.MANUAL
    return region.kind in SPATIAL and (region.row_mm is None or by_hand)


def in_mm(result: Mapping[str, Any], known: Geometry) -> dict[str, Any]:
    """Return a mask's result with its lengths by this geometry."""
    spacing = known.spacing
    lists = {
        name: [_lesion(one, known) for one in result[name]]
        for name in ("lesions", "possible_lesions")
        if result.get(name)
    }
    spacing_mm = {"row": spacing[0], "column": spacing[1]} if spacing else None
    return {**result, **lists, "spacing_mm": spacing_mm}


def _lesion(lesion: Mapping[str, Any], known: Geometry) -> dict[str, Any]:
    box = lesion["box"]
    spacing = known.at(Box(box["top"], box["left"], box["height"], box["width"]))
    if spacing is None:
        nothing = dict.fromkeys(("area_mm2", "long_axis_mm", "short_axis_mm"))
        return {**lesion, **nothing}
    row, column = spacing
    if row != column:  # the file's scale: keep what a worker measured
        return dict(lesion)
    return {
        **lesion,
        "area_mm2": round(lesion["area_px"] * row * column, 3),
        "long_axis_mm": round(lesion["long_axis_px"] * row, 3),
        "short_axis_mm": round(lesion["short_axis_px"] * row, 3),
    }
