"""Validation during training: lesion IoU of the network alone, at each image's own size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.architectures.encoder import INPUT_MULTIPLE
from models.data import Sample, read_pixels
from models.metrics import iou
from worker.pipeline.network import fit_size, pad_to_fit, resize_to_fit, unfit


def predict_logits(network: nn.Module, image: NDArray[np.uint8], area: int) -> NDArray[np.float32]:
    """Logits at the image's own size, through the geometry of `worker.pipeline.network`.

    Args:
        network: in evaluation mode.
        image: uint8 [H,W,3] RGB.
        area: pixels of the network input.

    Returns:
        float32 [H,W].
    """
    height, width = image.shape[:2]
    size = fit_size(height, width, area, INPUT_MULTIPLE)
    padded = pad_to_fit(resize_to_fit(image, size), size)
    batch = torch.from_numpy(padded).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        logits = network(batch.contiguous(memory_format=torch.channels_last))
    return unfit(logits[0, 0].float().numpy(), size, height, width)


def lesion_iou_by_source(
    network: nn.Module, samples: Sequence[Sample], area: int
) -> dict[str, float]:
    """Mean per-image lesion IoU of each data set at probability 0.5, no pre- or postprocessing."""
    network.eval()
    found: dict[str, list[float]] = {}
    for sample in samples:
        pixels = read_pixels(sample)
        prediction = predict_logits(network, pixels.image, area) >= 0
        found.setdefault(sample.source, []).append(iou(prediction, pixels.mask > 0))
    return {source: float(np.mean(values)) for source, values in sorted(found.items())}
