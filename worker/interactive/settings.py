"""Settings for the reach of scribbles and the filling of boxes.

The numbers were chosen on one half of the validation folds; see `docs/interaction.md`. Lengths are
in px of the network input (a frame counts as 256 × 256 px there), as in the pipeline's settings.
"""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field

from worker.pipeline.settings import CrfSettings

UNIT_AREA = 65_536


def frame_unit(height: int, width: int) -> float:
    """Px of the frame per px of the network input."""
    return math.sqrt(height * width / UNIT_AREA)


class ScribbleWeights(BaseModel):
    """Weights of the log-odds that a pixel is wrong in the same way as a scribble's.

    With the scribble's label y (1 or -1), its depth s in the wrong label, its distance d to the
    pixel and the network's logit L, relative to the level halfway between the lesion and its
    surroundings:

        bias + label y + network y L + contrast y (L - L_scribble)
             - distance log(d / s + 0.2) + length (len / s) + depth s

    The network counts where it disagrees with the mask; where its logits are flat, the distance and
    the CRF's image decide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    label: float
    network: float
    contrast: float
    distance: float
    length: float
    depth: float


class RefineSettings(BaseModel):
    """All settings of scribbles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: ScribbleWeights
    logit_limit: float = Field(default=6.0, gt=0)
    """The network's logits are clipped to this, so that any of its answers can be overruled."""
    reach: float = Field(default=3.0, gt=0)
    """A scribble changes nothing further away than this many of its depths, …"""
    reach_margin: float = Field(default=4.0, ge=0)
    """… plus this length."""
    deepest: float = Field(default=30.0, gt=0)
    """A scribble's depth is capped at this, …"""
    most_added: float = Field(default=0.25, gt=0)
    """… at this share of the square root of the lesion's area if it adds, …"""
    most_removed: float = Field(default=0.15, gt=0)
    """… and at this share if it removes: most of a lesion is usually right."""
    lone_depth: float = Field(default=16.0, gt=0)
    """The depth of a scribble if there is no lesion yet."""
    crf: CrfSettings
    least_part: float = Field(default=0.05, ge=0, le=1)
    """A part that was cut off is dropped if it is below this share of the lesion."""


class BoxWeights(BaseModel):
    """Weights of the log-odds of lesion inside a box.

    With the network's logits N of the box with its surroundings and F of the whole frame, their
    means n and f over the box, the logits P of the prompt network, and the distance r from the
    box's centre (1 at the middle of each side):

        bias + near N - near_level n + frame F - frame_level f + prompt P
             - radius r - radius_squared r²

    If the networks are uninformative inside, N - n, F - f and P are flat, and an ellipse in the box
    remains.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    near: float
    near_level: float
    frame: float
    frame_level: float
    prompt: float
    radius: float
    radius_squared: float


class BoxSettings(BaseModel):
    """All settings of boxes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: BoxWeights
    padding: float = Field(default=0.5, ge=0)
    """Surroundings shown to the network on each side, as a share of the box's longer side."""
    prompt_padding: float = Field(default=0.35, ge=0)
    """Surroundings shown to the prompt network, as in its training."""
    logit_limit: float = Field(default=8.0, gt=0)
    least_share: float = Field(default=0.25, ge=0, le=1)
    """Least share of the box's ellipse; below it the prompt network found no lesion and its answer
    is ignored.
    """


class NewSettings(BaseModel):
    """All settings of clicks and strokes outside all outlines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: float = 0.15
    """Weight of the segmentation network's logits of the whole frame, relative to the prompt
    network's.
    """
    padding: float = Field(default=0.35, ge=0)
    """Surroundings added to the first run's result for the second run, as a share of its longer
    side.
    """
    least_share: float = Field(default=1e-4, ge=0, le=1)
    """Share of the frame; anything smaller is not a lesion."""
    logit_limit: float = Field(default=8.0, gt=0)
