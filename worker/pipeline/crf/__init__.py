"""Fully connected CRF with Potts compatibility on grey images."""

from worker.pipeline.crf.potts import (
    CrfUnavailableError,
    LabelsEngine,
    PottsEngine,
    PottsParameters,
    engine,
    labels_engine,
    softmax,
    unary_logits,
)

__all__ = [
    "CrfUnavailableError",
    "LabelsEngine",
    "PottsEngine",
    "PottsParameters",
    "engine",
    "labels_engine",
    "softmax",
    "unary_logits",
]
