"""MobileNetV2 encoder with dilated last stages.

Layer table: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018),
table 2, without the last 1×1 convolution, as DeepLabV3+ uses it (section 6.3 there).
"""

from __future__ import annotations

from models.architectures.inverted_residual import (
    InvertedResidualEncoder,
    Stage,
    scaled_channels,
)

_STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 3, 2, 32, 3),
    Stage(6, 3, 2, 64, 4),
    Stage(6, 3, 1, 96, 3),
    Stage(6, 3, 2, 160, 3),
    Stage(6, 3, 1, 320, 1),
)
_STEM_CHANNELS = 32


class MobileNetV2(InvertedResidualEncoder):
    """The convolutional trunk; `width` scales every channel count to multiples of 8."""

    def __init__(self, width: float = 1.0, output_stride: int = 16) -> None:
        stages = [s._replace(channels=scaled_channels(s.channels, width)) for s in _STAGES]
        super().__init__(scaled_channels(_STEM_CHANNELS, width), stages, output_stride)
