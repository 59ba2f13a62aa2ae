"""The effective area: the sector of echoes, without the scanner's text, logos and banner.

Li et al. 2021, section "Image preprocessing", cut it out by hand; here it comes from the DICOM
regions if the file states them, else from the image: the largest connected area that is neither
black nor painted, after a closing (speckle has dark gaps) and an opening (letters touch the
sector).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from worker.pipeline.background import BLACK_LEVEL, painted
from worker.pipeline.components import parts_of
from worker.pipeline.frame import Frame, Region, to_grey

STROKE_SIDE = 512
"""The strokes of letters are removed at this many px on the longest side."""

WORK_SIDE = 256
"""The sector is found at this many px on the longest side."""

MIN_SHARE = 0.02
"""A component below this share of the frame is not a sector; the whole frame is used instead."""

LARGE_SHARE = 0.2
"""A second component of at least this share of the largest also counts as tissue."""

ISLAND_SHARE = 0.01
"""As LARGE_SHARE, for components above or below the middle of the largest."""

GROWTH = 0.02
"""The hull is grown by this share of its size, as dark tissue at the edge is easily missed."""

SNAP_SHARE = 0.05
"""A side of the box this close to the frame's edge (share of the frame) is moved to the edge."""

ISLAND_WIDTH = 0.5
"""Least width of an island below the largest component, as a share of its width."""

FACE_WIDTH = 0.2
"""The same above it, as the probe's face is narrower than the rest of a fan."""

CLUTTER_LEVEL = 48
"""Grey levels above this beside the tissue are writing; noise between echoes is darker."""

RIM = 6
"""px of `WORK_SIDE`; this near to the hull, bright areas beside the tissue count as writing.
"""

_THUMBNAILS, _ALIKE = 3, 1.25
"""This many pictures of one size make a strip; their sides differ at most by this factor."""

_MIN_SIDE = 32
"""Smaller frames have no room for a banner."""


@dataclass(frozen=True)
class Sector:
    """The sector of echoes, in px of the frame.

    Attributes:
        box: the bounding box that the network looks at.
        hull: int32 [N,1,2] (column, row), the convex polygon around the echoes; None stands for the
            whole box.
        clutter: uint8 0/1 [h,w], of the whole frame made smaller: paint and letters within the
            hull, but not over echoes; None if there are none.
    """

    box: Region
    hull: NDArray[np.int32] | None = None
    clutter: NDArray[np.uint8] | None = None

    def kept(self, height: int, width: int) -> NDArray[np.uint8]:
        """Return uint8 0/255 [H,W] of the frame: box and hull without the clutter."""
        inside = np.zeros((height, width), np.uint8)
        if self.hull is None:
            inside[self.box.slices] = 255
        else:
            cv2.fillConvexPoly(inside, self.hull, 255)
        if self.clutter is not None and self.clutter.any():
            # One pixel more, because shrinking blended the edges of letters with their
            # surroundings.
            grown = cv2.dilate(self.clutter, np.ones((3, 3), np.uint8))
            inside[cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = 0
        return inside


def effective_area(frame: Frame) -> Region:
    """Return the box that the pipeline works in.

    This is the region that the file states, else the box of the sector found in the image.
    """
    return frame.region if frame.region is not None else find_sector(frame.pixels).box


def find_sector(pixels: NDArray[np.uint8], least: float = MIN_SHARE) -> Sector:
    """Find the sector in uint8 [H,W] or [H,W,3]; any size from 1 by 1.

    Prefers too much over too little: if sector and border look alike, takes the whole frame.

    Args:
        pixels: pixels of the frame.
        least: an area below this share of the frame is not a sector.
    """
    height, width = pixels.shape[:2]
    whole = Sector(Region(0, 0, height, width))
    if min(height, width) < _MIN_SIDE:
        return whole
    small = _shrink(pixels, STROKE_SIDE)
    grey = to_grey(small)
    paint = painted(small)
    bright = np.where((grey > BLACK_LEVEL) & (paint == 0), np.uint8(255), np.uint8(0))
    component = _sector_mask(
        cast(NDArray[np.uint8], cv2.morphologyEx(bright, cv2.MORPH_OPEN, _disc(5)))
    )
    whole = replace(whole, clutter=paint if paint.any() else None)
    if component is None:
        return whole
    size = cv2.countNonZero(component)
    if size == 0 or size < least * component.size:
        return whole
    left, top, box_width, box_height = cv2.boundingRect(component)
    box = _to_frame((top, left, box_height, box_width), component.shape, (height, width))
    if box == whole.box and size > 0.97 * component.size:
        return whole
    outlines, _ = cv2.findContours(component, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(outlines)).astype(np.float64)
    centre = np.array([left + (box_width - 1) / 2, top + (box_height - 1) / 2])
    # Half a pixel of the small image more, so that no echo is cut off.
    hull = centre + (hull - centre) * (1 + GROWTH) + 0.5 * np.sign(hull - centre) + 0.5
    ratio = (width / component.shape[1], height / component.shape[0])
    scaled = np.rint(hull * ratio - 0.5).astype(np.int32)
    return Sector(box, scaled, _clutter(grey, paint, component, outlines))


def _clutter(
    grey: NDArray[np.uint8],
    paint: NDArray[np.uint8],
    component: NDArray[np.uint8],
    outlines: Sequence[MatLike],
) -> NDArray[np.uint8] | None:
    """Painted areas, and bright areas beside the tissue near the edge of its hull: uint8 0/1."""
    filled = cv2.drawContours(np.zeros_like(component), outlines, -1, 1, cv2.FILLED)
    hull = np.zeros_like(component)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(outlines)), 1)
    # Further in, a bright line beside the tissue may just as well be a septum of a cyst that
    # reaches the edge of the sector, or a measurement across it.
    core = cv2.erode(hull, _disc(2 * RIM + 1), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    spared = cv2.bitwise_or(cv2.dilate(filled, _disc(3)), core)
    tissue = cv2.resize(spared, grey.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0
    written = ((grey > CLUTTER_LEVEL) & ~tissue).astype(np.uint8)
    # Letters on paint are covered by closing; those beside it are covered one by one.
    covered = cv2.morphologyEx(paint, cv2.MORPH_CLOSE, _disc(9)) if paint.any() else paint
    clutter = cv2.bitwise_or(cv2.dilate(written, _disc(5)), covered)
    clutter[tissue & (paint == 0)] = 0
    return cast(NDArray[np.uint8], clutter) if clutter.any() else None


def _shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink the image by area averaging until its longest side is at most `side` px."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cast(NDArray[np.uint8], cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _sector_mask(tissue: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the sector in a small image as uint8 0/1, or None if there is none."""
    small = (_shrink(tissue, WORK_SIDE) > 100).astype(np.uint8)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(7))
    # Remaining letters and bars are thin; whatever survives an opening of this size is tissue.
    core = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(11))
    count, labels, stats = parts_of(core, 4)
    if count < 2:
        return None
    keep = [n for n in range(1, count) if _belongs(stats, n) and not _is_strip(small, labels == n)]
    component = np.isin(labels, keep).astype(np.uint8)
    # The opening rounded off the tips of the sector; restore them.
    return cast(NDArray[np.uint8], cv2.bitwise_and(cv2.dilate(component, _disc(9)), closed))


