"""Echoes of random scatterers, and their envelope, in the coordinates of the beams.

Linear acoustics: the radio-frequency signal is the field of scatterers, weighted by the tissue's
echogenicity, convolved with the point-spread function (Bamber & Dickinson 1980; Jensen, "Field: a
program for simulating ultrasound systems", Med. Biol. Eng. Comput. 34 (1996) 351). Many scatterers
per resolution cell give fully developed speckle, whose envelope is Rayleigh distributed
(Burckhardt, "Speckle in ultrasound B-mode scans", IEEE Trans. Sonics Ultrason. 25 (1978) 1;
Wagner et al., "Statistics of speckle in ultrasound B-scans", ibid. 30 (1983) 156).

Left out: refraction, reverberation, the loss of high frequencies with depth, motion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from models.synthetic.geometry import Geometry
from models.synthetic.transducer import Transducer

RATE = 2
"""Samples of the radio-frequency signal per sample of the envelope."""
_REACH = 4
"""Standard deviations of pulse and beam beyond which a scatterer is not heard."""
_MOST_BEAMS = 768
_MOST_PADDING = 64

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class BeamGrid:
    """Samples of the envelope along all beams, some of them beyond the picture's edges.

    Attributes:
        r: float32 [S], mm; the first is 0.
        u: float32 [B], -1 to 1 for the beams that are shown.
        padding: number of beams on each side that are heard but not shown.
        spacing: float32 [S], mm between beams.
        shown: number of samples that are shown; the rest keeps the ends of the beams apart.
        wrapped: number of samples at the end that are heard at the face, where the transform's
            period begins.
    """

    r: _Floats
    u: _Floats
    padding: int
    spacing: _Floats
    shown: int
    wrapped: int

    @classmethod
    def sampling(cls, geometry: Geometry, transducer: Transducer) -> BeamGrid:
        """Return a grid dense enough for the transducer's band and its narrowest beam width."""
        step = 1 / (2 * transducer.carrier)
        reach = math.ceil(_REACH * transducer.axial_sigma / step)
        shown = max(2, math.ceil(geometry.depth / step) + 1)
        r = np.arange(fft.next_fast_len(shown + 2 * reach), dtype=np.float32) * np.float32(step)
        span = geometry.span(np.minimum(r, np.float32(geometry.depth)))
        # With beams one standard deviation apart, nothing between them is missed.
        gaps = np.ceil(np.max(span / transducer.lateral_sigma(r)))
        beams = int(np.clip(gaps, 8, _MOST_BEAMS - 1)) + 1
        spacing = span / np.float32(beams - 1)
        widest = float(np.max(transducer.lateral_sigma(r) / np.maximum(spacing, 1e-6)))
        padding = min(_MOST_PADDING, math.ceil(_REACH * widest))
        total = fft.next_fast_len(beams + 2 * padding)
        u = (np.arange(total, dtype=np.float32) - padding) * np.float32(2 / (beams - 1)) - 1
        return cls(r, u.astype(np.float32), padding, spacing, shown, reach)

    @property
    def step(self) -> float:
        """Distance between samples, mm."""
        return float(self.r[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the grid: (beams, samples)."""
        return len(self.u), len(self.r)


def scatterers(grid: BeamGrid, density: float | None, rng: np.random.Generator) -> _Floats:
    """Return random reflectors at the radio-frequency rate.

    Args:
        grid: grid of the envelope.
        density: scatterers per mm²; None is the limit of many, with a Gaussian sum.
        rng: source of all randomness.

    Returns:
        float32 [B, RATE·S] of variance 1.
    """
    beams, samples = grid.shape
    strength = rng.standard_normal((beams, RATE * samples), dtype=np.float32)
    if density is None:
        return strength
    area = np.repeat(grid.spacing, RATE) * np.float32(grid.step / RATE)
    expected = np.maximum(density * area, 1e-9)
    number = rng.poisson(expected, strength.shape)
    # A sum of n Gaussian strengths is Gaussian with n times the variance.
    strength *= np.sqrt(number / expected).astype(np.float32)
    return strength


def echoes(weighted: _Floats, grid: BeamGrid, transducer: Transducer) -> NDArray[np.complex64]:
    """Return the analytic signal of weighted scatterers through the point-spread function.

    Convolution with the pulse, the Hilbert transform and taking every second sample are one pass:
    only the signal's positive frequencies, times the pulse's spectrum, are transformed back.

    Args:
        weighted: float32 [B, RATE·S], strengths times amplitudes.
        grid: grid of the envelope.
        transducer: source of pulse and beam.

    Returns:
        complex64 [B,S]; mean square 1 for scatterers of variance 1.
    """
    beams, samples = grid.shape
    cycles = np.arange(samples) / (samples * grid.step)
    pulse = transducer.spectrum(cycles)
    pulse /= math.sqrt(RATE * np.sum(pulse**2) / samples)
    # The analytic signal doubles these frequencies; a transform of half the length halves them.
    spectrum = fft.rfft(weighted, axis=1)[:, :samples] * pulse.astype(np.float32)
    along = fft.ifft(spectrum, axis=1, overwrite_x=True)
    sigma = transducer.lateral_sigma(grid.r) / grid.spacing
    turns = fft.fftfreq(beams).astype(np.float32)[:, None]
    across = np.exp(np.float32(-2 * math.pi**2) * (turns * sigma[None]) ** 2)
    across *= 1 / np.sqrt(np.mean(across**2, axis=0, keepdims=True))
    result = fft.ifft(fft.fft(along, axis=0) * across, axis=0, overwrite_x=True)
    return cast(NDArray[np.complex64], result)


def receiver_noise(
    grid: BeamGrid, level: _Floats, rng: np.random.Generator
) -> NDArray[np.complex64]:
    """Return receiver noise, complex64 [B,S], with the given level (amplitude) at each sample."""
    parts = rng.standard_normal((*grid.shape, 2), dtype=np.float32)
    noise = parts.view(np.complex64)[..., 0]
    return noise * (level / np.float32(math.sqrt(2)))
