"""Validation during training: lesion IoU of the network alone, at each image's own size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.architectures.encoder import INPUT_MULTIPLE
from models.data.samples import Sample, read_pixels
from models.evaluation.metrics import iou
from models.training.distributed import Ranks
from worker.pipeline.network import fit_size, pad_to_fit, resize_to_fit, unfit


def predict_logits(network: nn.Module, image: NDArray[np.uint8], area: int) -> NDArray[np.float32]:
    """Logits at the image's own size, through the geometry of `worker.pipeline.network`.

    Args:
        network: in evaluation mode, on any device.
        image: uint8 [H,W,3] RGB.
        area: pixels of the network input.

    Returns:
        float32 [H,W].
    """
    height, width = image.shape[:2]
    size = fit_size(height, width, area, INPUT_MULTIPLE)
    padded = pad_to_fit(resize_to_fit(image, size), size)
    batch = torch.from_numpy(padded).permute(2, 0, 1)[None].float()
    device = next(network.parameters()).device
    with torch.inference_mode():
        logits = network(batch.to(device=device, memory_format=torch.channels_last))
    return unfit(logits[0, 0].float().cpu().numpy(), size, height, width)


def lesion_iou_by_source(
    network: nn.Module, samples: Sequence[Sample], area: int, ranks: Ranks | None = None
) -> dict[str, float]:
    """Mean per-image lesion IoU of each data set at probability 0.5, no pre- or postprocessing.

    Args:
        network: the same weights in every process; set to evaluation mode.
        samples: all of them, in every process.
        area: pixels of the network input.
        ranks: processes that share the work; each returns the whole result.
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
