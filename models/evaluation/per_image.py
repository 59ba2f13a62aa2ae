"""Comparison of masks of the product's pipeline with the truth, over a list of samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.classes import ClassLabels
from models.data.samples import DataError, Sample, read_sample_mask
from models.evaluation.class_scores import Counts, confusion
from models.evaluation.metrics import ImageMetrics, measure
from worker.decoding import decode
from worker.ingest import DecodeError, DecodeLimits, Frame
from worker.pipeline import Network, PipelineSettings, Segmentation, segment


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One image of an evaluation."""

    sample: Sample
    metrics: ImageMetrics
    lesions: int
    """Number of separate lesions found."""
    uncertainty: float
    seconds: float
    """Time spent in decoding and in the pipeline."""
    network_seconds: float
    """Part of that time spent in the network."""
    pixels: int
    """Size of the image, px."""
    class_counts: Counts | None = field(default=None, compare=False)
    """As in `models.evaluation.class_scores.confusion`, if truth and model know classes."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a report."""
        return {
            "id": self.sample.id,
            **asdict(self.metrics),
            "lesions": self.lesions,
            "uncertainty": self.uncertainty,
            "seconds": self.seconds,
            "network_seconds": self.network_seconds,
            "pixels": self.pixels,
        }

    @classmethod
    def from_json(cls, sample: Sample, values: dict[str, Any]) -> ImageResult:
        """Return the result of a sample from the output of :meth:`to_json`."""
        own = {"lesions", "uncertainty", "seconds", "network_seconds", "pixels"}
        return cls(
            sample=sample,
            metrics=ImageMetrics(**{f.name: values[f.name] for f in fields(ImageMetrics)}),
            **{name: values[name] for name in own},
        )


def read_frame(sample: Sample, *, deidentified: bool = True) -> Frame:
    """Read the sample's image, decoded and de-identified like an upload.

    Args:
        deidentified: whether what is not echo is blacked out.

    Raises:
        DataError: the file cannot be decoded.
    """
    try:
        decoded = decode(sample.image.read_bytes(), DecodeLimits())
        return (decoded.deidentified() if deidentified else decoded).frame
    except DecodeError as error:
        raise DataError(f"{sample.image} cannot be decoded: {error.detail}") from error


def read_truth(sample: Sample, frame: Frame) -> NDArray[np.bool_]:
    """Read the sample's mask: bool [H,W].

    Raises:
        DataError: its size differs from the frame's.
    """
    truth = read_sample_mask(sample, frame.height, frame.width) > 0
    if truth.shape != (frame.height, frame.width):
        raise DataError(
            f"{sample.mask} is {truth.shape[1]}×{truth.shape[0]} px but its image decodes to "
            f"{frame.width}×{frame.height}."
        )
    return truth


def _class_counts(
    sample: Sample, truth: NDArray[np.bool_], said: Segmentation, labels: ClassLabels
) -> Counts:
    found = said.class_map(labels.names)
    named = labels.of(sample, truth.astype(np.uint8))
    return confusion(found, named, len(labels.names), labels.looked_for(sample))


def evaluate_samples(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
    labels: ClassLabels | None = None,
) -> list[ImageResult]:
    """Run each sample through the product's decode and segment, and measure the mask.

    Args:
        samples: images with masks.
        network: the model.
        settings: the pipeline's settings.
        on_image: called after each image.
        labels: reads the samples with the model's classes; without it, only lesions are measured.

    Raises:
        DataError: a file cannot be decoded or its mask has another size.
    """
    results = []
    for sample in samples:
        started = time.perf_counter()
        frame = read_frame(sample)
        segmentation = segment(frame, network, settings)
        seconds = time.perf_counter() - started
        truth = read_truth(sample, frame)
        results.append(
            ImageResult(
                sample=sample,
                metrics=measure(segmentation.mask, truth),
                lesions=len(segmentation.lesions),
                uncertainty=segmentation.uncertainty.score,
                seconds=seconds,
                network_seconds=segmentation.timings_ms["network"] / 1000,
                pixels=truth.size,
                class_counts=None
                if labels is None
                else _class_counts(sample, truth, segmentation, labels),
            )
        )
        if on_image:
            on_image()
    return results
