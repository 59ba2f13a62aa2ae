"""U-Net for one foreground class.

Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation" (MICCAI
2015), figure 1. Two departures, both usual today: padded convolutions, so that the mask has the
size of the image, and batch norm.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

_PIXEL_MEAN = 127.5
_PIXEL_SCALE = 127.5
_LEVELS = 4


class DoubleConv(nn.Sequential):
    """Two 3×3 convolutions with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 16.

    Args:
        base_channels: channels at full resolution, doubled at each of four levels below; 64 in the
            paper.
        outputs: channels of the logits.
    """

    def __init__(self, base_channels: int = 64, outputs: int = 1) -> None:
        super().__init__()
        widths = [base_channels * 2**level for level in range(_LEVELS + 1)]
        self.entry = DoubleConv(3, base_channels)
        self.pool = nn.MaxPool2d(2)
        self.down = nn.ModuleList(DoubleConv(above, below) for above, below in pairwise(widths))
        rising = list(pairwise(widths[::-1]))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(below, above, 2, stride=2) for below, above in rising
        )
        self.merge = nn.ModuleList(DoubleConv(2 * above, above) for _, above in rising)
        self.classifier = nn.Conv2d(base_channels, outputs, 1)

    def forward(self, image: Tensor) -> Tensor:
        maps = [self.entry((image - _PIXEL_MEAN) / _PIXEL_SCALE)]
        for down in self.down:
            maps.append(down(self.pool(maps[-1])))
        features = maps.pop()
        for up, merge in zip(self.up, self.merge, strict=True):
            features = merge(torch.cat([maps.pop(), up(features)], dim=1))
        out: Tensor = self.classifier(features)
        return out
