"""The settings that the product runs with, chosen as `docs/interaction.md` tells."""

from __future__ import annotations

from worker.interactive.settings import BoxSettings, BoxWeights, RefineSettings, ScribbleWeights
from worker.pipeline.settings import CrfSettings

REFINE = RefineSettings(
    weights=ScribbleWeights(
        bias=-0.815,
        label=-0.1,
        network=0.367,
        contrast=0.778,
        distance=1.456,
        length=0.725,
        depth=-0.041,
    ),
    reach=2.85,
    crf=CrfSettings(
        engine="grid",
        iterations=5,
        appearance_weight=2.68,
        appearance_sigma_xy=5.06,
        appearance_sigma_intensity=12.81,
        smoothness_weight=1.09,
    ),
)

BOX = BoxSettings(
    weights=BoxWeights(
        bias=4.246,
        near=0.382,
        near_level=0.274,
        frame=0.422,
        frame_level=0.342,
        radius=1.761,
        radius_squared=1.808,
    ),
    crf=CrfSettings(
        engine="grid",
        iterations=5,
        appearance_weight=2.0,
        appearance_sigma_xy=8.0,
        appearance_sigma_intensity=6.0,
        smoothness_weight=1.0,
    ),
)
