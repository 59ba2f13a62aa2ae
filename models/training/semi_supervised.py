"""Learning from images without masks: a mean teacher's confident predictions are the labels.

The teacher is the averaged network (Tarvainen and Valpola, "Mean teachers are better role models",
NeurIPS 2017). It sees a weak view of an image, and the learning network a strong view of the same
window; pixels on which the teacher is confident are labels (Sohn et al., "FixMatch", NeurIPS 2020).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.data.augment import AugmentSettings, augment
from models.data.labels import IGNORED
from models.data.samples import Pixels

_LOOKS = ("gain", "blur", "speckle", "attenuation", "shadow", "annotations", "grey")
"""Settings that change how an image looks but move no pixel."""


def weak_and_strong_view(
    pixels: Pixels, size: int, rng: np.random.Generator, settings: AugmentSettings
) -> tuple[Pixels, NDArray[np.uint8]]:
    """Return one random window of an image in two looks that match pixel by pixel.

    Args:
        pixels: an image with an empty mask.
        size: side of the window, px.
        rng: determines the window and the looks.
        settings: their geometry applies to the weak view, their appearance to the strong one.

    Returns:
        The weak view, whose mask is IGNORED outside the image and 0 elsewhere, and the strong
        image, uint8 [size,size,3].
    """
    weak = augment(pixels, size, rng, _geometry(settings))
    strong = augment(weak, size, rng, _appearance(settings))
    return weak, strong.image


def pseudo_labels(teacher: Tensor, outside: Tensor, confidence: float) -> Tensor:
    """Return labels where the teacher is confident.

    Args:
        teacher: the teacher's logits, [N,1,H,W].
        outside: uint8 [N,H,W], IGNORED outside the image.
        confidence: minimum probability of the label.

    Returns:
        uint8 [N,H,W] of 0, 1 and IGNORED.
    """
    probability = teacher[:, 0].float().sigmoid()
    labels = (probability >= 0.5).to(torch.uint8)
    sure = torch.maximum(probability, 1 - probability) >= confidence
    return torch.where(sure & (outside != IGNORED), labels, IGNORED).to(torch.uint8)


def pseudo_label_loss(logits: Tensor, labels: Tensor, pixels: Tensor) -> Tensor:
    """Return the binary cross-entropy on pseudo-labels.

    No Dice here: if the teacher misses a lesion, Dice would weight each remaining pixel of it many
    times over.

    Args:
        logits: [N,1,H,W].
        labels: uint8 [N,H,W] of 0, 1 and IGNORED.
        pixels: scalar, number of pixels inside the images, confident or not; so a few confident
            ones weigh little.
    """
    counted = (labels != IGNORED).float()
    target = (labels == 1).float()
    total = functional.binary_cross_entropy_with_logits(
        logits[:, 0].float(), target, weight=counted, reduction="sum"
    )
    return total / pixels.clamp(min=1)


def ramp_up(step: int, rising: float) -> float:
    """Return the weight of the loss at a step, from near 0 to 1 after `rising` steps.

    exp(-5 (1 - t)²), as in Laine and Aila, "Temporal ensembling" (ICLR 2017): an untrained teacher
    must not be trusted.
    """
    if step >= rising:
        return 1.0
    return math.exp(-5 * (1 - step / rising) ** 2)


def _geometry(settings: AugmentSettings) -> AugmentSettings:
    off = (*_LOOKS, "measured", "lesion_free")
    return settings.model_copy(update=dict.fromkeys(off, 0.0))


def _appearance(settings: AugmentSettings) -> AugmentSettings:
    off = AugmentSettings.model_fields.keys() - {*_LOOKS, "scale"}
    return settings.model_copy(update={**dict.fromkeys(off, 0.0), "scale": (1.0, 1.0)})
