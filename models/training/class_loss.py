"""Training loss of a network that distinguishes classes of lesions.

An image may be labelled with only some of the classes. If a class was not looked for, a background
pixel is background or that class, and its probability is the sum of both (the marginal loss of
Shi et al., "Marginal loss and exclusion loss for partially supervised multi-organ segmentation",
Medical Image Analysis 2021). Likewise, a lesion of unknown class counts as any class.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.data.labels import ANY_CLASS, IGNORED

_SMOOTHING = 1.0


def class_loss(
    logits: Tensor,
    labels: Tensor,
    looked_for: Tensor,
    pixels: Tensor | None = None,
    lesion_free_weight: float = 1.0,
) -> Tensor:
    """Marginal cross-entropy, plus soft Dice of lesions and of each class that a view shows.

    Args:
        logits: [N,1+C,H,W], channel 0 is background.
        labels: uint8 [N,H,W] of 0, class numbers from 1, ANY_CLASS and IGNORED.
        looked_for: bool [N,C].
        pixels: scalar to divide the cross-entropy by, as in `models.training.loss.dice_bce_loss`.
        lesion_free_weight: weight of views that show no lesion.
    """
    logs = functional.log_softmax(logits.float(), dim=1)
    counted = labels != IGNORED
    lesion = counted & (labels != 0)
    complete = looked_for.all(dim=1)
    free = complete & ~lesion.flatten(1).any(dim=1)
    weight = torch.where(free, lesion_free_weight, 1.0)
    said = _log_of_label(logs, labels, looked_for)
    cross_entropy = -(said * counted * weight[:, None, None]).sum() / (
        counted.sum() if pixels is None else pixels
    ).clamp(min=1)
    probability = logs.exp()
    # Lesions against background: only where background is certain.
    dice = _dice(1 - probability[:, 0], lesion, counted)
    return cross_entropy + ((1 - dice) * weight * complete + _by_class(probability, labels)).mean()


def lesions_of(labels: Tensor, looked_for: Tensor) -> tuple[Tensor, Tensor]:
    """Return lesion-or-background labels, for losses that do not distinguish classes.

    Args:
        labels: as in :func:`class_loss`.
        looked_for: likewise.

    Returns:
        uint8 [N,H,W] of 0, 1 and IGNORED, and bool [N], whether all classes were looked for. If
        not, background is IGNORED.
    """
    complete = looked_for.all(dim=1)
    lesion = (labels != 0) & (labels != IGNORED)
    found = torch.where(lesion, 1, labels)
    unsure = ~complete[:, None, None] & (labels == 0)
    return torch.where(unsure, IGNORED, found).to(torch.uint8), complete


def _log_of_label(logs: Tensor, labels: Tensor, looked_for: Tensor) -> Tensor:
    """Return the log-probability of the classes that each pixel's label allows, [N,H,W]."""
    never = torch.finfo(logs.dtype).min
    barred = torch.cat([torch.zeros_like(looked_for[:, :1]), looked_for], dim=1)
    background = torch.logsumexp(logs.masked_fill(barred[:, :, None, None], never), dim=1)
    any_class = torch.logsumexp(logs[:, 1:], dim=1)
    named = (labels != 0) & (labels < ANY_CLASS)
    own = logs.gather(1, torch.where(named, labels, 0).long()[:, None])[:, 0]
    return torch.where(labels == 0, background, torch.where(named, own, any_class))


def _by_class(probability: Tensor, labels: Tensor) -> Tensor:
    """Return 1 minus the soft Dice, averaged over the classes that each view shows: [N]."""
    # Pixels of a lesion of unknown class carry no information about this one.
    counted = labels < ANY_CLASS
    lost = torch.zeros(len(labels), device=labels.device)
    shown = torch.zeros(len(labels), device=labels.device)
    for number in range(1, probability.shape[1]):
        own = labels == number
        there = own.flatten(1).any(dim=1).float()
        lost = lost + (1 - _dice(probability[:, number], own, counted)) * there
        shown = shown + there
    return lost / shown.clamp(min=1)


def _dice(probability: Tensor, target: Tensor, counted: Tensor) -> Tensor:
    probability = probability * counted
    both = (probability * target).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + target.sum(dim=(1, 2))
    return (2 * both + _SMOOTHING) / (total + _SMOOTHING)
