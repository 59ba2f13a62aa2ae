"""DeepLabV3+ with a person's prompt as additional input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.efficientnet_lite import EfficientNetLite
from worker.interactive.prompts import PLANES

_HIDDEN = 16


class PromptedEncoder(EfficientNetLite):
    """EfficientNet-Lite over image and planes, float32 [N,3+4,H,W] in 0..255 and 0..1.

    The planes are added to the stem's features, as in Sofiiuk et al., "Reviving Iterative Training
    with Mask Guidance for Interactive Segmentation" (ICIP 2022), by convolutions that start at
    zero: before training the network predicts the same as the one that its weights come from.
    """

    def __init__(self, variant: int = 0) -> None:
        super().__init__(variant, output_stride=16)
        last = nn.Conv2d(_HIDDEN, self.stem.conv.out_channels, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        self.prompts = nn.Sequential(
            nn.Conv2d(len(PLANES), _HIDDEN, 3, stride=2, padding=1), nn.ReLU6(), last
        )

    def begin(self, image: Tensor) -> Tensor:
        """Return the stem's features of the image plus those of the planes."""
        features: Tensor = super().begin(image[:, :3])
        said: Tensor = self.prompts(image[:, 3:])
        return features + said


def prompted_deeplab(variant: int = 0) -> DeepLabV3Plus:
    """Return the network from image and planes float32 [N,7,H,W] to logits [N,1,H,W]; H and W are
    multiples of 32."""
    return DeepLabV3Plus(PromptedEncoder(variant))


class Served(nn.Module):
    """The network as the worker calls it: uint8 [N,H,W,3], planes float32 [N,4,H,W] to [N,H,W]."""

    def __init__(self, network: DeepLabV3Plus) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, planes: Tensor) -> Tensor:
        shown = torch.cat([image.permute(0, 3, 1, 2).float(), planes], dim=1)
        logits: Tensor = self.network(shown)
        return logits[:, 0]
