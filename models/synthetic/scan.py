"""From a scene to the frame that a scanner shows of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.geometry import Geometry, Placement
from models.synthetic.lesion import Lesion
from models.synthetic.scene import Layer, Scene
from models.synthetic.speckle import RATE, BeamGrid, echoes, receiver_noise, scatterers
from models.synthetic.transducer import Transducer

_SILENT = -200.0
"""dB."""
_TO_NATURAL = math.log(10) / 20
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Display:
    """The scanner's processing from the envelope to grey levels.

    Attributes:
        dynamic_range: dB between black and white.
        white: dB above the reference echo that are shown white.
        noise: dB of the receiver's noise at the lower end of the beams, after gain; it is lower
            above, where time-gain compensation is smaller.
        looks: number of independent speckle envelopes to average, as in spatial compounding.
        black: grey level of tissue without any echo; 0 is beyond the beams.
    """

    dynamic_range: float = 60.0
    white: float = 26.0
    noise: float = -30.0
    looks: int = 1
    black: int = 8


@dataclass(frozen=True)
class SyntheticImage:
    """A frame and its known content.

    Attributes:
        pixels: uint8 [H,W], or [H,W,3] RGB with coloured furniture.
        mask: bool [H,W], the part of the lesions within the sector.
        sector: bool [H,W], where echoes are.
        sector_box: (top, left, height, width) of the sector, px.
        placement: position of the scene, with the spacing in mm.
        lesions: the lesions as specified, in mm.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    sector: NDArray[np.bool_]
    sector_box: tuple[int, int, int, int]
    placement: Placement
    lesions: tuple[Lesion, ...] = ()


def scan(
    scene: Scene,
    transducer: Transducer,
    geometry: Geometry,
    placement: Placement,
    display: Display | None = None,
    *,
    density: float | None = None,
    seed: int = 0,
) -> SyntheticImage:
    """Return the grey frame of a scene.

    The same arguments give the same pixels, whatever the number of threads.

    Args:
        scene: tissue and lesions.
        transducer: pulse and beam.
        geometry: the beams.
        placement: position of the scene in the frame.
        display: dynamic range and gain.
        density: scatterers per mm²; None for fully developed speckle everywhere.
        seed: seed of textures, scatterers and noise.
    """
    display = display or Display()
    grid = BeamGrid.sampling(geometry, transducer)
    envelope = envelope_of(scene, transducer, geometry, grid, display, density=density, seed=seed)
    pixels, sector = displayed(envelope, geometry, grid, placement, display)
    z, x = placement.scene()
    return SyntheticImage(
        pixels,
        scene.mask(z, x) & sector,
        sector,
        _bounds(sector),
        placement,
        scene.lesions,
    )


