"""Scan lines of linear and curved arrays, and their positions in the frame.

Three coordinate systems: the scene (z, x) in mm, z down from the middle of the probe's face and x
to the right; the beam (r, u), r in mm from the face along a beam and u from -1, the first beam, to
1, the last; the frame (row, column) in px, with whole numbers at the centres of pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_WIDEST_HALF_ANGLE = math.pi / 2
_FAN_HALF_ANGLE = math.radians(50)


class Box(NamedTuple):
    """A rectangle of the scene, mm."""

    top: float
    left: float
    height: float
    width: float


class Geometry(Protocol):
    """A family of beams."""

    @property
    def depth(self) -> float:
        """Length of the beams, mm."""

    @property
    def box(self) -> Box:
        """The smallest box around all beams."""

    def span(self, r: _Floats) -> _Floats:
        """Return the distance in mm from the first beam to the last along the front at range r."""

    def to_beam(self, z: _Floats, x: _Floats) -> tuple[_Floats, _Floats]:
        """Return (r, u) of points of the scene; outside the beams |u| > 1, r < 0 or r > depth."""

    def to_scene(self, r: _Floats, u: _Floats) -> tuple[_Floats, _Floats]:
        """Return (z, x) of points on the beams."""


@dataclass(frozen=True)
class Linear:
    """Parallel beams, straight down.

    Attributes:
        depth: mm.
        width: width of the aperture, mm.
    """

    depth: float
    width: float

    def __post_init__(self) -> None:
        if not (self.depth > 0 and self.width > 0):
            raise ValueError("depth and width of a linear array are positive")

    @property
    def box(self) -> Box:
        """The smallest box around all beams."""
        return Box(0.0, -self.width / 2, self.depth, self.width)

    def span(self, r: _Floats) -> _Floats:
        """See Geometry."""
        return np.full_like(r, self.width)

    def to_beam(self, z: _Floats, x: _Floats) -> tuple[_Floats, _Floats]:
        """See Geometry."""
        return z, x * np.float32(2 / self.width)

    def to_scene(self, r: _Floats, u: _Floats) -> tuple[_Floats, _Floats]:
        """See Geometry."""
        return r, u * np.float32(self.width / 2)


@dataclass(frozen=True)
class Curved:
    """Beams at right angles to an arc: convex and endocavity arrays, and with a radius near 0 the
    sector of a phased array.

    Attributes:
        depth: mm below the probe's face.
        radius: radius of the probe's face, mm; 0 for a point.
        half_angle: angle between the middle and the outer beams, radians, at most π/2.
    """

    depth: float
    radius: float
    half_angle: float

    def __post_init__(self) -> None:
        if not (self.depth > 0 and self.radius >= 0):
            raise ValueError("the depth of a curved array is positive, its radius not negative")
        if not 0 < self.half_angle <= _WIDEST_HALF_ANGLE:
            raise ValueError("half the angle of a curved array is above 0 and at most a right one")

    @classmethod
    def filling(cls, height: float, width: float) -> Curved:
        """Return the array whose box has the given height and width, mm, with beams up to 50° from
        the middle one."""
        outer = max(width / 2 / math.sin(_FAN_HALF_ANGLE), 1.25 * height)
        half_angle = math.asin(width / 2 / outer)
        radius = (outer - height) / math.cos(half_angle)
        return cls(outer - radius, radius, half_angle)

    @property
    def box(self) -> Box:
        """The smallest box around all beams."""
        top = self.radius * (math.cos(self.half_angle) - 1)
        half = (self.radius + self.depth) * math.sin(self.half_angle)
        return Box(top, -half, self.depth - top, 2 * half)

    def span(self, r: _Floats) -> _Floats:
        """See Geometry; along the arc."""
        return (r + np.float32(self.radius)) * np.float32(2 * self.half_angle)

    def to_beam(self, z: _Floats, x: _Floats) -> tuple[_Floats, _Floats]:
        """See Geometry."""
        below = z + np.float32(self.radius)
        r = np.hypot(below, x) - np.float32(self.radius)
        return r, np.arctan2(x, below) / np.float32(self.half_angle)

    def to_scene(self, r: _Floats, u: _Floats) -> tuple[_Floats, _Floats]:
        """See Geometry."""
        angle = u * np.float32(self.half_angle)
        far = r + np.float32(self.radius)
        return far * np.cos(angle) - np.float32(self.radius), far * np.sin(angle)


@dataclass(frozen=True)
class Placement:
    """The position of the scene in a frame.

    Attributes:
        height, width: size of the frame, px.
        spacing: mm between pixel centres, the same along rows and columns.
        row, column: position of the scene's origin, px.
    """

    height: int
    width: int
    spacing: float
    row: float
    column: float

    @classmethod
    def centred(
        cls, geometry: Geometry, height: int, width: int, box: tuple[int, int, int, int]
    ) -> Placement:
        """Return the geometry as large as possible in the middle of a box of the frame.

        Args:
            geometry: the geometry whose box must fit.
            height, width: size of the frame, px.
            box: (top, left, height, width), px.
        """
        extent = geometry.box
        top, left, box_height, box_width = box
        spacing = max(extent.height / box_height, extent.width / box_width)
        # From the outer edge of the first pixel to that of the last.
        slack = (box_height - extent.height / spacing, box_width - extent.width / spacing)
        return cls(
            height,
            width,
            spacing,
            top + slack[0] / 2 - extent.top / spacing - 0.5,
            left + slack[1] / 2 - extent.left / spacing - 0.5,
        )

    def scene(self) -> tuple[_Floats, _Floats]:
        """Return (z, x) of all pixel centres, float32 [H,1] and [1,W], mm."""
        rows = np.arange(self.height, dtype=np.float32)[:, None]
        columns = np.arange(self.width, dtype=np.float32)[None]
        spacing = np.float32(self.spacing)
        return (rows - np.float32(self.row)) * spacing, (
            columns - np.float32(self.column)
        ) * spacing

    def to_frame(self, z: float, x: float) -> tuple[float, float]:
        """Return (row, column) of a point of the scene, px."""
        return self.row + z / self.spacing, self.column + x / self.spacing

    def to_scene(self, row: float, column: float) -> tuple[float, float]:
        """Return (z, x) of a point of the frame, mm."""
        return (row - self.row) * self.spacing, (column - self.column) * self.spacing
