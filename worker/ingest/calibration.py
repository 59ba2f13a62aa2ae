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

Spacing = tuple[float, float]


def calibrate(dataset: Dataset, height: int, width: int) -> tuple[Region | None, Spacing | None]:
    """Effective area and (row, column) spacing in mm of a frame of `height` by `width` px.

    The area is the box around all two-dimensional tissue and colour-flow regions (several stand
    side by side in split screens); spectra, traces and scales are left out.
    """
    pictures = _pictures(dataset)
    placed = [(r, box) for r in pictures if (box := _box(r, height, width)) is not None]
    area = _hull([box for _, box in placed])
    stated = _pixel_spacing(dataset)
    if not dataset.get("SequenceOfUltrasoundRegions"):
        return None, stated
    spacings = [_region_spacing(region) for region, _ in placed]
    found = spacings[0] if spacings else None
    if found is None or not all(_agree(found, other) for other in spacings):
        return area, None
    if stated is not None and not _agree(found, stated):
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


def _box(region: Dataset, height: int, width: int) -> Region | None:
    """The region's rectangle; its maxima are inclusive (PS3.3 C.8.5.5.1.1.3)."""
    corners = [
        region.get(f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")
    ]
    if not all(isinstance(corner, int) for corner in corners):
        return None
    left, top, right, bottom = (int(corner) for corner in corners if corner is not None)
    return Region(top, left, bottom - top + 1, right - left + 1).clipped(height, width)


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
