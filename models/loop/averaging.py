"""The weighted mean of networks that several sites trained further from the same parent.

Each site is weighted by its number of training images (McMahan et al., "Communication-efficient
learning of deep networks from decentralized data", AISTATS 2017: FedAvg). The statistics of the
norms are averaged like all other weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def federated(updates: Sequence[Mapping[str, Tensor]], images: Sequence[int]) -> dict[str, Tensor]:
    """Return the weighted mean of several networks' weights.

    Args:
        updates: weights by name, one mapping per site.
        images: number of training images of each site, at least 1.

    Returns:
        float32; values that are not floating-point are the first site's.

    Raises:
        ValueError: there is no update, `images` has another length, or names or shapes differ.
    """
    if not updates or len(updates) != len(images) or min(images) < 1:
        raise ValueError("name a number of training images for each update")
    first = updates[0]
    shapes = {name: value.shape for name, value in first.items()}
    if any({n: v.shape for n, v in one.items()} != shapes for one in updates):
        raise ValueError("the updates are of different networks")
    total = sum(images)
    mean: dict[str, Tensor] = {}
    for name, value in first.items():
        if not value.is_floating_point():
            mean[name] = value
            continue
        # Summed in 64 bits, so that the order of the sites does not matter.
        parts = [one[name].double() * (n / total) for one, n in zip(updates, images, strict=True)]
        mean[name] = torch.stack(parts).sum(dim=0).float()
    return mean