def displayed(
    envelope: _Floats, geometry: Geometry, grid: BeamGrid, placement: Placement, display: Display
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the frame of an envelope, uint8 [H,W], and where its echoes are, bool [H,W]."""
    z, x = placement.scene()
    r, u = geometry.to_beam(*(np.ascontiguousarray(a) for a in np.broadcast_arrays(z, x)))
    half_pixel = np.float32(placement.spacing / 2)
    sector = (r >= -half_pixel) & (r <= geometry.depth + half_pixel) & (np.abs(u) <= 1)
    grey = compress(_smoothed(envelope, placement.spacing / grid.step), display)
    across = (u + 1) / np.float32(2 / (len(grid.u) - 2 * grid.padding - 1)) + grid.padding
    sampled = cv2.remap(
        grey,
        np.clip(r / np.float32(grid.step), 0, grid.shown - 1),
        across,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    pixels = np.clip(np.rint(sampled), display.black, 255).astype(np.uint8)
    pixels[~sector] = 0
    return pixels, sector


def envelope_of(
    scene: Scene,
    transducer: Transducer,
    geometry: Geometry,
    grid: BeamGrid,
    display: Display,
    *,
    density: float | None = None,
    seed: int = 0,
) -> _Floats:
    """Return the envelope along all beams, float32 [B,S]; root mean square 1 at an echo of 0 dB."""
    # One generator per purpose: more looks or other tissue leave the rest of a seed unchanged.
    texture, noise, *looks = (
        np.random.default_rng(source)
        for source in np.random.SeedSequence(seed).spawn(2 + display.looks)
    )
    tissue = scene.tissue(geometry, grid.r, grid.u, texture)
    strengths = (scatterers(grid, density, look) for look in looks)
    return heard(tissue, strengths, scene.layers, grid, transducer, display, noise)


def heard(
    tissue: tuple[_Floats, _Floats],
    strengths: Iterable[_Floats],
    layers: tuple[Layer, ...],
    grid: BeamGrid,
    transducer: Transducer,
    display: Display,
    noise: np.random.Generator,
) -> _Floats:
    """Return the envelope of scatterers in tissue, float32 [B,S].

    Args:
        tissue: echo in dB and attenuation in dB/(cm·MHz), float32 [B,S] each.
        strengths: scatterer strengths, float32 [B, RATE·S], for each of the display's looks.
        layers: layers that time-gain compensation is set for.
        noise: source of the receiver's noise.
    """
    echo, attenuation = tissue
    decibels = echo + net_gain(attenuation, layers, grid, transducer.frequency)
    # The ends of the beams wrap around to the face; they get the level at the face.
    decibels[:, -grid.wrapped :] = decibels[:, :1]
    amplitude = np.repeat(np.exp(decibels * np.float32(_TO_NATURAL)), RATE, axis=1)
    loss = _path_loss(layers, grid) * transducer.frequency
    floor = np.exp((display.noise + loss - loss[grid.shown - 1]) * np.float32(_TO_NATURAL))
    total = np.zeros(grid.shape, np.float32)
    for strength in strengths:
        signal = echoes(strength * amplitude, grid, transducer)
        total += np.abs(signal + receiver_noise(grid, floor, noise))
    return total / np.float32(display.looks)


def net_gain(
    attenuation: _Floats, layers: tuple[Layer, ...], grid: BeamGrid, frequency: float
) -> _Floats:
    """Return the net gain, dB [B,S], after time-gain compensation for the layers' attenuation.

    It is zero in plain tissue, positive behind a lesion that absorbs little, and negative behind
    one that absorbs much.

    Args:
        attenuation: float32 [B,S], dB/(cm·MHz), one way.
        layers: layers that the compensation is set for.
        grid: grid of the envelope.
        frequency: MHz.
    """
    centimetres = np.float32(grid.step / 10)
    lost = np.cumsum(attenuation, axis=1, dtype=np.float32) * (2 * centimetres)
    return (_path_loss(layers, grid)[None] - lost) * np.float32(frequency)


def compress(envelope: _Floats, display: Display) -> _Floats:
    """Return log-compressed grey levels, float32, 255 at `white` and 0 a dynamic range below."""
    decibels = np.log10(np.maximum(envelope, 10 ** (_SILENT / 20))) * np.float32(20)
    share = (decibels - np.float32(display.white)) / np.float32(display.dynamic_range) + 1
    return cast(_Floats, np.clip(share, 0, 1) * np.float32(255))


def _path_loss(layers: tuple[Layer, ...], grid: BeamGrid) -> _Floats:
    """Return the two-way loss through the layers without waves, dB/MHz [S]."""
    borders = np.cumsum([layer.thickness for layer in layers[:-1]])
    which = np.searchsorted(borders, grid.r, side="right")
    attenuation = np.array([layer.attenuation for layer in layers], np.float32)[which]
    return np.cumsum(attenuation, dtype=np.float32) * np.float32(2 * grid.step / 10)


def _smoothed(envelope: _Floats, samples: float) -> _Floats:
    """Average along the beam over the samples within a pixel, so that none is skipped."""
    whole = int(samples)
    if whole < 2:
        return envelope
    return np.asarray(cv2.blur(envelope, (whole, 1), borderType=cv2.BORDER_REPLICATE), np.float32)


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) of the set pixels; all 0 if there are none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return 0, 0, 0, 0
    top, left = int(rows[0]), int(columns[0])
    return top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
