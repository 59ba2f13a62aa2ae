"""Fully connected CRF with Potts compatibility for two labels on grey images."""

from worker.pipeline.crf.potts import (
    CrfUnavailableError,
    PottsEngine,
    PottsParameters,
    engine,
    unary_logits,
)

__all__ = ["CrfUnavailableError", "PottsEngine", "PottsParameters", "engine", "unary_logits"]
