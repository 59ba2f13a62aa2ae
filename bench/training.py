"""The gain from our gradients of depthwise convolutions: a training step with and without them.

    python -m bench.training --encoder efficientnet-lite2 --size 256

Alternating forward and backward steps of the same network on the same images, as in `sonoloop
train` on a CPU: bfloat16, channels-last, batches of 8.
"""

import json
import statistics
import time
from functools import partial

import click
import torch
from torch import nn

from models.architectures.depthwise import DepthwiseConv2d
from models.architectures.networks import DeepLabV3PlusConfig
from models.training.config import TrainConfig
from models.training.device import ComputeDevice
from models.training.loss import dice_bce_loss

BATCH = 8


def plain(network: nn.Module) -> nn.Module:
    """Return the same network with the gradients of torch's own convolutions."""
    for module in network.modules():
        if isinstance(module, DepthwiseConv2d):
            module.forward = partial(nn.Conv2d.forward, module)  # type: ignore[method-assign]
    return network


def step(
    network: nn.Module, place: ComputeDevice, images: torch.Tensor, labels: torch.Tensor
) -> float:
    """Seconds of one forward and backward pass."""
    started = time.perf_counter()
    with place.autocast():
        logits = network(images)
    inside = torch.tensor(float(labels.numel()))
    dice_bce_loss(logits, labels, inside).backward()  # type: ignore[no-untyped-call]
    network.zero_grad(set_to_none=True)
    return time.perf_counter() - started


@click.command()
@click.option("--encoder", default="efficientnet-lite2", show_default=True)
@click.option("--size", default=256, show_default=True, help="Side of the images, px.")
@click.option("--steps", default=12, show_default=True, help="Of each network, after two more.")
def main(encoder: str, size: int, steps: int) -> None:
    """Measure both kinds of steps alternately."""
    config = DeepLabV3PlusConfig.model_validate(
        {"architecture": "deeplabv3plus", "encoder": encoder, "imagenet": False}
    )
    place = ComputeDevice(torch.device("cpu"), TrainConfig.model_fields["precision"].default)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(BATCH, 3, size, size, generator=generator) * 255
    images = images.contiguous(memory_format=torch.channels_last)
    labels = (torch.rand(BATCH, size, size, generator=generator) > 0.5).to(torch.uint8)
    networks = {
        "ours": place.put(config.build()).train(),
        "plain": place.put(plain(config.build())).train(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for number in range(steps + 2):
        for name, network in networks.items():
            taken = step(network, place, images, labels)
            if number >= 2:
                seconds[name].append(taken)
    rate = {name: BATCH / statistics.median(values) for name, values in seconds.items()}
    figures = {
        "encoder": encoder,
        "size": size,
        "images_per_second": rate["ours"],
        "images_per_second_plain": rate["plain"],
        "times_faster": rate["ours"] / rate["plain"],
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
