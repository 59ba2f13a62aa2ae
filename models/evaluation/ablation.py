"""Pipeline settings with one stage changed or left out."""

from __future__ import annotations

from typing import Any

from worker.pipeline import (
    PipelineSettings,
)
from worker.pipeline.settings import CrfEngineName, TtaName


def ablated(
    settings: PipelineSettings,
    *,
    crf: CrfEngineName | None = None,
    morphology: bool = True,
    denoise: bool = True,
    tta: TtaName | None = None,
) -> PipelineSettings:
    """Return the settings with another CRF engine or augmentation, or without some stages."""
    changes: dict[str, Any] = {}
    if crf is not None:
        changes["crf"] = settings.crf.model_copy(update={"engine": crf})
    if not morphology:
        changes["morphology"] = settings.morphology.model_copy(update={"enabled": False})
    if not denoise:
        changes["denoise_sigma"] = 0.0
    if tta is not None:
        changes["tta"] = tta
    return settings.model_copy(update=changes)
