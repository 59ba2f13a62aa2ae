"""Lesions as a person drew them: distinguished by label, each in one part or several.

A model's lesions are the connected objects of its mask (:mod:`worker.pipeline.lesions`). A person
may separate two that touch, or count two islands as one lesion; the label decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from worker.pipeline.frame import Lengths, Region, Spacing, spacing_at
from worker.pipeline.lesions import Axis, calipers

PARTS_OUTLINED = 33
"""Maximum number of outlines kept per lesion, largest first: noise must not fill the database."""


@dataclass(frozen=True)
class DrawnLesion:
    """All pixels with one label.

    Attributes:
        label: number that the person gave it.
        contours: int32 [N,2] each, outer boundaries of its parts as (x, y) of pixel centres,
            largest part first.
        area_px: number of pixels of all parts.
        area_mm2: area, or None without spacing.
        box: bounding box of all parts, px of the frame.
        long_axis, short_axis: calipers of the part with the longest long axis: a size never spans a
            gap.
        class_id: the site's id of its class, or None.
    """

    label: int
    contours: tuple[NDArray[np.int32], ...]
    area_px: int
    area_mm2: float | None
    box: Region
    long_axis: Axis
    short_axis: Axis
    class_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values; lengths rounded to 0.01 px and 0.001 mm."""
        long_mm, short_mm = self.long_axis.length_mm, self.short_axis.length_mm
        kind = {"class_id": self.class_id} if self.class_id else {}
        return {
            "label": self.label,
            **kind,
            "contour": self.contours[0].tolist(),
            "other_contours": [contour.tolist() for contour in self.contours[1:]],
            "area_px": self.area_px,
            "area_mm2": None if self.area_mm2 is None else round(self.area_mm2, 3),
            "box": self.box._asdict(),
            "long_axis_px": round(self.long_axis.length_px, 2),
            "short_axis_px": round(self.short_axis.length_px, 2),
            "long_axis_mm": None if long_mm is None else round(long_mm, 3),
            "short_axis_mm": None if short_mm is None else round(short_mm, 3),
            "long_axis": self.long_axis.to_json(),
            "short_axis": self.short_axis.to_json(),
            "mean_probability": None,
            "probability": None,
            "expected_dice": None,
        }


def drawn_lesions(
    labels: NDArray[np.uint8] | NDArray[np.int32], lengths: Lengths | Spacing | None
) -> tuple[DrawnLesion, ...]:
    """Measure every label of a drawing, in the order of the labels.

    Args:
        labels: [H,W], 0 is background.
        lengths: (row, column) mm of the frame, or of its regions; None if they are not known.
    """
    found = []
    for label, window in enumerate(ndimage.find_objects(labels), 1):
        if window is None:
            continue
        rows, columns = window
        inside = labels[window] == label
        outlines = _outlines(inside, (columns.start, rows.start))
        area = int(np.count_nonzero(inside))
        box = Region(
            rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start
        )
        spacing = spacing_at(lengths, box)
        long_axis, short_axis = _longest_calipers(outlines, spacing)
        found.append(
            DrawnLesion(
                label=label,
                contours=tuple(outlines[:PARTS_OUTLINED]),
                area_px=area,
                area_mm2=area * spacing[0] * spacing[1] if spacing else None,
                box=box,
                long_axis=long_axis,
                short_axis=short_axis,
            )
        )
    return tuple(found)


def _longest_calipers(
    outlines: list[NDArray[np.int32]], spacing: Spacing | None
) -> tuple[Axis, Axis]:
    """Return the long and short axis of the part with the longest long axis."""
    row, column = spacing or (1.0, 1.0)

    def diagonal(outline: NDArray[np.int32]) -> float:
        _, _, width, height = cv2.boundingRect(outline)
        return float(np.hypot(width * column, height * row))

    def length(axes: tuple[Axis, Axis]) -> float:
        long_axis, _ = axes
        return long_axis.length_px if long_axis.length_mm is None else long_axis.length_mm

    first, *others = sorted(outlines, key=diagonal, reverse=True)
    best = calipers(first, spacing)
    for outline in others:
        # No axis is longer than the diagonal, and the remaining parts are no larger.
        if diagonal(outline) <= length(best):
            break
        best = max(best, calipers(outline, spacing), key=length)
    return best


def _outlines(inside: NDArray[np.bool_], offset: tuple[int, int]) -> list[NDArray[np.int32]]:
    """Outer boundaries of all 8-connected parts, largest first; an island in a hole is a part."""
    contours, hierarchy = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=offset
    )
    # The upper of RETR_CCOMP's two levels holds the outer boundaries: those without a parent.
    parents = np.asarray(hierarchy).reshape(-1, 4)[:, 3]
    outer = [c.reshape(-1, 2) for c, parent in zip(contours, parents, strict=True) if parent < 0]
    boxes = [cv2.boundingRect(contour) for contour in outer]
    areas = [cv2.contourArea(contour) for contour in outer]
    order = sorted(range(len(outer)), key=lambda at: (-areas[at], boxes[at]))
    return [outer[at].astype(np.int32) for at in order]
