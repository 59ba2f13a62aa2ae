"""The point-spread function of a transducer: the pulse along the beam, the beam's width across.

Along the beam: a Gaussian pulse on its carrier, the two-way response of a transducer of that
fractional bandwidth. Across: the product of two Gaussians, one for each direction. The transmitted
beam is as wide as wavelength times f-number at its focus and widens away from it; the received beam
has that width at every depth, since receivers focus dynamically (Szabo, Diagnostic
Ultrasound Imaging, 2nd ed. 2014, chapters 6 and 7). Point-spread functions of this separable form:
Bamber & Dickinson, "Ultrasonic B-scanning: a computer simulation", Phys. Med. Biol. 25 (1980) 463.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

SPEED_OF_SOUND = 1.54
"""mm/µs in soft tissue."""
FWHM = 2 * math.sqrt(2 * math.log(2))
"""Full width at half maximum of a Gaussian with σ = 1; in amplitude, the -6 dB width."""
_FOCAL_DEPTH = 7.1
"""Length of the focus in wavelengths times f-number squared (Szabo, section 6.6.4)."""


@dataclass(frozen=True)
class Transducer:
    """An array as it appears in its images.

    Attributes:
        frequency: carrier frequency, MHz.
        bandwidth: two-way, at -6 dB, as a share of the frequency.
        f_number: of the transmitted and of the received beam.
        focus: focus of the transmitted beam, mm from the probe's face.
    """

    frequency: float
    bandwidth: float = 0.6
    f_number: float = 2.0
    focus: float = 40.0

    def __post_init__(self) -> None:
        if not (self.frequency > 0 and self.f_number > 0 and self.focus > 0):
            raise ValueError("frequency, f-number and focus of a transducer are positive")
        if not 0 < self.bandwidth <= 0.7:  # above, the spectrum reaches 0 Hz
            raise ValueError("the bandwidth of a transducer is above 0 and at most 0.7")

    @property
    def wavelength(self) -> float:
        """Wavelength, mm."""
        return SPEED_OF_SOUND / self.frequency

    @property
    def carrier(self) -> float:
        """Cycles of the echo per mm of range; twice those of the wave, which travels both ways."""
        return 2 / self.wavelength

    @property
    def axial_sigma(self) -> float:
        """Standard deviation of the pulse's envelope along the range, mm."""
        return FWHM / (2 * math.pi * self.bandwidth * self.carrier)

    def pulse(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the echo of a point at range 0, at ranges r in mm; 1 at the carrier."""
        envelope = np.exp(-0.5 * (r / self.axial_sigma) ** 2)
        return envelope * np.cos(2 * math.pi * self.carrier * r)

    def spectrum(self, cycles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pulse's spectrum at positive frequencies, cycles per mm; 1 at the carrier."""
        width = self.bandwidth * self.carrier / FWHM
        return np.exp(-0.5 * ((cycles - self.carrier) / width) ** 2)

    def lateral_sigma(self, r: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the standard deviation of the two-way amplitude across the beam, mm, at r mm."""
        received = self.wavelength * self.f_number / FWHM
        half_depth = _FOCAL_DEPTH * self.wavelength * self.f_number**2 / 2
        off = (r - np.float32(self.focus)) / np.float32(half_depth)
        widened = 1 + off * off  # of the transmitted beam's variance
        return cast(NDArray[np.float32], np.float32(received) * np.sqrt(widened / (1 + widened)))
