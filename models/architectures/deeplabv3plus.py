"""DeepLabV3+ for one foreground class.

Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation"
(ECCV 2018). Two departures: the default atrous rates suit feature maps of 16×16 (a 256×256 input
at output stride 16), where the paper's 18 would see only padding; and the image-level branch is
added after the projection instead of being tiled and concatenated, which is the same linear map
without a size-dependent Expand in the exported graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.architectures.encoder import Encoder, enlarge
from models.architectures.inverted_residual import ConvNorm, DepthwiseNorm

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
        encoder: Encoder,
        *,
        head_channels: int = 128,
        atrous_rates: Sequence[int] = (3, 6, 9),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.pyramid = AtrousSpatialPyramid(
            encoder.coarse_channels, head_channels, atrous_rates, dropout
        )
        self.skip = ConvNorm(encoder.fine_channels, _SKIP_CHANNELS)
        self.decoder = nn.Sequential(
            _separable(head_channels + _SKIP_CHANNELS, head_channels),
            _separable(head_channels, head_channels),
        )
        self.classifier = nn.Conv2d(head_channels, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        features = self.encoder(image)
        coarse = enlarge(self.pyramid(features.coarse), self.encoder.output_stride // 4)
        decoded = self.decoder(torch.cat([coarse, self.skip(features.fine)], dim=1))
        return enlarge(self.classifier(decoded), 4)


def _separable(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        DepthwiseNorm(inputs, 3, dilation=dilation),
        ConvNorm(inputs, outputs),
    )
