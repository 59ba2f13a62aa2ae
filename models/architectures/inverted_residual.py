"""Encoders made of a stem and rows of inverted residuals: MobileNetV2 and EfficientNet-Lite.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018), section 3.
Padding is static and symmetric, so that a graph exported with dynamic height and width gives the
same results as PyTorch at every size; TensorFlow's SAME padding depends on the input's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from models.architectures.depthwise import DepthwiseConv2d
from models.architectures.encoder import Encoder, Features, require_output_stride

_NORM_EPSILON = 1e-3
_PIXEL_MEAN = 127.0
_PIXEL_SCALE = 128.0


class Stage(NamedTuple):
    """One row of a layer table."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    blocks: int


class ConvNorm(nn.Sequential):
    """Convolution without bias, batch norm, and ReLU6 unless `activate` is false."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        activate: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride=stride, padding=(kernel - 1) // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs, eps=_NORM_EPSILON)
        if activate:
            self.activation = nn.ReLU6(inplace=True)


class DepthwiseNorm(nn.Sequential):
    """Depthwise convolution, batch norm and ReLU6."""

    def __init__(self, channels: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = DepthwiseConv2d(channels, kernel, stride=stride, dilation=dilation)
        self.norm = nn.BatchNorm2d(channels, eps=_NORM_EPSILON)
        self.activation = nn.ReLU6(inplace=True)


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; with a skip where input and output have the same shape."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, expansion: int, stride: int, dilation: int
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden) if expansion > 1 else nn.Identity()
        self.depthwise = DepthwiseNorm(hidden, kernel, stride=stride, dilation=dilation)
        self.project = ConvNorm(hidden, outputs, activate=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.project(self.depthwise(self.expand(features)))
        return features + out if self.residual else out


class InvertedResidualEncoder(Encoder):
    """A stem of stride 2 and the rows of a table, strides beyond `output_stride` dilated."""

    def __init__(self, stem_channels: int, stages: Sequence[Stage], output_stride: int) -> None:
        super().__init__()
        require_output_stride(output_stride)
        self.output_stride = output_stride
        channels = stem_channels
        self.stem = ConvNorm(3, channels, 3, stride=2)
        blocks: list[nn.Module] = []
        reached, dilation = 2, 1
        self._fine_block = 0
        for stage in stages:
            stride = stage.stride
            if reached * stride > output_stride:
                dilation, stride = dilation * stride, 1
            reached *= stride
            for index in range(stage.blocks):
                blocks.append(
                    InvertedResidual(
                        channels,
                        stage.channels,
                        stage.kernel,
                        stage.expansion,
                        stride if index == 0 else 1,
                        dilation,
                    )
                )
                channels = stage.channels
            if reached == 4:
                self._fine_block = len(blocks) - 1
                self.fine_channels = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.coarse_channels = channels

    def begin(self, image: Tensor) -> Tensor:
        """Return the stem's features [N,C,H/2,W/2]."""
        features: Tensor = self.stem((image - _PIXEL_MEAN) / _PIXEL_SCALE)
        return features

    def forward(self, image: Tensor) -> Features:
        features = self.begin(image)
        fine = features
        for index, block in enumerate(self.blocks):
            features = block(features)
            if index == self._fine_block:
                fine = features
        return Features(fine=fine, coarse=features)


def scaled_channels(channels: int, width: float) -> int:
    """Return channels times `width`, rounded to a multiple of 8."""
    return channels if width == 1.0 else max(8, round(channels * width / 8) * 8)
