"""Compare the exported model in the pipeline with PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from torch import nn

from models.data.samples import Sample
from models.evaluation.metrics import iou
from models.evaluation.per_image import read_frame, read_truth
from models.training.validation import lesion_iou_by_source
from worker.pipeline import CrfSettings, MorphologySettings, Network, PipelineSettings, segment

IOU_TOLERANCE = 0.002

NETWORK_ALONE = PipelineSettings(
    threshold=0.5,
    crop=False,
    denoise_sigma=0.0,
    crf=CrfSettings(engine="none"),
    morphology=MorphologySettings(enabled=False),
)
"""All stages that the PyTorch side lacks are off."""


def iou_agreement(
    network: nn.Module, exported: Network, samples: Sequence[Sample]
) -> dict[str, dict[str, float]]:
    """Mean per-image lesion IoU by data set: `pytorch`, `onnx`, and their `difference`.

    PyTorch reads the files directly; ONNX goes through decode and segment of the product, with
    every other stage off and without blanking what is not echo, since PyTorch sees that too. Images
    known to show no lesion are left out: there one pixel decides between an IoU of 0 and of 1.
    """
    samples = [sample for sample in samples if sample.mask is not None]
    expected = lesion_iou_by_source(network, samples, exported.card.input.area)
    found: dict[str, list[float]] = {source: [] for source in expected}
    for sample in samples:
        frame = read_frame(sample, deidentified=False)
        mask = segment(frame, exported, NETWORK_ALONE).mask
        found[sample.source].append(iou(mask, read_truth(sample, frame)))
    return {
        source: {
            "pytorch": pytorch,
            "onnx": fmean(found[source]),
            "difference": fmean(found[source]) - pytorch,
        }
        for source, pytorch in expected.items()
    }
