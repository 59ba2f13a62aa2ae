"""DeepLabV3+ for one foreground class.

Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation"
(ECCV 2018), on an EfficientNet-Lite encoder. Two departures: the atrous rates suit feature maps
of 16×16 (a 256×256 input at output stride 16), where the paper's 18 would see only padding; and
the image-level branch is added after the projection instead of being tiled and concatenated,
which is the same linear map without a size-dependent Expand in the exported graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.efficientnet_lite import ConvNorm, EfficientNetLite

INPUT_MULTIPLE = 32
_PIXEL_MEAN = 127.0
_PIXEL_SCALE = 128.0
_SKIP_CHANNELS = 32


class AtrousSpatialPyramid(nn.Module):
    """Parallel 1×1 and atrous depthwise-separable 3×3 branches plus image-level context."""

    def __init__(self, inputs: int, outputs: int, rates: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.branches = nn.ModuleList([ConvNorm(inputs, outputs)])
        for rate in rates:
            self.branches.append(_separable(inputs, outputs, dilation=rate))
        # No batch norm on the pooled branch: it sees one value per channel and image.
        self.context = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(inputs, outputs, 1),
            nn.ReLU6(inplace=True),
            nn.Conv2d(outputs, outputs, 1, bias=False),
        )
        self.project = nn.Conv2d(outputs * len(self.branches), outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> Tensor:
        pyramid = torch.cat([branch(features) for branch in self.branches], dim=1)
        mixed = self.norm(self.project(pyramid) + self.context(features))
        out: Tensor = self.dropout(functional.relu6(mixed))
        return out


class DeepLabV3Plus(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 32."""

    def __init__(
        self,
        *,
        width: float = 1.0,
        output_stride: int = 16,
        head_channels: int = 128,
        atrous_rates: Sequence[int] = (3, 6, 9),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = EfficientNetLite(width, output_stride)
        self.pyramid = AtrousSpatialPyramid(
            self.encoder.coarse_channels, head_channels, atrous_rates, dropout
        )
        self.skip = ConvNorm(self.encoder.fine_channels, _SKIP_CHANNELS)
        self.decoder = nn.Sequential(
            _separable(head_channels + _SKIP_CHANNELS, head_channels),
            _separable(head_channels, head_channels),
        )
        self.classifier = nn.Conv2d(head_channels, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        features = self.encoder((image - _PIXEL_MEAN) / _PIXEL_SCALE)
        coarse = _enlarge(self.pyramid(features.coarse), self.encoder.output_stride // 4)
        decoded = self.decoder(torch.cat([coarse, self.skip(features.fine)], dim=1))
        return _enlarge(self.classifier(decoded), 4)


def parameter_count(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_accumulates(network: nn.Module, height: int, width: int) -> int:
    """Multiply-accumulates of the convolutions for one image of `height`×`width` pixels."""
    total = 0

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d)  # noqa: S101 - hooks are set on Conv2d only
        total += output.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, height, width))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total


def _separable(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        ConvNorm(inputs, inputs, 3, dilation=dilation, groups=inputs),
        ConvNorm(inputs, outputs),
    )


def _enlarge(features: Tensor, factor: int) -> Tensor:
    if factor == 1:
        return features
    return functional.interpolate(
        features, scale_factor=float(factor), mode="bilinear", align_corners=False
    )
