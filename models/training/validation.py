"""Validation during training: lesion IoU of the network alone, at each image's own size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.architectures.channels import lesion_logits
from models.architectures.encoder import INPUT_MULTIPLE
from models.data.classes import ClassLabels
from models.data.labels import ANY_CLASS
from models.data.samples import Sample, read_pixels
from models.evaluation.class_scores import ClassScores, confusion
from models.evaluation.metrics import iou
from models.training.distributed import Ranks
from worker.pipeline.classes import lesion_logit
from worker.pipeline.network import fit_size, pad_to_fit, resize_to_fit, unfit


def predict_logits(network: nn.Module, image: NDArray[np.uint8], area: int) -> NDArray[np.float32]:
    """Return logits at the image's own size, with the geometry of `worker.pipeline.network`.

    Args:
        network: in evaluation mode, on any device.
        image: uint8 [H,W,3] RGB.
        area: pixels of the network input.

    Returns:
        float32 [H,W]; for a network that distinguishes classes, of a lesion of any class.
    """
    return lesion_logits(torch.from_numpy(_all_logits(network, image, area))[None])[0, 0].numpy()


def predict_classes(network: nn.Module, image: NDArray[np.uint8], area: int) -> NDArray[np.uint8]:
    """Return each pixel's class: the most probable one if lesion is likelier than background.

    Args:
        network: a network with a channel for background and each class.
        image: uint8 [H,W,3] RGB.
        area: pixels of the network input.

    Returns:
        uint8 [H,W], 0 background and class numbers from 1.
    """
    logits = _all_logits(network, image, area)
    found = 1 + logits[1:].argmax(axis=0).astype(np.uint8)
    found[lesion_logit(logits) < 0] = 0
    return np.asarray(found, np.uint8)


def _all_logits(network: nn.Module, image: NDArray[np.uint8], area: int) -> NDArray[np.float32]:
    """Return the logits of all channels at the image's own size: float32 [C,H,W]."""
    height, width = image.shape[:2]
    size = fit_size(height, width, area, INPUT_MULTIPLE)
    padded = pad_to_fit(resize_to_fit(image, size), size)
    batch = torch.from_numpy(padded).permute(2, 0, 1)[None].float()
    device = next(network.parameters()).device
    with torch.inference_mode():
        logits = network(batch.to(device=device, memory_format=torch.channels_last))
    return np.stack([unfit(one, size, height, width) for one in logits[0].float().cpu().numpy()])


def lesion_iou_by_source(
    network: nn.Module, samples: Sequence[Sample], area: int, ranks: Ranks | None = None
) -> dict[str, float]:
    """Return the mean per-image lesion IoU per data set at 0.5, without pre- or postprocessing.

    Args:
        network: the same weights in every process; set to evaluation mode.
        samples: all samples, in every process.
        area: pixels of the network input.
        ranks: processes that share the work; each returns the complete result.
    """
    network.eval()
    ranks = ranks or Ranks()
    names = sorted({sample.source for sample in samples})
    found: dict[str, list[float]] = {name: [] for name in names}
    for sample in samples[ranks.rank :: ranks.size]:
        pixels = read_pixels(sample)
        prediction = predict_logits(network, pixels.image, area) >= 0
        found[sample.source].append(iou(prediction, pixels.mask > 0))
    device = next(network.parameters()).device
    sums = torch.tensor(
        [[sum(found[name]), len(found[name])] for name in names], dtype=torch.float64, device=device
    )
    totals = ranks.sum(sums).tolist()
    return {name: total / count for name, (total, count) in zip(names, totals, strict=True)}


@dataclass(frozen=True, slots=True)
class SourceScores:
    """Scores of a data set's held-out images.

    Attributes:
        lesion_iou: mean per image, for lesions of any class.
        classes: scores by class, if the truth names classes.
    """

    lesion_iou: float
    classes: ClassScores | None

    @property
    def score(self) -> float:
        """The score that a run is judged by: mIoU if classes are named, else the lesion IoU."""
        return self.lesion_iou if self.classes is None else self.classes.mean_iou

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the curves."""
        classes = {} if self.classes is None else self.classes.to_json()
        return {"lesion_iou": self.lesion_iou, **classes}


def class_scores_by_source(
    network: nn.Module,
    samples: Sequence[Sample],
    labels: ClassLabels,
    area: int,
    ranks: Ranks | None = None,
) -> dict[str, SourceScores]:
    """Return each data set's scores without pre- or postprocessing; see
    :func:`lesion_iou_by_source`."""
    network.eval()
    ranks = ranks or Ranks()
    names = sorted({sample.source for sample in samples})
    size = 1 + len(labels.names)
    sums = np.zeros((len(names), 3 + size * size))
    for sample in samples[ranks.rank :: ranks.size]:
        pixels = labels.read(sample)
        found = predict_classes(network, pixels.image, area)
        counts = confusion(found, pixels.mask, size - 1, labels.looked_for(sample))
        lesion = (pixels.mask > 0) & (pixels.mask <= ANY_CLASS)
        named = bool(counts[1:].any())
        own = sums[names.index(sample.source)]
        own[:3] += (iou(found > 0, lesion), 1, named)
        own[3:] += counts.ravel()
    device = next(network.parameters()).device
    totals = ranks.sum(torch.from_numpy(sums).to(device)).cpu().numpy()
    return {
        name: SourceScores(
            float(own[0] / own[1]),
            ClassScores.of(own[3:].astype(np.int64).reshape(size, size), labels.names)
            if own[2]
            else None,
        )
        for name, own in zip(names, totals, strict=True)
    }
