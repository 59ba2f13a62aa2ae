"""Every architecture at a size that tests can afford."""

from __future__ import annotations

import torch
from torch import nn

from models.architectures.networks import (
    DeepLabV2Config,
    DeepLabV3PlusConfig,
    FCN8sConfig,
    PatchCNNConfig,
    UNetConfig,
)

SMALL = {
    "deeplabv3plus": DeepLabV3PlusConfig(width=0.25, head_channels=8, imagenet=False),
    "deeplabv3plus-mobilenetv2": DeepLabV3PlusConfig(
        encoder="mobilenetv2", width=0.25, head_channels=8, imagenet=False
    ),
    "deeplabv3plus-resnet18": DeepLabV3PlusConfig(
        encoder="resnet18", width=0.125, head_channels=8, imagenet=False
    ),
    "deeplabv2": DeepLabV2Config(encoder="resnet50", width=0.125),
    "unet": UNetConfig(base_channels=4),
    "fcn8s": FCN8sConfig(width=0.0625, classifier_channels=16),
    "patch-cnn": PatchCNNConfig(base_channels=4),
}


def settled(network: nn.Module) -> nn.Module:
    """Return the network in evaluation mode, with norms that have seen images."""
    with torch.no_grad():
        for _ in range(2):
            network(torch.rand(2, 3, 96, 96) * 255)
    return network.eval()
