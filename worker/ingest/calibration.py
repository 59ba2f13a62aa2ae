"""Effective area and pixel spacing from DICOM.

A wrong length in mm does more harm than none, so the spacing is None whenever two sources disagree
or a unit is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydicom.dataset import Dataset

from worker.pipeline.frame import Region, Scale, Spacing, Unmeasured

_SPATIAL_2D = 1
"""Region Spatial Format (PS3.3 C.8.5.5.1.1): two-dimensional picture."""
_TISSUE, _COLOUR_FLOW = 1, 2
"""Region Data Type (C.8.5.5.1.2). Both lie on the same anatomical grid."""
_CENTIMETRES = 3
"""Physical Units (C.8.5.5.1.15)."""
_MM_PER_CM = 10.0
_TOLERANCE = 0.02
"""Two stated spacings within this relative difference are equal apart from rounding."""
_PLAUSIBLE_MM = (1e-4, 10.0)
"""Ultrasound pixels measure 0.01 to 1 mm; files outside this range use another unit."""

_DEEPEST_MM = 400.0
"""No examination reaches this depth: such a scale belongs to another size of the picture."""

_SMALLEST_PX = 8
"""A region with a smaller side is treated as a mistake."""
_OVERHANG = 1.05
"""A region may extend beyond the frame up to this multiple of the frame's side."""

_MOST_REGIONS = 32
_FORMATS = {2: "m-mode", 3: "spectral", 4: "trace"}
"""Region Spatial Format of regions whose rows or columns are not lengths."""
_COVERING = ("m-mode", "spectral")
"""Kinds that hide the picture under them; an ECG trace is drawn over it."""
_UNITS = {
    1: "%",
    2: "dB",
    3: "cm",
    4: "s",
    5: "Hz",
    6: "dB/s",
    7: "cm/s",
    8: "cm²",
    9: "cm²/s",
    10: "cm³",
    11: "cm³/s",
    12: "°",
}
_OTHER_DISTANCES = ("NominalScannedPixelSpacing", "ImagerPixelSpacing")
"""Distances on a film and on a detector, not in the body."""


@dataclass(frozen=True, slots=True)
class ScannedRegion:
    """One plausible item of the Sequence of Ultrasound Regions.

    Attributes:
        box: its place, px of the frame.
        kind: a value of `app.images.tables.RegionKind`.
        spacing: (row, column) mm; None if it is not known, or if they are not lengths.
        units: steps of rows and columns, with units, of a region that is not a picture.
    """

    box: Region
    kind: str
    spacing: Spacing | None
    units: dict[str, dict[str, float | str]] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the form of `Decoded.regions`."""
        row, column = self.spacing or (None, None)
        box = self.box._asdict()
        return {**box, "kind": self.kind, "row_mm": row, "column_mm": column, "units": self.units}

    @property
    def is_picture(self) -> bool:
        """Whether rows and columns are lengths in the body."""
        return self.kind in ("2-d", "colour")


@dataclass(frozen=True, slots=True)
class Calibration:
    """The regions of a file's picture, with their pixel spacing.

    Attributes:
        area: the box around everything that shows the body; None if the file does not state it.
        spacing: (row, column) mm of all of it; None if it is not known or differs.
        regions: in the order of the file.
    """

    area: Region | None
    spacing: Spacing | None
    regions: tuple[ScannedRegion, ...] = ()

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The regions that show the body."""
        return tuple(Scale(one.box, one.spacing) for one in self.regions if one.is_picture)

    @property
    def unmeasured(self) -> tuple[Unmeasured, ...]:
        """All other regions."""
        return tuple(
            Unmeasured(one.box, one.kind in _COVERING) for one in self.regions if not one.is_picture
        )


def calibrate(dataset: Dataset, height: int, width: int, notes: list[str]) -> Calibration:
    """Determine effective area, spacing and regions of a frame of `height` by `width` px.

    Regions take precedence over the pixel spacing (PS3.3 C.8.5.5, 10.7.1). Each picture has its own
    scale. Implausible regions are left out with a reason in `notes`, which also explain unknown
    lengths.
    """
    stated = _pixel_spacing(dataset)
    if stated is None and any(dataset.get(keyword) for keyword in _OTHER_DISTANCES):
        notes.append("Lengths are unknown: the file states distances on a film or a detector.")
    items = list(dataset.get("SequenceOfUltrasoundRegions") or [])[:_MOST_REGIONS]
    if not items:
        return Calibration(None, stated)
    placed: list[tuple[Dataset, Region]] = []
    ignored: list[Dataset] = []
    for item in items:
        box = _box(item, height, width)
        if isinstance(box, str):
            if _kind(item) in ("2-d", "colour"):
                notes.append(f"An ultrasound region of the file was ignored: {box}.")
                ignored.append(item)
            continue
        placed.append((item, box))
    regions = [_scanned(item, box) for item, box in placed]
    pictures = [region for region in regions if region.is_picture]
    if ignored and not pictures:
        # The regions are ignored; the file's other statements count if they agree.
        others = (_region_spacing(item) for item in ignored)
        agreed = stated is not None and all(o is None or _agree(o, stated) for o in others)
        return Calibration(None, stated if agreed else None, tuple(regions))
    overhanging = any(_overhangs(item, height, width) for item, _ in placed)
    regions = _scaled(regions, stated, overhanging, notes)
    pictures = [region for region in regions if region.is_picture]
    found = pictures[0].spacing if pictures else None
    same = found is not None and all(_agree(found, other.spacing) for other in pictures)
    area = _hull([region.box for region in pictures])
    return Calibration(area, found if same else None, tuple(regions))


