"""A classical method in the place of a network: the product's pipeline runs it unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.classical.method import Method
from worker.pipeline import (
    Architecture,
    FitSize,
    InputSpec,
    ModelCard,
    Network,
    PipelineSettings,
)
from worker.pipeline.frame import to_grey
from worker.pipeline.network import NetworkOutput

_LOGIT = 8.0
"""Logit of a lesion pixel; the method gives no probability."""
DENOISE_SIGMA = 2.0
"""As in Li et al. 2021; every method here requires smoothed speckle."""


class ClassicalNetwork(Network):
    """The method at the networks' input size, with the same crop, resize, denoising and clean-up.

    Args:
        name: name of the method in METHODS.
        method: the method with its settings.
        area: pixels that the effective area is resized to.
    """

    def __init__(self, name: str, method: Method, area: int = 65536) -> None:
        self.method = method
        self.folder = Path()
        self.domain = None
        described = f"{name} {method.model_dump_json()}"
        self.card = ModelCard(
            name=name,
            version="1.0.0",
            title=method.title,
            intended_use="Baseline of comparisons.",
            created=datetime.now(UTC).date(),
            sha256=hashlib.sha256(described.encode()).hexdigest(),
            architecture=Architecture(
                name=method.title, encoder="none", output_stride=1, parameters=0, macs=0
            ),
            input=InputSpec(area=area, multiple=1),
            pipeline=PipelineSettings(denoise_sigma=DENOISE_SIGMA),
            training={"settings": method.model_dump(mode="json")},
        )

    @property
    def provider(self) -> str:
        """Classical methods run on the CPU."""
        return "classical"

    def run(self, images: Sequence[NDArray[np.uint8]], size: FitSize) -> list[NetworkOutput]:
        """Run as `Network.run` does; logits are plus or minus a constant."""
        padding = (
            (0, size.padded_height - size.height),
            (0, size.padded_width - size.width),
        )
        masks = [self.method.segment(to_grey(image)) for image in images]
        logits = [np.where(mask, np.float32(_LOGIT), np.float32(-_LOGIT)) for mask in masks]
        return [NetworkOutput(np.pad(values, padding, mode="edge")) for values in logits]
