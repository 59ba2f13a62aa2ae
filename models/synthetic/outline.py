"""Closed smooth shapes whose area is known without counting pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Float = TypeVar("_Float", np.float32, np.float64)


class Lobe(NamedTuple):
    """A wave on an outline."""

    order: int
    """Number of waves around the outline, at least 2."""
    amplitude: float
    """As a share of the radius."""
    phase: float = 0.0
    """Radians."""


@dataclass(frozen=True)
class Outline:
    """An ellipse, lobed or not: radius 1 + Σ amplitude·cos(order·φ + phase), stretched by the axes.

    Attributes:
        depth, lateral: position of the centre in the scene, mm.
        axes: half axes, mm; the first lies along `angle`.
        angle: degrees from the lateral direction towards depth.
        lobes: waves of different orders; their amplitudes sum to less than 1.
    """

    depth: float
    lateral: float
    axes: tuple[float, float]
    angle: float = 0.0
    lobes: tuple[Lobe, ...] = ()

    def __post_init__(self) -> None:
        if min(self.axes) <= 0:
            raise ValueError("the axes of an outline are positive")
        orders = [lobe.order for lobe in self.lobes]
        if len(set(orders)) < len(orders) or min(orders, default=2) < 2:
            raise ValueError("the lobes of an outline have different orders of 2 or more")
        if sum(abs(lobe.amplitude) for lobe in self.lobes) >= 1:
            raise ValueError("the amplitudes of an outline's lobes sum to less than 1")

    @property
    def area(self) -> float:
        """Exact area, mm²: ½∫(radius)² dφ, in which waves of different orders do not mix."""
        waves = sum(lobe.amplitude**2 for lobe in self.lobes) / 2
        return math.pi * self.axes[0] * self.axes[1] * (1 + waves)

    @property
    def reach(self) -> float:
        """Radius around the centre that contains the whole outline, mm."""
        return max(self.axes) * (1 + sum(abs(lobe.amplitude) for lobe in self.lobes))

    def level(self, z: _Floats, x: _Floats) -> _Floats:
        """Return the distance of points from the centre relative to that of the outline in their
        direction: below 1 inside."""
        dz, dx = z - np.float32(self.depth), x - np.float32(self.lateral)
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        along = (dx * np.float32(c) + dz * np.float32(s)) / np.float32(self.axes[0])
        across = (dz * np.float32(c) - dx * np.float32(s)) / np.float32(self.axes[1])
        distance = np.hypot(along, across)
        if not self.lobes:
            return distance
        return cast(_Floats, distance / self._radius(np.arctan2(across, along)))

    def inside(self, z: _Floats, x: _Floats) -> NDArray[np.bool_]:
        """Return whether points of the scene are within the outline; the shapes must broadcast."""
        z, x = np.broadcast_arrays(z, x)
        result = np.zeros(z.shape, dtype=bool)
        reach = self.reach
        near = (np.abs(z - self.depth) <= reach) & (np.abs(x - self.lateral) <= reach)
        result[near] = self.level(z[near], x[near]) <= 1
        return result

    def contour(self, points: int = 360) -> NDArray[np.float64]:
        """Return points along the outline, float64 [N,2] of (z, x), mm."""
        angles = np.linspace(0, 2 * math.pi, points, endpoint=False)
        radius = self._radius(angles)
        along, across = radius * np.cos(angles), radius * np.sin(angles)
        along, across = along * self.axes[0], across * self.axes[1]
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        z = self.depth + along * s + across * c
        x = self.lateral + along * c - across * s
        return np.stack([z, x], axis=1)

    def _radius(self, angles: NDArray[_Float]) -> NDArray[_Float]:
        radius = np.ones_like(angles)
        for lobe in self.lobes:
            radius += lobe.amplitude * np.cos(lobe.order * angles + lobe.phase)
        return radius
