"""The optimiser's parameter groups, the schedule of the learning rate, and averaged weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from models.training.config import TrainConfig


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019) with encoder and head at their own rates.

    Norms and biases do not decay.
    """
    groups = parameter_groups(
        network,
        rate=config.learning_rate,
        encoder_factor=config.encoder_rate_factor,
        weight_decay=config.weight_decay,
    )
    return torch.optim.AdamW(groups, fused=True)


def parameter_groups(
    network: nn.Module,
    *,
    rate: float,
    encoder_factor: float,
    weight_decay: float,
    new_in_encoder: str | None = None,
) -> list[dict[str, Any]]:
    """Return parameter groups for an optimiser, the head's before the encoder's.

    Args:
        network: a network with the attribute `encoder`.
        rate: the head's learning rate.
        encoder_factor: the encoder's rate relative to the head's.
        weight_decay: decay of kernels; norms and biases do not decay.
        new_in_encoder: prefix of encoder weights that start at random and learn at the head's rate.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        new = new_in_encoder is not None and name.startswith(new_in_encoder)
        trained = name.startswith("encoder.") and not new
        groups.setdefault((trained, parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": rate * (encoder_factor if trained else 1.0),
            "weight_decay": weight_decay if decayed else 0.0,
        }
        for (trained, decayed), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


def build_schedule(
    optimizer: torch.optim.Optimizer, config: TrainConfig, steps: int
) -> LRScheduler:
    """Return the schedule that the configuration names, over `steps` optimisation steps."""
    if config.schedule == "one-cycle":
        return OneCycleLR(
            optimizer,
            max_lr=[group["lr"] for group in optimizer.param_groups],
            total_steps=steps,
            pct_start=config.warmup_share,
            cycle_momentum=False,
        )
    rising = max(1, round(steps * config.warmup_share))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

    return LambdaLR(optimizer, factor)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, steps: int, decay: float) -> None:
    """Update the exponential moving average of weights and batch statistics, short at the start.

    Args:
        average: the average, changed in place.
        network: the network to average.
        steps: number of optimisation steps done.
        decay: decay per step, reached after about 10 / (1 - decay) steps.
    """
    decay = min(decay, (1 + steps) / (10 + steps))
    mean, current = average.state_dict(), network.state_dict()
    floating = [name for name, value in mean.items() if value.is_floating_point()]
    torch._foreach_lerp_(
        [mean[name] for name in floating], [current[name] for name in floating], 1 - decay
    )


def freeze_encoder(network: nn.Module, frozen: bool) -> None:
    """Freeze the encoder with the statistics of its norms, or let it learn.

    Call it after `network.train()`, which sets norms to learning.
    """
    encoder: Any = network.get_submodule("encoder")
    encoder.requires_grad_(not frozen)
    if frozen:
        encoder.eval()


def only_presence_learns(network: nn.Module) -> None:
    """Freeze everything but the presence head, with the statistics of the norms.

    Call it after `network.train()`, which sets norms to learning.
    """
    head = network.get_submodule("presence")
    network.requires_grad_(False).eval()
    head.requires_grad_(True).train()
