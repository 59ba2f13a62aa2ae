"""The decoded image that the pipeline takes: pixels, spacing, and their DICOM regions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray


class Region(NamedTuple):
    """A rectangle in px of the frame."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the index that cuts the region out of an array [H,W,...]."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    def clipped(self, height: int, width: int) -> Region | None:
        """Return the part inside a frame of `height` by `width` px, or None if there is none."""
        top, left = max(0, self.top), max(0, self.left)
        bottom = min(height, self.top + self.height)
        right = min(width, self.left + self.width)
        if bottom <= top or right <= left:
            return None
        return Region(top, left, bottom - top, right - left)


Spacing = tuple[float, float]
"""(row, column) distance between pixel centres in mm."""
_AGREE = 0.02
"""Two spacings within this relative difference are the same, apart from rounding."""


class Scale(NamedTuple):
    """A region of a frame and its spacing, None if not known."""

    region: Region
    spacing: Spacing | None


class Unmeasured(NamedTuple):
    """A region whose rows or columns are not lengths, so nothing in it is measured in mm."""

    region: Region
    covers: bool
    """Whether it hides the picture under it, as a spectrum does; a trace does not.
    """


@dataclass(frozen=True)
class Lengths:
    """The pixel spacing of a frame and of its regions.

    Attributes:
        spacing: of the whole frame; None if it is not known or differs from region to region.
        scales: the regions that show the body.
        unmeasured: all other regions.
    """

    spacing: Spacing | None = None
    scales: tuple[Scale, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()

    def at(self, box: Region) -> Spacing | None:
        """Return the spacing in a box, or None.

        It is None if the box lies in no picture, spans two pictures, or touches a region that is
        not measured in mm.
        """
        touched = [scale for scale in self.scales if _overlap(scale.region, box)]
        inside = any(_contains(scale.region, box) for scale in touched)
        if any(_overlap(one.region, box) and (one.covers or not inside) for one in self.unmeasured):
            return None
        if not inside and any(_apart(*two) for two in combinations(touched, 2)):
            return None
        if self.spacing is not None or not self.scales:
            return self.spacing
        if not inside:
            return None
        first = touched[0].spacing
        if first is None or not all(_same(first, scale.spacing) for scale in touched):
            return None
        return first


def spacing_at(lengths: Lengths | Spacing | None, box: Region) -> Spacing | None:
    """Return the spacing at a box; it may be known for the whole frame or by region."""
    return lengths.at(box) if isinstance(lengths, Lengths) else lengths


def _shared(one: Region, other: Region) -> int:
    """Return the number of pixels that lie in both."""
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    return max(0, height) * max(0, width)


def _overlap(one: Region, other: Region) -> bool:
    return _shared(one, other) > 0


def _contains(outer: Region, inner: Region) -> bool:
    return _shared(outer, inner) == inner.height * inner.width


def _apart(one: Scale, other: Scale) -> bool:
    """Return whether two regions are separate pictures: colour flow lies over its tissue."""
    (a, _), (b, _) = one, other
    return 2 * _shared(a, b) < min(a.height * a.width, b.height * b.width)


def _same(one: Spacing, other: Spacing | None) -> bool:
    return other is not None and all(
        abs(a - b) <= _AGREE * max(a, b) for a, b in zip(one, other, strict=True)
    )


@dataclass(frozen=True)
class Frame:
    """One still image.

    Attributes:
        pixels: uint8 [H,W] grey or [H,W,3] RGB, at least 1 by 1.
        spacing: (row, column) distance between pixel centres in mm, or None if it is not known.
        region: the effective area if the file states it (DICOM PS3.3 C.8.5.5), or None.
        scales: the regions that show the body, each with its spacing, if there are several.
        unmeasured: all other regions.

    Raises:
        ValueError: an attribute is not as described above.
    """

    pixels: NDArray[np.uint8]
    spacing: Spacing | None = None
    region: Region | None = None
    scales: tuple[Scale, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or not (
            len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
        ):
            raise ValueError(
                f"a frame needs uint8 [H,W] or [H,W,3], got {self.pixels.dtype} {shape}"
            )
        if min(shape[:2]) < 1:
            raise ValueError(f"a frame needs at least one pixel, got {shape}")
        if self.spacing is not None and not all(math.isfinite(s) and s > 0 for s in self.spacing):
            raise ValueError(f"pixel spacing must be positive, got {self.spacing}")
        if self.region is not None and self.region.clipped(*shape[:2]) != self.region:
            raise ValueError(f"region {self.region} is not inside a frame of {shape[:2]}")

    @property
    def lengths(self) -> Lengths:
        """The pixel spacings by which its lesions are measured."""
        return Lengths(self.spacing, self.scales, self.unmeasured)

    @property
    def height(self) -> int:
        """Rows, px."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, px."""
        return int(self.pixels.shape[1])


def to_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of RGB as uint8 [H,W]; grey is returned unchanged."""
    if pixels.ndim == 2:
        return pixels
    return cast(NDArray[np.uint8], cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
