"""The pipeline: one pure function over arrays, from a decoded frame to lesions."""

from worker.pipeline.card import (
    Architecture,
    BrokenModelError,
    Calibration,
    InputSpec,
    ModelCard,
    ModelError,
    file_sha256,
)
from worker.pipeline.crf import CrfUnavailableError, PottsParameters
from worker.pipeline.crop import Sector, find_sector
from worker.pipeline.frame import Frame, Region
from worker.pipeline.lesions import Axis, Lesion
from worker.pipeline.network import FitSize, Network, fit_size
from worker.pipeline.overlay import decode_mask_png, decode_png, encode_mask_png, encode_png
from worker.pipeline.segment import Segmentation, segment
from worker.pipeline.settings import CrfSettings, MorphologySettings, PipelineSettings
from worker.pipeline.site_models import SiteModels
from worker.pipeline.uncertainty import ReasonCode, Uncertainty
from worker.pipeline.zoo import (
    FoundModel,
    find_model,
    find_models,
    load_default,
    model_roots,
)

__all__ = [
    "Architecture",
    "Axis",
    "BrokenModelError",
    "Calibration",
    "CrfSettings",
    "CrfUnavailableError",
    "FitSize",
    "FoundModel",
    "Frame",
    "InputSpec",
    "Lesion",
    "ModelCard",
    "ModelError",
    "MorphologySettings",
    "Network",
    "PipelineSettings",
    "PottsParameters",
    "ReasonCode",
    "Region",
    "Sector",
    "Segmentation",
    "SiteModels",
    "Uncertainty",
    "decode_mask_png",
    "decode_png",
    "encode_mask_png",
    "encode_png",
    "file_sha256",
    "find_model",
    "find_models",
    "find_sector",
    "fit_size",
    "load_default",
    "model_roots",
    "segment",
]