def _scaled(
    regions: list[ScannedRegion], stated: Spacing | None, overhanging: bool, notes: list[str]
) -> list[ScannedRegion]:
    """The regions with those lengths that nothing in the file contradicts."""
    pictures = [region for region in regions if region.is_picture]
    known = [region.spacing for region in pictures if region.spacing is not None]
    unknown = [replace(region, spacing=None) for region in regions]
    if not pictures:
        return regions
    if overhanging:
        notes.append("Lengths are unknown: an ultrasound region reaches beyond the picture.")
        return unknown
    deepest = max((one.box.height * one.spacing[0] for one in pictures if one.spacing), default=0.0)
    if deepest > _DEEPEST_MM:
        notes.append(
            f"Lengths are unknown: by the file an ultrasound region is {deepest:.0f} mm deep, and "
            f"ultrasound reaches {_DEEPEST_MM:.0f} mm at most."
        )
        return unknown
    if not known:
        notes.append("Lengths are unknown: no plausible distance in an ultrasound region.")
        return regions
    if stated is not None and not any(_agree(one, stated) for one in known):
        notes.append("Lengths are unknown: ultrasound region and pixel spacing contradict.")
        return unknown
    if len(known) < len(pictures):
        notes.append("Lengths are unknown in a part of the picture.")
    elif not all(_agree(known[0], one) for one in known):
        notes.append("Parts of the picture differ in scale: each is measured by its own.")
    return regions


def _scanned(item: Dataset, box: Region) -> ScannedRegion:
    kind = _kind(item)
    if kind in ("2-d", "colour"):
        return ScannedRegion(box, kind, _region_spacing(item))
    units: dict[str, dict[str, float | str]] = {}
    for name, axis in (("row", "Y"), ("column", "X")):
        step, unit = item.get(f"PhysicalDelta{axis}"), item.get(f"PhysicalUnits{axis}Direction")
        word = _UNITS.get(unit) if isinstance(unit, int) else None
        if word and isinstance(step, int | float) and math.isfinite(step) and step:
            units[name] = {"step": abs(float(step)), "unit": word}
    return ScannedRegion(box, kind, None, units or None)


def _kind(item: Dataset) -> str:
    """Return the kind of a region (PS3.3 C.8.5.5.1.1 and C.8.5.5.1.2)."""
    spatial, data = item.get("RegionSpatialFormat"), item.get("RegionDataType")
    if spatial == _SPATIAL_2D and data in (_TISSUE, _COLOUR_FLOW):
        return "2-d" if data == _TISSUE else "colour"
    return _FORMATS.get(spatial, "other") if isinstance(spatial, int) else "other"


def _box(region: Dataset, height: int, width: int) -> Region | str:
    """The region's rectangle, its maxima inclusive (PS3.3 C.8.5.5.1.1.3), or why it is invalid."""
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
    """Whether a region belongs to a larger picture: this one was scaled or cropped afterwards.

    A region that ends slightly beyond the edge was miscounted, and its scale is right.
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
    # Deltas are signed: they also give the direction of the axis.
    return _spacing(region.get("PhysicalDeltaY"), region.get("PhysicalDeltaX"), _MM_PER_CM)


def _pixel_spacing(dataset: Dataset) -> Spacing | None:
    values = dataset.get("PixelSpacing") or _of_functional_groups(dataset)
    if values is None or isinstance(values, str) or not isinstance(values, Sequence):
        return None
    return _spacing(values[0], values[1], 1.0) if len(values) == 2 else None


def _of_functional_groups(dataset: Dataset) -> object:
    """The pixel spacing of all frames of an enhanced file (PS3.3 C.7.6.16.2.1)."""
    for groups in dataset.get("SharedFunctionalGroupsSequence") or []:
        for measures in groups.get("PixelMeasuresSequence") or []:
            return measures.get("PixelSpacing")
    return None


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
