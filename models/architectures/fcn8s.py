"""FCN-8s on VGG-16 for one foreground class.

Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation" (CVPR 2015),
sections 4.1 and 4.2; VGG-16: Simonyan and Zisserman (ICLR 2015), configuration D. Departures:
batch norm, since no ImageNet weights are available and VGG does not learn from random weights
without it; and padding by half a kernel, whereas the original pads the image by 100 px and crops.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.architectures.encoder import enlarge

_VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions before each of the five poolings."""
_PIXEL_MEAN = 127.5
_PIXEL_SCALE = 127.5


class FCN8s(nn.Module):
    """RGB image [N,3,H,W] in 0..255 to lesion logits [N,1,H,W]; H and W multiples of 32.

    Args:
        classifier_channels: channels of the convolutions that were VGG's fully connected layers;
            4096 in the paper, where they hold 120 of 134 million parameters.
        width: scales the channels of VGG-16.
        dropout: dropout in the classifier, 0.5 in the paper.
        outputs: channels of the logits.
    """

    def __init__(
        self,
        classifier_channels: int = 4096,
        width: float = 1.0,
        dropout: float = 0.5,
        outputs: int = 1,
    ) -> None:
        super().__init__()
        blocks, inputs, widths = [], 3, []
        for row in _VGG16:
            layers: list[nn.Module] = []
            for channels in row:
                channels = max(4, round(channels * width))
                layers += [
                    nn.Conv2d(inputs, channels, 3, padding=1, bias=False),
                    nn.BatchNorm2d(channels),
                    nn.ReLU(inplace=True),
                ]
                inputs = channels
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
            widths.append(inputs)
        self.blocks = nn.ModuleList(blocks)
        self.classifier = nn.Sequential(
            nn.Conv2d(inputs, classifier_channels, 7, padding=3),
            nn.ReLU(inplace=True),
            nn.Dropout2d(dropout),
            nn.Conv2d(classifier_channels, classifier_channels, 1),
            nn.ReLU(inplace=True),
            nn.Dropout2d(dropout),
            nn.Conv2d(classifier_channels, outputs, 1),
        )
        self.score_pool4 = nn.Conv2d(widths[3], outputs, 1)
        self.score_pool3 = nn.Conv2d(widths[2], outputs, 1)
        self.up_pool5 = _bilinear_deconvolution(outputs)
        self.up_pool4 = _bilinear_deconvolution(outputs)

    def forward(self, image: Tensor) -> Tensor:
        features = (image - _PIXEL_MEAN) / _PIXEL_SCALE
        pools = []
        for block in self.blocks:
            features = block(features)
            pools.append(features)
        score = self.up_pool5(self.classifier(pools[4])) + self.score_pool4(pools[3])
        score = self.up_pool4(score) + self.score_pool3(pools[2])
        return enlarge(score, 8)  # the last upsampling is not learnt in the paper either


def _bilinear_deconvolution(channels: int) -> nn.ConvTranspose2d:
    """Return a learnable upsampling by two that starts as bilinear (section 3.3)."""
    layer = nn.ConvTranspose2d(
        channels, channels, 4, stride=2, padding=1, bias=False, groups=channels
    )
    tent = torch.tensor([0.25, 0.75, 0.75, 0.25])
    with torch.no_grad():
        layer.weight.copy_(torch.outer(tent, tent).expand(channels, 1, 4, 4))
    return layer
