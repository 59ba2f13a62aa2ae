"""ResNet encoders with dilated last stages.

He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), table 1, with the stride of
a bottleneck on its 3×3 convolution. Parameters are named and shaped as in torchvision and timm,
so their weights fit.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from models.architectures.encoder import Encoder, Features, require_output_stride

_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_STD = (58.395, 57.12, 57.375)


class _Block(nn.Module):
    """A residual block; subclasses create the layers of the branch."""

    expansion: ClassVar[int]
    downsample: nn.Module | None

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def branch(self, features: Tensor) -> Tensor:
        """Return the residual branch: [N,C,H,W] to add to the identity."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> Tensor:
        identity = features if self.downsample is None else self.downsample(features)
        out: Tensor = self.relu(self.branch(features) + identity)
        return out


class BasicBlock(_Block):
    """Two 3×3 convolutions."""

    expansion = 1

    def __init__(
        self, inputs: int, channels: int, stride: int, first_dilation: int, dilation: int
    ) -> None:
        super().__init__(inputs, channels, stride)
        self.conv1 = _conv3(inputs, channels, stride, first_dilation)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = _conv3(channels, channels, 1, dilation)
        self.bn2 = nn.BatchNorm2d(channels)

    def branch(self, features: Tensor) -> Tensor:
        hidden = self.relu(self.bn1(self.conv1(features)))
        out: Tensor = self.bn2(self.conv2(hidden))
        return out


class Bottleneck(_Block):
    """1×1 down to a quarter, 3×3, 1×1 up."""

    expansion = 4

    def __init__(
        self, inputs: int, channels: int, stride: int, first_dilation: int, dilation: int
    ) -> None:
        outputs = channels * self.expansion
        super().__init__(inputs, outputs, stride)
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = _conv3(channels, channels, stride, first_dilation)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)

    def branch(self, features: Tensor) -> Tensor:
        hidden = self.relu(self.bn1(self.conv1(features)))
        hidden = self.relu(self.bn2(self.conv2(hidden)))
        out: Tensor = self.bn3(self.conv3(hidden))
        return out


LAYOUTS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
}
"""Block and blocks per stage, by depth."""


class ResNet(Encoder):
    """The convolutional trunk; strides beyond `output_stride` are replaced by dilation.

    The first block of a dilated stage still has the dilation of the previous stage, which produced
    its input (Yu et al., "Dilated Residual Networks", CVPR 2017).

    Args:
        depth: 18, 34, 50 or 101.
        output_stride: 8, 16 or 32.
        width: scales every channel count.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, depth: int = 50, output_stride: int = 16, width: float = 1.0) -> None:
        super().__init__()
        require_output_stride(output_stride)
        self.output_stride = output_stride
        block, counts = LAYOUTS[depth]
        channels = max(8, round(64 * width))
        self.register_buffer(
            "mean", torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False
        )
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs, reached, dilation = channels, 4, 1
        for number, count in enumerate(counts):
            stride, first_dilation = (1 if number == 0 else 2), dilation
            if reached * stride > output_stride:
                dilation, stride = dilation * stride, 1
            reached *= stride
            planes = channels * 2**number
            outputs = planes * block.expansion
            blocks: list[nn.Module] = [block(inputs, planes, stride, first_dilation, dilation)]
            blocks += [block(outputs, planes, 1, dilation, dilation) for _ in range(count - 1)]
            self.add_module(f"layer{number + 1}", nn.Sequential(*blocks))
            inputs = outputs
        self.fine_channels = channels * block.expansion
        self.coarse_channels = inputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> Features:
        features = self.relu(self.bn1(self.conv1((image - self.mean) / self.std)))
        fine = self.get_submodule("layer1")(self.maxpool(features))
        coarse = fine
        for number in (2, 3, 4):
            coarse = self.get_submodule(f"layer{number}")(coarse)
        return Features(fine=fine, coarse=coarse)


def _conv3(inputs: int, outputs: int, stride: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(
        inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation, bias=False
    )
