"""The settings in use, chosen as described in `docs/interaction.md`."""

from __future__ import annotations

from worker.interactive.settings import (
    BoxSettings,
    BoxWeights,
    NewSettings,
    RefineSettings,
    ScribbleWeights,
)
from worker.pipeline.settings import CrfSettings

REFINE = RefineSettings(
    weights=ScribbleWeights(
        bias=-1.037,
        label=-0.167,
        network=0.3,
        contrast=0.723,
        distance=1.682,
        length=0.675,
        depth=0.041,
    ),
    reach=2.85,
    crf=CrfSettings(
        engine="grid",
        iterations=5,
        appearance_weight=3.0,
        appearance_sigma_xy=5.9,
        appearance_sigma_intensity=15.0,
        smoothness_weight=1.1,
    ),
)

BOX = BoxSettings(
    weights=BoxWeights(
        bias=4.246,
        near=0.382,
        near_level=0.274,
        frame=0.422,
        frame_level=0.342,
        prompt=2.0,
        radius=1.761,
        radius_squared=1.808,
    ),
)

NEW = NewSettings()
