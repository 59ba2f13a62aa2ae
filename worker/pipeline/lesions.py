"""Lesions of a mask, measured as a radiologist would with calipers.

The long axis is the longest caliper distance (maximum Feret diameter) and the short axis is the
longest chord of the convex hull at a right angle to it. Both are computed in mm if the spacing is
known, because with unequal spacing the longest line in pixels need not be the longest in the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import connected_parts, parts_of
from worker.pipeline.frame import Lengths, Region, Spacing, spacing_at

Point = tuple[float, float]
"""(x, y) = (column, row) in px of the frame, whole numbers at pixel centres."""


_AS_LIKELY_AS_NOT = 0.5
"""Below this probability of being a lesion, an outline is more likely not one."""


@dataclass(frozen=True)
class Axis:
    """A caliper line.

    Attributes:
        start, end: its end points.
        length_px: its length in px of the frame.
        length_mm: its length in mm, or None without spacing.
    """

    start: Point
    end: Point
    length_px: float
    length_mm: float | None

    def to_json(self) -> list[list[float]]:
        """Both end points."""
        return [[round(v, 2) for v in self.start], [round(v, 2) for v in self.end]]


@dataclass(frozen=True)
class Lesion:
    """One 8-connected object of the mask.

    Attributes:
        label: 1 for the largest, then 2, and so on.
        contour: int32 [N,2], the outer boundary as (x, y) of its pixel centres.
        area_px: number of its pixels.
        area_mm2: its area, or None without spacing.
        box: bounding box in px of the frame.
        long_axis, short_axis: calipers.
        mean_probability: mean over its pixels, 0 to 1.
        probability: that this is a lesion, or None if the model cannot tell.
        expected_dice: between the outline and a person's, or None likewise.
        class_name: the model's name for its class, or None if the model knows one kind.
    """

    label: int
    contour: NDArray[np.int32]
    area_px: int
    area_mm2: float | None
    box: Region
    long_axis: Axis
    short_axis: Axis
    mean_probability: float
    probability: float | None = None
    expected_dice: float | None = None
    class_name: str | None = None

    @property
    def possible(self) -> bool:
        """Whether it is more likely not a lesion (rounded as on pages); False if unknown."""
        return self.probability is not None and round(self.probability, 2) < _AS_LIKELY_AS_NOT

    @property
    def contours(self) -> tuple[NDArray[np.int32], ...]:
        """Its outer boundary; an object has only one."""
        return (self.contour,)

    def pixels(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return its own pixels in a mask of the frame that contains it: bool [H,W]."""
        labels = connected_parts(mask)
        column, row = self.contour[0]
        return cast(NDArray[np.bool_], labels == labels[row, column])

    def to_json(self) -> dict[str, Any]:
        """Return plain values; lengths rounded to 0.01 px and 0.001 mm."""
        return {
            "label": self.label,
            **({"class_name": self.class_name} if self.class_name else {}),
            "contour": self.contour.tolist(),
            "area_px": self.area_px,
            "area_mm2": _rounded(self.area_mm2, 3),
            "box": self.box._asdict(),
            "long_axis_px": round(self.long_axis.length_px, 2),
            "short_axis_px": round(self.short_axis.length_px, 2),
            "long_axis_mm": _rounded(self.long_axis.length_mm, 3),
            "short_axis_mm": _rounded(self.short_axis.length_mm, 3),
            "long_axis": self.long_axis.to_json(),
            "short_axis": self.short_axis.to_json(),
            "mean_probability": round(self.mean_probability, 4),
            "probability": _rounded(self.probability, 4),
            "expected_dice": _rounded(self.expected_dice, 4),
        }


def find_lesions(
    mask: NDArray[np.bool_],
    probability: NDArray[np.float32],
    lengths: Lengths | Spacing | None = None,
    origin: tuple[int, int] = (0, 0),
) -> tuple[Lesion, ...]:
    """Measure every object of the mask, largest first.

    Args:
        mask: bool [H,W].
        probability: float32 [H,W] of the same size.
        lengths: (row, column) mm of the frame, or of its regions; None if they are not known.
        origin: (row, column) of the mask's first pixel in the frame.
    """
    if not mask.any():
        return ()
    count, labels, stats = parts_of(mask.astype(np.uint8))
    found = []
    for number in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[number])
        box = Region(top, left, height, width)
        inside = labels[box.slices] == number
        contours, _ = cv2.findContours(
            inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        offset = np.array([left + origin[1], top + origin[0]], dtype=np.int32)
        contour = contours[0].reshape(-1, 2) + offset
        in_frame = Region(top + origin[0], left + origin[1], height, width)
        spacing = spacing_at(lengths, in_frame)
        long_axis, short_axis = calipers(contour, spacing)
        found.append(
            Lesion(
                label=0,
                contour=contour.astype(np.int32),
                area_px=area,
                area_mm2=area * spacing[0] * spacing[1] if spacing else None,
                box=in_frame,
                long_axis=long_axis,
                short_axis=short_axis,
                mean_probability=float(probability[box.slices][inside].mean(dtype=np.float64)),
            )
        )
    found.sort(key=lambda lesion: (-lesion.area_px, lesion.box))
    return tuple(
        Lesion(**{**lesion.__dict__, "label": label}) for label, lesion in enumerate(found, 1)
    )


def calipers(contour: NDArray[np.int32], spacing: Spacing | None) -> tuple[Axis, Axis]:
    """Return the long axis and the orthogonal short axis of a contour int [N,2] of (x, y).

    A pixel extends half a pixel beyond its centre along rows and columns, so a lesion of one pixel
    is one pixel long; the error against analytic ellipses is below 1 px.
    """
    scale = np.array([spacing[1], spacing[0]] if spacing else [1.0, 1.0])
    reach = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
    hull = cv2.convexHull(contour.reshape(-1, 1, 2)).reshape(-1, 2).astype(np.float64)
    points = (hull[:, None] + reach).reshape(-1, 2).astype(np.float32)
    points = cv2.convexHull(points).reshape(-1, 2).astype(np.float64) * scale
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    first, last = divmod(int(squared.argmax()), len(points))
    start, end = points[min(first, last)], points[max(first, last)]
    along = (end - start) / np.sqrt(squared[first, last])
    across = np.array([-along[1], along[0]])
    low, high = _longest_chord(points @ along, points @ across)
    return (
        _axis(start, end, scale, spacing is not None),
        _axis(
            low[0] * along + low[1] * across,
            high[0] * along + high[1] * across,
            scale,
            spacing is not None,
        ),
    )


def _longest_chord(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[Point, Point]:
    """Return the longest chord along v of a convex polygon with ordered vertices (u, v).

    The length of the chord is a concave, piecewise linear function of u that bends at the vertices,
    so its maximum is at one of them.
    """
    order = np.roll(np.arange(len(u)), -int(u.argmin()))
    split = int(u[order].argmax())
    one, other = order[: split + 1], np.append(order[split:], order[0])[::-1]
    ones = np.interp(u, u[one], v[one])
    others = np.interp(u, u[other], v[other])
    best = int(np.abs(ones - others).argmax())
    at = float(u[best])
    return (at, float(ones[best])), (at, float(others[best]))


def _axis(
    start: NDArray[np.float64], end: NDArray[np.float64], scale: NDArray[np.float64], mm: bool
) -> Axis:
    start_px, end_px = start / scale, end / scale
    return Axis(
        start=cast(Point, tuple(start_px.tolist())),
        end=cast(Point, tuple(end_px.tolist())),
        length_px=float(np.linalg.norm(end_px - start_px)),
        length_mm=float(np.linalg.norm(end - start)) if mm else None,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
