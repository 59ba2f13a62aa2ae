"""DeepLab v2, the version that Li et al. 2021 train, for one foreground class.

Chen et al., "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets, Atrous
Convolution, and Fully Connected CRFs" (TPAMI 2018): a ResNet whose last two stages are dilated
(section 3.1), and atrous spatial pyramid pooling whose branches each classify at their own rate
and are summed (section 3.2, figure 4). Its training at three scales is left out. The CRF is part of
the pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.architectures.encoder import Encoder, enlarge

PAPER_RATES = (6, 12, 18, 24)


class SummedAtrousPyramid(nn.Module):
    """Sum of 3×3 convolutions at several rates, each from the features to the classes."""

    def __init__(self, inputs: int, outputs: int, rates: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=rate, dilation=rate) for rate in rates
        )
        for branch in self.branches:
            nn.init.normal_(branch.get_parameter("weight"), std=0.01)  # as in the authors' solver
            nn.init.zeros_(branch.get_parameter("bias"))

    def forward(self, features: Tensor) -> Tensor:
        return torch.stack([branch(features) for branch in self.branches]).sum(dim=0)


class DeepLabV2(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 32."""

    def __init__(
        self, encoder: Encoder, *, atrous_rates: Sequence[int] = PAPER_RATES, outputs: int = 1
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.pyramid = SummedAtrousPyramid(encoder.coarse_channels, outputs, atrous_rates)

    def forward(self, image: Tensor) -> Tensor:
        coarse = self.encoder(image).coarse
        return enlarge(self.pyramid(coarse), self.encoder.output_stride)
