"""The outlines of a mask as SVG: drawn over thumbnails by the browser, at any size."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.images.tables import Frame
from app.label_sets.records import classes_by_id
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.measures import is_possible
from app.masks.tables import Mask

COLOURS = (
    "#fbff03",
    "#72f4ff",
    "#5280fa",
    "#b27b48",
    "#bfb38d",
    "#8f9bbc",
    "#ddb000",
    "#ffdfc3",
    "#a4e77e",
    "#03aff5",
    "#fe3e06",
    "#629b72",
)
"""By lesion, as on the image page, if its class has no colour of its own."""
MOST_POINTS = 60
"""The most points of the outline of one part: a thumbnail is at most 256 px across."""


def lesions_of(mask: Mask) -> list[dict[str, Any]]:
    """Return the measures of a revision; None if it is not measured yet."""
    return list((mask.result or {}).get("lesions") or [])


def svg(session: Session, frame: Frame, mask: Mask) -> str:
    """Return each part of each lesion as a path in px of the frame: numbers and colours only."""
    lesions = lesions_of(mask)
    classes = classes_by_id(session, {UUID(one["class_id"]) for one in lesions if _classed(one)})
    paths = []
    for lesion in lesions:
        own = classes.get(UUID(lesion["class_id"])) if _classed(lesion) else None
        colour = own.colour if own else COLOURS[(int(lesion["label"]) - 1) % len(COLOURS)]
        parts = [lesion["contour"], *lesion.get("other_contours", [])]
        path = "".join(_path(part) for part in parts)
        dashes = ' stroke-dasharray="4 4"' if is_possible(lesion.get("probability")) else ""
        rim = 'stroke="#000" stroke-opacity=".55" stroke-width="3.5"'
        paths.append(f'<path d="{path}" {rim}{dashes}/>')
        paths.append(f'<path d="{path}" stroke="{colour}" stroke-width="1.75"{dashes}/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{frame.height}" '
        f'viewBox="0 0 {frame.width} {frame.height}" fill="none" stroke-linejoin="round">'
        "<style>path{vector-effect:non-scaling-stroke}</style>" + "".join(paths) + "</svg>"
    )


def _classed(lesion: dict[str, Any]) -> bool:
    return lesion.get("class_id") not in (None, str(LESION_CLASS_ID))


def _path(contour: Iterable[tuple[float, float]]) -> str:
    points = list(contour)
    step = max(1, len(points) // MOST_POINTS)
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points[::step]) + "Z"
