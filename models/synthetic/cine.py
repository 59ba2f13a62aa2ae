"""A cine of one scene: tissue that moves under the probe, with the mask of every frame.

Breathing and the hand move all tissue; the lesion also moves slightly by itself and changes size,
as when the scan plane slides over it. Scatterers move with the tissue, to the nearest sample, and a
share of them is new in every frame: speckle decorrelates as between planes with decreasing overlap
(Chen et al., "Determination of scan-plane motion using speckle
decorrelation", Int. J. Imaging Syst. Technol. 8 (1997) 38).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.geometry import Geometry, Placement
from models.synthetic.lesion import Lesion
from models.synthetic.organs import ORGANS, random_lesion
from models.synthetic.scan import displayed, heard
from models.synthetic.scene import Scene
from models.synthetic.speckle import RATE, BeamGrid, scatterers

_Floats = NDArray[np.float32]
_AROUND = 1.6
"""The lesion's own motion is full within its reach and zero beyond this multiple of it."""


@dataclass(frozen=True)
class Motion:
    """Motion of tissue. Lengths are amplitudes in mm.

    Attributes:
        period: frames per breath.
        breath: down and up, with the breath.
        hand: sideways, over one and a half breaths.
        own: the lesion relative to the tissue around it, sideways.
        swelling: share by which the lesion's size changes in either direction.
        kept: correlation of the scatterers from one frame to the next.
    """

    period: float = 30.0
    breath: float = 2.0
    hand: float = 1.5
    own: float = 0.7
    swelling: float = 0.15
    kept: float = 0.97

    def source(self, z: _Floats, x: _Floats, index: int, lesion: Lesion) -> tuple[_Floats, _Floats]:
        """Return the position in the scene, mm, of the tissue at (z, x) in a frame."""
        turn = 2 * math.pi * index / self.period
        z = z - np.float32(self.breath * math.sin(turn))
        x = x - np.float32(self.hand * math.sin(turn / 1.5))
        outline = lesion.outline
        dz, dx = z - np.float32(outline.depth), x - np.float32(outline.lateral)
        reach = np.float32(outline.reach)
        near = np.clip((_AROUND - np.hypot(dz, dx) / reach) / (_AROUND - 1), 0, 1)
        near = near * near * (3 - 2 * near)
        size = 1 + near * np.float32(self.swelling * math.sin(1.3 * turn))
        slid = near * np.float32(self.own * math.sin(0.8 * turn))
        return outline.depth + dz / size, outline.lateral + (dx - slid) / size


@dataclass(frozen=True)
class SyntheticCine:
    """Frames of one moving lesion.

    Attributes:
        frames: uint8 [N,H,W].
        masks: bool [N,H,W].
        placement: position of the scene, with the spacing in mm.
    """

    frames: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    placement: Placement


def random_cine(
    organ: str,
    seed: int,
    count: int,
    motion: Motion | None = None,
    *,
    height: int = 480,
    width: int = 640,
) -> SyntheticCine:
    """Simulate a cine of an organ with one lesion in the middle of the view.

    Args:
        organ: a key of ORGANS.
        seed: seed of all random numbers.
        count: number of frames.
        motion: motion of the tissue.
        height, width: size of the frames, px.
    """
    what, motion = ORGANS[organ], motion or Motion()
    rng = np.random.default_rng([seed, *organ.encode()])
    size = rng.uniform(*what.size)
    depth = float(np.mean(what.region))
    kind = str(rng.choice(what.kinds))
    lesion = random_lesion(kind, depth, rng.uniform(-0.3, 0.3) * size, size, rng)
    margin = round(0.05 * height)
    box = (margin, margin, height - 2 * margin, width - 2 * margin)
    placement = Placement.centred(what.geometry, height, width, box)
    display = replace(what.display, white=what.display.white - rng.uniform(-3, 3))
    scene, grid = Scene(what.layers, (lesion,)), BeamGrid.sampling(what.geometry, what.transducer)
    still = scene.tissue(what.geometry, grid.r, grid.u, rng)
    strengths = [scatterers(grid, None, rng) for _ in range(display.looks)]
    z, x = (np.ascontiguousarray(a) for a in np.broadcast_arrays(*placement.scene()))
    frames, masks = [], []
    for index in range(count):
        rows, columns = _moved(what.geometry, grid, motion, index, lesion)
        tissue = tuple(_sampled(one, rows, columns) for one in still)
        moved = (_nearest(one, rows, columns) for one in strengths)
        envelope = heard(
            (tissue[0], tissue[1]), moved, what.layers, grid, what.transducer, display, rng
        )
        pixels, sector = displayed(envelope, what.geometry, grid, placement, display)
        frames.append(pixels)
        masks.append(scene.mask(*motion.source(z, x, index, lesion)) & sector)
        strengths = [_renewed(one, motion.kept, rng) for one in strengths]
    return SyntheticCine(np.stack(frames), np.stack(masks), placement)


def _moved(
    geometry: Geometry, grid: BeamGrid, motion: Motion, index: int, lesion: Lesion
) -> tuple[_Floats, _Floats]:
    """Return the samples of the scene at rest that are heard at each sample now: two float32 [B,S],
    the beam and the sample along it."""
    z, x = geometry.to_scene(grid.r[None], grid.u[:, None])
    z, x = (np.ascontiguousarray(a) for a in np.broadcast_arrays(z, x))
    r, u = geometry.to_beam(*motion.source(z, x, index, lesion))
    step = np.float32(grid.u[1] - grid.u[0])
    return (u - grid.u[0]) / step, r / np.float32(grid.step)


def _sampled(field: _Floats, rows: _Floats, columns: _Floats) -> _Floats:
    found = cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _nearest(strength: _Floats, rows: _Floats, columns: _Floats) -> _Floats:
    """Move white noise to the nearest sample, which keeps it white; it wraps around at the ends,
    like the transform."""
    beams, samples = strength.shape
    fine = np.repeat(columns * RATE, RATE, axis=1)
    for shift in range(1, RATE):
        fine[:, shift::RATE] += shift
    row = np.rint(np.repeat(rows, RATE, axis=1)).astype(np.intp) % beams
    return np.asarray(strength[row, np.rint(fine).astype(np.intp) % samples], np.float32)


def _renewed(strength: _Floats, kept: float, rng: np.random.Generator) -> _Floats:
    fresh = rng.standard_normal(strength.shape, dtype=np.float32)
    return np.float32(kept) * strength + np.float32(math.sqrt(1 - kept * kept)) * fresh
