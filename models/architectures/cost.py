"""The cost of a network: its trainable values and multiply-accumulates."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable values."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_accumulates(network: nn.Module, height: int, width: int) -> int:
    """Return the convolutions' multiply-accumulates for an image of `height`×`width` pixels."""
    total = 0

    def count(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.ConvTranspose2d):
            total += inputs[0].numel() * module.weight[0].numel()

    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, kinds)]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, height, width))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total
