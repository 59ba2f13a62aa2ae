"""A simulated reader: where somebody who sees the truth would scribble next.

It has two habits of people who correct outlines, each with an unsteady hand:

- `centre`: a short stroke in the middle of the largest wrong area, along it;
- `boundary`: a short stroke along the true contour where the mask deviates most from it, on
  the side that needs it.

A stroke has one label, and its middle has that label in the truth. The hand's error is a share of
the size of the area, so the ends of the stroke may have the other label.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Habit = Literal["centre", "boundary"]

HABITS: tuple[Habit, ...] = ("centre", "boundary")
POSITION_ERROR = 0.35
"""Standard deviation of the hand, as a share of the wrong area's inscribed radius."""
LEAST_ERROR_PX = 1.0
"""Its minimum."""
BOUNDARY_ERROR_PX = 2.0
"""Standard deviation of a hand that aims at a contour."""
STROKE_SHARE = 0.4
"""Length of a stroke as a share of the length of the wrong area."""
LONGEST_SHARE = 0.15
"""Its maximum, as a share of the frame's longest side."""
PEN_SHARE = 0.006
"""Width of the pen as a share of the frame's longest side."""
ATTEMPTS = 20
"""Number of random positions tried before the reader takes the middle of the area itself."""

Mask = NDArray[np.bool_]


def next_scribble(
    mask: Mask, truth: Mask, habit: Habit, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the reader's next stroke: int8 [H,W], 1 lesion, -1 not lesion, 0 elsewhere.

    All zero if nothing is wrong.
    """
    wrong, label = largest_error(mask, truth)
    scribble = np.zeros(mask.shape, np.int8)
    if not wrong.any():
        return scribble
    inside = cv2.distanceTransform(
        cv2.copyMakeBorder(wrong.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0),
        cv2.DIST_L2,
        5,
    )[1:-1, 1:-1]
    radius = float(inside.max())
    aim = np.array(np.unravel_index(int(inside.argmax()), inside.shape), dtype=np.float64)
    rows, columns = np.nonzero(wrong)
    points = np.stack([rows, columns], axis=1).astype(np.float64)
    error = max(LEAST_ERROR_PX, POSITION_ERROR * radius)
    if habit == "boundary":
        points, aim = _along_truth(points, mask, truth)
        error = BOUNDARY_ERROR_PX
    # Only the area around the aim: a crescent as a whole has no single direction.
    near = points[np.hypot(*(points - aim).T) <= max(3 * radius, 4.0)]
    direction, length = _along(near)
    for _ in range(ATTEMPTS):
        middle = aim + rng.normal(0, error, 2)
        row, column = (round(v) for v in middle)
        if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and wrong[row, column]:
            break
    else:
        middle = aim
    longest = max(mask.shape)
    half = 0.5 * min(STROKE_SHARE * length, LONGEST_SHARE * longest)
    angle = rng.normal(0, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    start, end = middle - half * (turn @ direction), middle + half * (turn @ direction)
    pen = max(1, round(PEN_SHARE * longest))
    ends = [(round(p[1]), round(p[0])) for p in (start, end)]
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.line(drawn, ends[0], ends[1], 1, pen)
    scribble[drawn > 0] = label
    return scribble


def largest_error(mask: Mask, truth: Mask) -> tuple[Mask, int]:
    """Return the largest connected area with one kind of error, and its correct label."""
    best, label, size = np.zeros(mask.shape, np.bool_), 1, 0
    for wrong, wanted in ((truth & ~mask, 1), (mask & ~truth, -1)):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            wrong.astype(np.uint8), connectivity=4
        )
        if count < 2:
            continue
        number = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        area = int(stats[number, cv2.CC_STAT_AREA])
        if area > size:
            best, label, size = labels == number, wanted, area
    return best, label


def _along_truth(
    points: NDArray[np.float64], mask: Mask, truth: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the wrong pixels next to the true contour, and the one furthest from the mask's."""
    inside = truth.astype(np.uint8)
    to_contour = np.minimum(_distance(inside), 1e3) + np.minimum(_distance(1 - inside), 1e3)
    drawn = mask.astype(np.uint8)
    to_drawn = np.minimum(_distance(drawn), 1e3) + np.minimum(_distance(1 - drawn), 1e3)
    index = points.astype(np.intp)
    near = to_contour[index[:, 0], index[:, 1]]
    chosen = near <= near.min() + 1.5
    depth = np.where(chosen, to_drawn[index[:, 0], index[:, 1]], -1)
    return points[chosen], points[int(depth.argmax())]


def _distance(zone: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the distance of each pixel in the zone to the nearest one outside; 0 outside."""
    if zone.all():
        return np.full(zone.shape, 1e3, np.float32)
    return np.asarray(cv2.distanceTransform(zone, cv2.DIST_L2, 5), np.float32)


def _along(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the unit vector along a cloud of points, and the cloud's length in that direction."""
    if len(points) < 3:
        return np.array([0.0, 1.0]), 1.0
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    direction = vectors[:, -1]
    extent = centred @ direction
    return direction, float(extent.max() - extent.min())
