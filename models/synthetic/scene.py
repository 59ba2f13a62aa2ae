"""The body under the probe: layers of tissue, and lesions in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.geometry import Geometry
from models.synthetic.lesion import Lesion

_Floats = NDArray[np.float32]
_INTERFACE_WIDTH = 0.5
"""Thickness of the bright line between layers, mm."""
_WAVE = 22.0
"""Length along the probe's face over which a border of layers rises and falls, mm."""


@dataclass(frozen=True)
class Layer:
    """Tissue of one kind. Layers follow the probe's face, which presses them into shape.

    Attributes:
        thickness: mm; the last layer takes all that remains.
        echo: dB relative to the reference.
        attenuation: dB/(cm·MHz), one way.
        texture: spatial standard deviation of the echo, dB.
        grain: length scale of the texture along and across the beam, mm.
        wave: mm by which the layer's upper border rises and falls.
        interface: dB of the line along that border, above the layer's echo.
    """

    thickness: float
    echo: float = 0.0
    attenuation: float = 0.5
    texture: float = 1.5
    grain: tuple[float, float] = (8.0, 12.0)
    wave: float = 0.0
    interface: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Layers from the probe downwards, and lesions in the coordinates of the scene."""

    layers: tuple[Layer, ...]
    lesions: tuple[Lesion, ...] = ()

    def mask(self, z: _Floats, x: _Floats) -> NDArray[np.bool_]:
        """Return whether points of the scene are in a lesion; the shapes must broadcast."""
        result = np.zeros(np.broadcast_shapes(z.shape, x.shape), dtype=bool)
        for lesion in self.lesions:
            result |= lesion.outline.inside(z, x)
        return result

    def tissue(
        self, geometry: Geometry, r: _Floats, u: _Floats, rng: np.random.Generator
    ) -> tuple[_Floats, _Floats]:
        """Return echo in dB and attenuation in dB/(cm·MHz) along the beams.

        Args:
            geometry: the beams.
            r: float32 [S], mm.
            u: float32 [B].
            rng: source of textures and borders.

        Returns:
            Two float32 [B,S].
        """
        shape = (len(u), len(r))
        echo, attenuation = np.empty(shape, np.float32), np.empty(shape, np.float32)
        base = np.empty(shape, np.float32)
        across = float(np.mean(geometry.span(r))) / 2 * (float(u[-1]) - float(u[0]))
        upper = np.zeros((len(u), 1), np.float32)
        for layer in self.layers:
            grain = (layer.grain[0], layer.grain[1])
            texture = _field(shape, (float(r[-1]), across), grain, rng) * layer.texture
            first = layer is self.layers[0]
            border = upper if first else upper + _wave(len(u), across, layer.wave, rng)
            # Each layer is painted to the bottom; the next one paints over it.
            from_row = int(np.searchsorted(r, border.min()))
            below = r[None, from_row:] >= border
            np.copyto(echo[:, from_row:], layer.echo + texture[:, from_row:], where=below)
            np.copyto(base[:, from_row:], np.float32(layer.echo), where=below)
            np.copyto(attenuation[:, from_row:], np.float32(layer.attenuation), where=below)
            if layer.interface:
                line = below & (r[None, from_row:] < border + np.float32(_INTERFACE_WIDTH))
                echo[:, from_row:][line] = layer.echo + layer.interface
            upper = upper + np.float32(layer.thickness)
        if self.lesions:
            z, x = geometry.to_scene(r[None], u[:, None])
            z, x = np.broadcast_arrays(z, x)
            for lesion in self.lesions:
                _place(lesion, (z, x), echo, base, attenuation)
        return echo, attenuation


def _place(
    lesion: Lesion,
    points: tuple[_Floats, _Floats],
    echo: _Floats,
    base: _Floats,
    attenuation: _Floats,
) -> None:
    """Change echo and attenuation within a lesion."""
    z, x = points
    outline = lesion.outline
    reach = outline.reach
    near = np.abs(z - outline.depth) <= reach
    near &= np.abs(x - outline.lateral) <= reach
    index = np.flatnonzero(near)
    level = outline.level(z.ravel()[index], x.ravel()[index])
    within = level <= 1
    index, level = index[within], level[within]
    if not index.size:
        return
    inside = np.unravel_index(index, z.shape)
    own = (echo[inside] - base[inside]) * np.float32(lesion.texture)
    # Use one surrounding tissue, although the lesion may lie across a border of layers.
    host = np.float32(np.median(base[inside]))
    echo[inside] = host + own + lesion.paint(z[inside], x[inside], level)
    if lesion.attenuation is not None:
        attenuation[inside] = lesion.attenuation


def _field(
    shape: tuple[int, int],
    extent: tuple[float, float],
    grain: tuple[float, float],
    rng: np.random.Generator,
) -> _Floats:
    """Return a smooth random field, float32 [B,S] of variance about 1; extent and grain along,
    across."""
    along = max(2, math.ceil(extent[0] / grain[0])) + 3
    across = max(2, math.ceil(extent[1] / grain[1])) + 3
    coarse = rng.standard_normal((across, along), dtype=np.float32)
    # Cubic interpolation between independent values has less variance than the values.
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) * 1.4
    return np.asarray(smooth, np.float32)


def _wave(beams: int, across: float, height: float, rng: np.random.Generator) -> _Floats:
    """Return the rise and fall of a border, float32 [B,1], mm."""
    if not height:
        return np.zeros((beams, 1), np.float32)
    return _field((beams, 1), (_WAVE, across), (_WAVE, _WAVE), rng) * np.float32(height)
