"""Training loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from models.augment import IGNORED

_SMOOTHING = 1.0


def dice_bce_loss(logits: Tensor, labels: Tensor, pixels: Tensor | None = None) -> Tensor:
    """Mean of binary cross-entropy plus soft Dice loss per image.

    Args:
        logits: [N,1,H,W].
        labels: uint8 [N,H,W] of 0, 1 and IGNORED; ignored pixels carry no loss.
        pixels: scalar to divide the cross-entropy by: where processes share a batch, its pixels
            that are not ignored per process. Those of `labels` where not given.
    """
    logits = logits[:, 0].float()
    counted = (labels != IGNORED).float()
    target = (labels == 1).float()
    cross_entropy = functional.binary_cross_entropy_with_logits(
        logits, target, weight=counted, reduction="sum"
    ) / (counted.sum() if pixels is None else pixels).clamp(min=1)
    probability = logits.sigmoid() * counted
    intersection = (probability * target).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + target.sum(dim=(1, 2))
    dice = (2 * intersection + _SMOOTHING) / (total + _SMOOTHING)
    return cross_entropy + (1 - dice).mean()
