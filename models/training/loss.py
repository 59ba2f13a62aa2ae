"""Training loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.data.labels import IGNORED

_SMOOTHING = 1.0
_HARDEST_SHARE = 0.01
"""Share of a view's pixels: about the smallest lesion that matters."""
_NEVER = -30.0
"""A logit without loss."""
_LEAST_LESION = 0.001
"""Share of a view that a lesion must cover to be recognisable."""


def dice_bce_loss(
    logits: Tensor,
    labels: Tensor,
    pixels: Tensor | None = None,
    lesion_free_weight: float = 1.0,
) -> Tensor:
    """Return the mean of binary cross-entropy plus soft Dice loss per image.

    Args:
        logits: [N,1,H,W].
        labels: uint8 [N,H,W] of 0, 1 and IGNORED; ignored pixels carry no loss.
        pixels: scalar to divide the cross-entropy by: if processes share a batch, its pixels that
            are not ignored, per process. By default those of `labels`.
        lesion_free_weight: weight of views without a lesion, in both parts. Dice requires silence
            there: a network that learns this from few patients misses lesions of others.
    """
    logits = logits[:, 0].float()
    counted = (labels != IGNORED).float()
    target = (labels == 1).float()
    weight = torch.where(target.flatten(1).any(dim=1), 1.0, lesion_free_weight)
    cross_entropy = functional.binary_cross_entropy_with_logits(
        logits, target, weight=counted * weight[:, None, None], reduction="sum"
    ) / (counted.sum() if pixels is None else pixels).clamp(min=1)
    probability = logits.sigmoid() * counted
    intersection = (probability * target).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + target.sum(dim=(1, 2))
    dice = (2 * intersection + _SMOOTHING) / (total + _SMOOTHING)
    return cross_entropy + ((1 - dice) * weight).mean()


def hardest_background_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of the most lesion-like pixels in views without a lesion.

    Online hard example mining (Shrivastava et al., CVPR 2016) on views without a lesion: over the
    whole view a false outline of a hundredth of its pixels hardly counts.

    Args:
        logits: [N,1,H,W].
        labels: uint8 [N,H,W] of 0, 1 and IGNORED.

    Returns:
        Scalar: the mean over all N views; those with a lesion count as 0.
    """
    flat = logits[:, 0].float().flatten(1)
    labels = labels.flatten(1)
    free = ~(labels == 1).any(dim=1)
    count = max(1, round(_HARDEST_SHARE * flat.shape[1]))
    counted = torch.where(labels == 0, flat, _NEVER)
    hardest = functional.softplus(counted.topk(count, dim=1).values).mean(dim=1)
    return (hardest * free).mean()


def presence_loss(presence: Tensor, labels: Tensor, sure: Tensor | None = None) -> Tensor:
    """Return the cross-entropy of the prediction whether a view shows a lesion.

    A view with only a sliver of a lesion does not count: nobody could tell.

    Args:
        presence: logits [N].
        labels: uint8 [N,H,W] of 0, 1 and IGNORED.
        sure: bool [N], whether a view without a lesion in its labels certainly shows none; by
            default all do.
    """
    share = (labels == 1).flatten(1).float().mean(dim=1)
    free = share == 0 if sure is None else (share == 0) & sure
    counted = (free | (share >= _LEAST_LESION)).float()
    target = (share > 0).float()
    found = functional.binary_cross_entropy_with_logits(
        presence.float(), target, weight=counted, reduction="sum"
    )
    return found / len(labels)