def _belongs(stats: NDArray[np.int32], label: int) -> bool:
    """Return whether a component is part of the sector, given its largest component.

    Large pieces are, such as two views side by side, or tissue divided by a shadow. So are smaller
    pieces above or below its middle: an anechoic cyst under the probe leaves the near field as an
    island. Such an island is about as wide as the beams; a thumbnail is not.
    """
    main = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    area, largest = int(stats[label, cv2.CC_STAT_AREA]), int(stats[main, cv2.CC_STAT_AREA])
    if area >= LARGE_SHARE * largest:
        return True
    left, width = int(stats[label, cv2.CC_STAT_LEFT]), int(stats[label, cv2.CC_STAT_WIDTH])
    main_left, main_width = int(stats[main, cv2.CC_STAT_LEFT]), int(stats[main, cv2.CC_STAT_WIDTH])
    offset = abs(left + width / 2 - main_left - main_width / 2)
    above = stats[label, cv2.CC_STAT_TOP] < stats[main, cv2.CC_STAT_TOP]
    least = FACE_WIDTH if above else ISLAND_WIDTH
    return (
        area >= ISLAND_SHARE * largest
        and least * main_width <= width <= 1.1 * main_width
        and offset < main_width / 3
    )


def _is_strip(bright: NDArray[np.uint8], component: NDArray[np.bool_]) -> bool:
    """Whether a component is a strip of thumbnails: three or more small pictures of one size."""
    inside = cv2.morphologyEx(bright * component.astype(np.uint8), cv2.MORPH_OPEN, _disc(3))
    _, _, stats = parts_of(inside, 4)
    area = stats[1:, cv2.CC_STAT_AREA]
    sizes = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]][area >= 0.1 * area.sum()]
    if len(sizes) < _THUMBNAILS:
        return False
    alike = sizes.max(axis=0) <= _ALIKE * sizes.min(axis=0)
    return bool(alike.all())


def _disc(size: int) -> NDArray[np.uint8]:
    return cast(NDArray[np.uint8], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def _to_frame(
    box: tuple[int, int, int, int], small: tuple[int, ...], frame: tuple[int, int]
) -> Region:
    """Convert the box to px of the frame; sides near the frame's edge are moved to it."""
    sides = []
    for start, length, small_length, full in (
        (box[0], box[2], small[0], frame[0]),
        (box[1], box[3], small[1], frame[1]),
    ):
        first = int(np.floor(start * full / small_length))
        last = int(np.ceil((start + length) * full / small_length))
        near = SNAP_SHARE * full
        first = 0 if first <= near else first
        last = full if last >= full - near else last
        sides.append((first, last - first))
    (top, height), (left, width) = sides
    return Region(top, left, height, width)
