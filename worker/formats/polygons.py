"""Outlines of a mask as polygons that give exactly the same pixels when filled.

Two conventions are in use, and each format needs its own. *Edges* run along the sides of pixels:
a single pixel at (0, 0) is the square (0,0) (1,0) (1,1) (0,1). COCO fills such polygons exactly.
*Centres* run through the middle of the outermost pixels; fillers that also paint the outline
(OpenCV, Pillow) turn them back into the same pixels.

A hole is joined to the outline by a bridge that is traversed in both directions, so that one
polygon suffices; filled by the even-odd rule, a bridge leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import parts_of

Point = tuple[int, int]
"""(x, y) = (column, row)."""

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


def edge_polygons(mask: NDArray[np.bool_]) -> list[list[Point]]:
    """Polygons along pixel edges, one for each 4-connected part, holes joined in.

    Args:
        mask: bool [H,W].

    Returns:
        Vertices in whole pixels, x from 0 to W, y from 0 to H.
    """
    found = []
    for left, top, part in _parts(mask, connectivity=4):
        loops = sorted(_edge_loops(part), key=_doubled_area, reverse=True)
        # Only the outer loop runs clockwise; the loops of holes have a negative area.
        found.append(_shifted(_joined(loops[0], loops[1:]), left, top))
    return found


def centre_polygons(mask: NDArray[np.bool_]) -> list[list[Point]]:
    """Polygons through pixel centres, one for each 8-connected part, holes joined in.

    Args:
        mask: bool [H,W].

    Returns:
        Vertices as (column, row) of pixels of the mask; at least three, with repetitions if a part
        has fewer pixels on its outline.
    """
    found = []
    for left, top, part in _parts(mask, connectivity=8):
        contours, hierarchy = cv2.findContours(
            part.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
        )
        loops = [[(int(x), int(y)) for x, y in contour.reshape(-1, 2)] for contour in contours]
        outer = [loop for loop, links in zip(loops, hierarchy[0], strict=True) if links[3] < 0]
        holes = [loop for loop, links in zip(loops, hierarchy[0], strict=True) if links[3] >= 0]
        polygon = _shifted(_joined(outer[0], holes), left, top)
        while len(polygon) < 3:
            polygon.append(polygon[-1])
        found.append(polygon)
    return found


def _parts(
    mask: NDArray[np.bool_], connectivity: int
) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Left, top and pixels of each connected part."""
    count, labels, stats = parts_of(mask.astype(np.uint8), connectivity)
    for number in range(1, count):
        left, top, width, height, _area = (int(value) for value in stats[number])
        yield left, top, labels[top : top + height, left : left + width] == number


def _edge_loops(part: NDArray[np.bool_]) -> Iterator[list[Point]]:
    """Closed walks along the edges of a part, with the part always on the right."""
    padded = np.pad(part, 1)
    inside = padded[1:-1, 1:-1]
    leaving: dict[Point, list[int]] = {}
    # Side of a pixel that faces outside: neighbour, start of the edge, its direction.
    sides = (
        (padded[:-2, 1:-1], (0, 0), 0),
        (padded[1:-1, 2:], (1, 0), 1),
        (padded[2:, 1:-1], (1, 1), 2),
        (padded[1:-1, :-2], (0, 1), 3),
    )
    for neighbour, (dx, dy), direction in sides:
        rows, columns = np.nonzero(inside & ~neighbour)
        for x, y in zip((columns + dx).tolist(), (rows + dy).tolist(), strict=True):
            leaving.setdefault((x, y), []).append(direction)
    while leaving:
        start = next(iter(leaving))
        point, direction, loop = start, leaving[start][0], []
        while point in leaving:
            ways = leaving[point]
            # Where two pixels touch only at a corner, turning right stays with the same pixel.
            turns = ((direction + 1) % 4, direction, (direction + 3) % 4)
            direction = next((turn for turn in turns if turn in ways), ways[0])
            ways.remove(direction)
            if not ways:
                del leaving[point]
            loop.append(point)
            point = (point[0] + _STEPS[direction][0], point[1] + _STEPS[direction][1])
            if point == start:
                break
        yield loop


def _doubled_area(loop: Sequence[Point]) -> int:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(loop, [*loop[1:], loop[0]], strict=True))


def _joined(outer: Sequence[Point], holes: Iterable[Sequence[Point]]) -> list[Point]:
    """One closed walk around the outline and all holes, without redundant vertices.

    From the leftmost vertex of each hole, the bridge runs straight to the left until it meets the
    outline or a hole that was joined before.
    """
    points, following = list(outer), [*range(1, len(outer)), 0]
    at = {point: index for index, point in enumerate(points)}
    for hole in sorted(holes, key=min):
        first = hole.index(min(hole))
        x, y = hole[first]
        while (x, y) not in at:
            x -= 1
        gate, after = at[x, y], following[at[x, y]]
        walk = [*hole[first:], *hole[: first + 1], (x, y)]
        base = len(points)
        points += walk
        following[gate] = base
        following += [*range(base + 1, base + len(walk)), after]
        for index, point in enumerate(walk[:-2], base):
            at.setdefault(point, index)
    ordered, index = [points[0]], following[0]
    while index != 0:
        ordered.append(points[index])
        index = following[index]
    return _straightened(ordered)


def _straightened(walk: Sequence[Point]) -> list[Point]:
    """The walk without vertices in the middle of straight lines, and without repeated vertices."""
    moved = [
        point for point, before in zip(walk, [walk[-1], *walk[:-1]], strict=True) if point != before
    ] or [walk[0]]
    if len(moved) < 3:
        return moved
    kept = []
    for before, point, after in zip(
        [moved[-1], *moved[:-1]], moved, [*moved[1:], moved[0]], strict=True
    ):
        ax, ay = point[0] - before[0], point[1] - before[1]
        bx, by = after[0] - point[0], after[1] - point[1]
        if ax * by != ay * bx or ax * bx + ay * by < 0:
            kept.append(point)
    return kept or moved


def _shifted(polygon: Iterable[Point], left: int, top: int) -> list[Point]:
    return [(x + left, y + top) for x, y in polygon]
