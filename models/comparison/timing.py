"""The time that a method takes on the CPU, measured separately on a few images.

It is not measured while the figures are computed, which may run for hours beside other work.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.data.samples import Sample
from models.evaluation.per_image import evaluate_samples
from worker.pipeline import Network, PipelineSettings

IMAGES = 20
"""Number of measured images, evenly spread over the list."""
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians per image, ms."""

    network_ms: float
    """Time in the network or method."""
    total_ms: float
    """Time in decoding and the whole pipeline."""
    images: int
    processor: str
    day: str
    """ISO 8601 date of the measurement."""

    @classmethod
    def of(cls, samples: Sequence[Sample], network: Network, settings: PipelineSettings) -> Timing:
        """Run some of the samples through the pipeline; the first twice, to warm up.

        Raises:
            DataError: a sample cannot be read.
        """
        places = np.unique(np.linspace(0, len(samples) - 1, min(IMAGES, len(samples))).round())
        chosen = [samples[int(place)] for place in places]
        results = evaluate_samples([chosen[0], *chosen], network, settings)[1:]
        return cls(
            network_ms=float(np.median([r.network_seconds for r in results])) * 1000,
            total_ms=float(np.median([r.seconds for r in results])) * 1000,
            images=len(results),
            processor=processor(),
            day=datetime.now(UTC).date().isoformat(),
        )


def processor() -> str:
    """Return the processor's name as reported by the system."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
