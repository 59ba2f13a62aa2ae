"""Effective area and pixel spacing out of DICOM.

A length in mm that is wrong does more harm than none, so that wherever two sources disagree or a
unit is not known the spacing is None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydicom.dataset import Dataset

from worker.pipeline.frame import Region

_SPATIAL_2D = 1
"""Region Spatial Format (PS3.3 C.8.5.5.1.1): two-dimensional picture."""
_TISSUE, _COLOUR_FLOW = 1, 2
"""Region Data Type (C.8.5.5.1.2). Both lie on the same anatomical grid."""
_CENTIMETRES = 3
"""Physical Units (C.8.5.5.1.15)."""
_MM_PER_CM = 10.0
_TOLERANCE = 0.02
"""Relative difference up to which two statements of a spacing are the same one, rounded."""
_PLAUSIBLE_MM = (1e-4, 10.0)
"""Ultrasound pixels measure 0.01 to 1 mm; files outside this range state another unit."""

_SMALLEST_PX = 8
"""Side of a region below which it is taken for a mistake."""
_OVERHANG = 1.05
"""Share of a frame's side up to which a region may end beyond it."""

Spacing = tuple[float, float]


def calibrate(
    dataset: Dataset, height: int, width: int, notes: list[str]
) -> tuple[Region | None, Spacing | None]:
    """Effective area and (row, column) spacing in mm of a frame of `height` by `width` px.

    The area is the box around all two-dimensional tissue and colour-flow regions (several stand
    side by side in split screens); spectra, traces and scales are left out. So are regions that
    cannot be true, for which `notes` get a reason.
    """
    stated = _pixel_spacing(dataset)
    if not dataset.get("SequenceOfUltrasoundRegions"):
        return None, stated
    placed: list[tuple[Dataset, Region]] = []
    doubtful = False
    for region in _pictures(dataset):
        box = _box(region, height, width)
        if isinstance(box, str):
            notes.append(f"An ultrasound region of the file was ignored: {box}.")
            doubtful = True
            continue
        placed.append((region, box))
    area = _hull([box for _, box in placed])
    spacings = [_region_spacing(region) for region, _ in placed]
    if doubtful and not placed:
        # Nothing that the regions say counts; what else the file says does, if they agree.
        others = (_region_spacing(region) for region in _pictures(dataset))
        agreed = stated is not None and all(o is None or _agree(o, stated) for o in others)
        return None, stated if agreed else None
    if any(_overhangs(region, height, width) for region, _ in placed):
        notes.append("Lengths are unknown: an ultrasound region reaches beyond the picture.")
        return area, None
    found = spacings[0] if spacings else None
    if found is None:
        if placed:
            notes.append("Lengths are unknown: no plausible distance in an ultrasound region.")
        return area, None
    if not all(_agree(found, other) for other in spacings):
        notes.append("Lengths are unknown: ultrasound regions differ in scale.")
        return area, None
    if stated is not None and not _agree(found, stated):
        notes.append("Lengths are unknown: ultrasound region and pixel spacing contradict.")
        return area, None
    return area, found


def _pictures(dataset: Dataset) -> list[Dataset]:
    regions: Sequence[Dataset] = dataset.get("SequenceOfUltrasoundRegions") or []
    return [
        region
        for region in regions
        if region.get("RegionSpatialFormat") == _SPATIAL_2D
        and region.get("RegionDataType") in (_TISSUE, _COLOUR_FLOW)
    ]


def _box(region: Dataset, height: int, width: int) -> Region | str:
    """The region's rectangle, its maxima inclusive (PS3.3 C.8.5.5.1.1.3), or why it is none."""
    corners = _corners(region)
    if corners is None:
        return "it has no place"
    left, top, right, bottom = corners
    if right < left or bottom < top:
        return "its corners are in the wrong order"
    clipped = Region(top, left, bottom - top + 1, right - left + 1).clipped(height, width)
    if clipped is None:
        return "it lies outside the picture"
    smallest = max(_SMALLEST_PX, min(height, width) // 50)
    if min(clipped.height, clipped.width) < min(smallest, height, width):
        return "it is too small for a picture"
    return clipped


def _corners(region: Dataset) -> tuple[int, int, int, int] | None:
    corners = [
        region.get(f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")
    ]
    if not all(isinstance(corner, int) for corner in corners):
        return None
    left, top, right, bottom = (int(corner) for corner in corners if corner is not None)
    return left, top, right, bottom


def _overhangs(region: Dataset, height: int, width: int) -> bool:
    """Whether a region is that of a larger picture: this one was scaled or cut afterwards.

    One that ends a little beyond the edge was counted wrongly, and its scale is right.
    """
    corners = _corners(region)
    if corners is None:
        return False
    _, _, right, bottom = corners
    return right >= width * _OVERHANG or bottom >= height * _OVERHANG


def _hull(boxes: list[Region]) -> Region | None:
    if not boxes:
        return None
    top, left = min(b.top for b in boxes), min(b.left for b in boxes)
    bottom = max(b.top + b.height for b in boxes)
    right = max(b.left + b.width for b in boxes)
    return Region(top, left, bottom - top, right - left)


def _region_spacing(region: Dataset) -> Spacing | None:
    units = (region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection"))
    if units != (_CENTIMETRES, _CENTIMETRES):
        return None
    # Deltas are signed: they also tell the direction of the axis.
    return _spacing(region.get("PhysicalDeltaY"), region.get("PhysicalDeltaX"), _MM_PER_CM)


def _pixel_spacing(dataset: Dataset) -> Spacing | None:
    values = dataset.get("PixelSpacing")
    if values is None or isinstance(values, str) or not isinstance(values, Sequence):
        return None
    return _spacing(values[0], values[1], 1.0) if len(values) == 2 else None


def _spacing(row: object, column: object, mm: float) -> Spacing | None:
    if not isinstance(row, int | float) or not isinstance(column, int | float):
        return None
    spacing = (abs(float(row)) * mm, abs(float(column)) * mm)
    low, high = _PLAUSIBLE_MM
    if not all(math.isfinite(s) and low <= s <= high for s in spacing):
        return None
    return spacing


def _agree(one: Spacing, other: Spacing | None) -> bool:
    return other is not None and all(
        math.isclose(a, b, rel_tol=_TOLERANCE) for a, b in zip(one, other, strict=True)
    )
