"""A lesion: an outline, and how the tissue within it reflects and absorbs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.synthetic.outline import Outline

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Septum:
    """A straight wall through a lesion.

    Attributes:
        angle: degrees from the lateral direction towards depth.
        offset: from the lesion's centre, mm.
        thickness: mm.
    """

    angle: float
    offset: float = 0.0
    thickness: float = 0.8


@dataclass(frozen=True)
class Lesion:
    """A lesion: its outline, and its echoes. Its mask is the outline, whatever is inside.

    Attributes:
        outline: the lesion's edge.
        contrast: dB of its echoes relative to the tissue around it.
        attenuation: dB/(cm·MHz), one way; lower than around it brightens the tissue below
            (posterior enhancement), higher darkens it (shadow). None: as around.
        texture: share of the tissue's own variation that continues inside.
        rim: contrast of a band inside the edge: a cyst's bright wall, a nodule's halo.
        rim_width: mm.
        septa: walls through it.
        solid_parts: outlines of solid tissue inside it, with the contrast of the septa.
        parts_contrast: contrast of septa and solid parts, dB relative to the tissue around.
        kind: its common name.
    """

    outline: Outline
    contrast: float = -20.0
    attenuation: float | None = None
    texture: float = 0.0
    rim: float = 0.0
    rim_width: float = 0.0
    septa: tuple[Septum, ...] = ()
    solid_parts: tuple[Outline, ...] = ()
    parts_contrast: float = 0.0
    kind: str = "lesion"

    def paint(self, z: _Floats, x: _Floats, level: _Floats) -> _Floats:
        """Return the contrast in dB at points within the outline.

        Args:
            z, x: float32 [N], mm.
            level: float32 [N], level of these points in the outline.
        """
        contrast = np.full_like(z, self.contrast)
        if self.rim_width:
            mean_axis = math.sqrt(self.outline.axes[0] * self.outline.axes[1])
            contrast[level > 1 - self.rim_width / mean_axis] = self.rim
        for part in self.solid_parts:
            contrast[part.inside(z, x)] = self.parts_contrast
        dz, dx = z - np.float32(self.outline.depth), x - np.float32(self.outline.lateral)
        for septum in self.septa:
            angle = math.radians(septum.angle)
            across = dz * np.float32(math.cos(angle)) - dx * np.float32(math.sin(angle))
            contrast[np.abs(across - septum.offset) <= septum.thickness / 2] = self.parts_contrast
        return contrast
