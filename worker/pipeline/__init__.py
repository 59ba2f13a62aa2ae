"""The pipeline: one pure function over arrays, from a decoded frame to lesions."""

from worker.pipeline.card import (
    Architecture,
    Calibration,
    InputSpec,
    ModelCard,
    ModelError,
    file_sha256,
)
from worker.pipeline.network import FitSize, Network, fit_size
from worker.pipeline.settings import CrfSettings, MorphologySettings, PipelineSettings
from worker.pipeline.zoo import FoundModel, find_model, find_models, load_default, model_roots

__all__ = [
    "Architecture",
    "Calibration",
    "CrfSettings",
    "FitSize",
    "FoundModel",
    "InputSpec",
    "ModelCard",
    "ModelError",
    "MorphologySettings",
    "Network",
    "PipelineSettings",
    "file_sha256",
    "find_model",
    "find_models",
    "fit_size",
    "load_default",
    "model_roots",
]
