"""Fitting and measuring the training domain of a model; see :mod:`worker.pipeline.domain`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.augment import AugmentSettings, augment
from models.data.samples import Sample, read_pixels
from models.data.unlike import Picture
from models.evaluation.per_image import read_frame
from worker.pipeline import (
    FitSize,
    ModelError,
    Network,
    PipelineSettings,
    Segmentation,
    fit_size,
    segment,
)
from worker.pipeline.domain import TrainingDomain
from worker.pipeline.segment import network_input
from worker.pipeline.uncertainty import LOW_CONFIDENCE

PASSED = 0.99
"""Share of each data set's held-out images that lie within the limit."""


def embeddings(
    samples: Iterable[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
) -> NDArray[np.float64]:
    """Return the embedding of each image, preprocessed by the pipeline: float64 [N,C].

    Raises:
        DataError: an image cannot be read.
        ModelError: the graph has no such output.
    """
    found = []
    for sample in samples:
        found.append(_embedding(network, *network_input(read_frame(sample), network, settings)))
        if on_image:
            on_image()
    return np.stack(found)


def varied_embeddings(
    samples: Sequence[Sample],
    network: Network,
    settings: AugmentSettings,
    on_image: Callable[[], None] | None = None,
) -> NDArray[np.float64]:
    """Return the embedding of one augmented view of each image, as in training: float64 [N,C].

    They widen the covariance in the directions in which scanners and presets differ: with them
    variations of held-out images stay within the limit, and pictures other than ultrasound do not.

    Raises:
        DataError: an image cannot be read.
        ModelError: the graph has no such output.
    """
    multiple = network.card.input.multiple
    side = multiple * max(1, round(network.card.input.area**0.5 / multiple))
    size = fit_size(side, side, side * side, multiple)
    found = []
    for index, sample in enumerate(samples):
        view = augment(read_pixels(sample), side, np.random.default_rng(index), settings)
        found.append(_embedding(network, np.ascontiguousarray(view.image), size))
        if on_image:
            on_image()
    return np.stack(found)


def _embedding(network: Network, resized: NDArray[np.uint8], size: FitSize) -> NDArray[np.float64]:
    embedding = network.look(resized, size).embedding
    if embedding is None:
        raise ModelError(
            f"{network.card.name} {network.card.version} has no output 'embedding'; export its "
            "checkpoint again with `sonoloop export-onnx`."
        )
    return embedding.astype(np.float64)


def fit(training: NDArray[np.float64], held_out: Sequence[NDArray[np.float64]]) -> TrainingDomain:
    """Fit mean and shrunk covariance on training images, and the limit on held-out ones.

    Args:
        training: [N,C].
        held_out: [M,C] per data set; the share `PASSED` of each lies within the limit.
    """
    scale = training.std(axis=0) + 1e-6
    mean = training.mean(axis=0)
    covariance = shrunk_covariance((training - mean) / scale)
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values) / scale[:, None]
    domain = TrainingDomain(mean.astype(np.float32), whitening.astype(np.float32), np.inf)
    return with_limit(domain, [distances(domain, one) for one in held_out])


def with_limit(domain: TrainingDomain, found: Sequence[NDArray[np.float64]]) -> TrainingDomain:
    """Return the domain with the limit within which the share `PASSED` of each data set lies.

    Args:
        domain: the domain; its own limit is ignored.
        found: [M] distances of the images of each data set.
    """
    limit = max(float(np.quantile(one, PASSED, method="higher")) for one in found)
    return TrainingDomain(domain.mean, domain.whitening, limit)


def distances(domain: TrainingDomain, found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each embedding: [N]."""
    return np.array([domain.distance(one.astype(np.float32)) for one in found])


def shrunk_covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance shrunk towards a multiple of the identity, so that it is invertible.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices"
    (Journal of Multivariate Analysis 2004), with the paper's optimal intensity.

    Args:
        centred: [N,C], with mean 0.

    Returns:
        [C,C], positive definite if anything varies.
    """
    count, size = centred.shape
    sample = centred.T @ centred / count
    level = np.trace(sample) / size
    spread = np.sum((sample - level * np.eye(size)) ** 2)
    # Mean over images of |x xᵀ − S|², which is mean |x|⁴ − |S|².
    error = (np.mean(np.sum(centred**2, axis=1) ** 2) - np.sum(sample**2)) / count
    share = min(1.0, error / spread) if spread else 1.0
    found: NDArray[np.float64] = (1 - share) * sample + share * level * np.eye(size)
    return found


def measure_pictures(
    pictures: Iterable[Picture],
    network: Network,
    settings: PipelineSettings,
    on_picture: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """Return one row per kind of picture: shares flagged, outlined, and outlined with confidence.

    `confident_without_flag` is the share that would be outlined with confidence without the
    domain, `nearest` the smallest distance in limits.

    Raises:
        ModelError: the model has no training domain.
    """
    if network.domain is None:
        raise ModelError("The model has no training domain; run `sonoloop fit-domain` first.")
    found: dict[str, list[tuple[bool, bool, bool, bool, float]]] = {}
    for picture in pictures:
        said = segment(picture.frame, network, settings)
        without = segment(picture.frame, network.without_domain(), settings)
        seen = _embedding(network, *network_input(picture.frame, network, settings))
        near = network.domain.distance(seen.astype(np.float32)) / network.domain.limit
        found.setdefault(picture.kind, []).append(
            (
                bool(said.out_of_domain),
                bool(said.lesions),
                _confident(said),
                _confident(without),
                near,
            )
        )
        if on_picture:
            on_picture()
    rows = []
    for kind, values in found.items():
        flagged, outlined, confident, without_flag, near_by = np.array(values, float).T
        rows.append(
            {
                "kind": kind,
                "count": len(values),
                "flagged": float(flagged.mean()),
                "outlined": float(outlined.mean()),
                "confident": float(confident.mean()),
                "confident_without_flag": float(without_flag.mean()),
                "nearest": float(near_by.min()),
            }
        )
    return rows


def _confident(said: Segmentation) -> bool:
    return any(lesion.mean_probability >= LOW_CONFIDENCE for lesion in said.lesions)
