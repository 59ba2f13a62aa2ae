"""The frozen settings of the pipeline.

Every length is given in pixels of the *network input*, not of the frame: a frame of 400 px and one
of 1024 px of the same anatomy are then treated alike, and a value tuned on one data set means the
same on another. The pipeline scales them to the frame (`FitSize.frame_px`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from worker.pipeline.card import ModelCard

CrfEngineName = Literal["grid", "pydensecrf", "none"]
TtaName = Literal["none", "flip"]


class CrfSettings(BaseModel):
    """Fully connected CRF with Potts compatibility (Krähenbühl & Koltun, 2011).

    The default weights and widths are those of DeepLab's published CRF, rescaled to the network
    input; a model card has the tuned ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: CrfEngineName = "none"
    """The implementation to run; `none` leaves the network's probabilities unchanged."""
    iterations: int = Field(default=5, ge=1, le=50)
    """Mean-field updates."""
    appearance_weight: float = Field(default=4.0, ge=0)
    """Weight of the kernel over position and intensity."""
    appearance_sigma_xy: float = Field(default=30.0, gt=0)
    """Its spatial width, px of the network input."""
    appearance_sigma_intensity: float = Field(default=10.0, gt=0)
    """Its width in grey levels (0..255)."""
    smoothness_weight: float = Field(default=3.0, ge=0)
    """Weight of the kernel over position alone."""
    smoothness_sigma_xy: float = Field(default=2.0, gt=0)
    """Its spatial width, px of the network input."""


class MorphologySettings(BaseModel):
    """Cleaning of the binary mask; 0 or False turns a step off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    """False skips all the steps below."""
    opening_radius: float = Field(default=0.0, ge=0, le=64)
    """Radius of the opening's disc, px of the network input."""
    fill_holes: bool = True
    """Fill background that a lesion encloses."""
    min_area_fraction: float = Field(default=0.001, ge=0, le=1)
    """Objects below this share of the effective area are removed."""
    min_area_mm2: float = Field(default=0.0, ge=0)
    """Objects below this area are removed if the pixel spacing is known."""


class PipelineSettings(BaseModel):
    """All settings that determine the pipeline's result for a frame and a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.5, gt=0, lt=1)
    """A pixel belongs to a lesion if its probability is at least this."""
    crop: bool = True
    """Find the effective area (the sector) and look only there."""
    denoise_sigma: float = Field(default=0.0, ge=0, le=16)
    """Width of the Gaussian low-pass, px of the network input; 0 is off (Li et al. 2021 use 2)."""
    tta: TtaName = "none"
    """Test-time augmentation: `flip` averages the logits of the image and of its mirror image,
    for twice the network's time."""
    crf: CrfSettings = CrfSettings()
    morphology: MorphologySettings = MorphologySettings()

    @classmethod
    def for_card(cls, card: ModelCard) -> PipelineSettings:
        """The settings that the model's card recommends."""
        return card.pipeline
