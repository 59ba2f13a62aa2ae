"""Exact mean field over all pairs of pixels, and images to try it on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.synthetic import ultrasound
from worker.pipeline import PottsParameters
from worker.pipeline.crf import unary_logits


def exact(
    probability: NDArray[np.float32],
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> NDArray[np.float64]:
    """Return the probability after parallel Potts updates, computed with N × N float64 matrices."""
    unary = unary_logits(probability, fixed).astype(np.float64).ravel()
    rows, columns = (axis.ravel().astype(np.float64) for axis in np.indices(grey.shape))
    squared = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    levels = grey.astype(np.float64).ravel()
    appearance = np.exp(
        -squared / (2 * parameters.appearance_sigma_xy**2)
        - (levels[:, None] - levels) ** 2 / (2 * parameters.appearance_sigma_intensity**2)
    )
    smoothness = np.exp(-squared / (2 * parameters.smoothness_sigma_xy**2))
    pairwise = np.zeros_like(squared)
    for weight, kernel in (
        (parameters.appearance_weight, appearance),
        (parameters.smoothness_weight, smoothness),
    ):
        norm = 1 / np.sqrt(kernel.sum(axis=1))
        pairwise += weight * norm[:, None] * kernel * norm
    q = 1 / (1 + np.exp(-unary))
    for _ in range(parameters.iterations):
        # Two labels written out: evidence for a lesion minus evidence against it.
        q = 1 / (1 + np.exp(-(unary + pairwise @ q - pairwise @ (1 - q))))
    result: NDArray[np.float64] = q.reshape(grey.shape)
    return result


def uncertain_answer(
    height: int, width: int, seed: int, doubt: float = 2.0
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a network's blurred and noisy probability of a lesion, and the image that it saw.

    Args:
        doubt: standard deviation of the noise in the logits.
    """
    image = ultrasound(height, width, seed, geometry="full")
    blurred = cv2.GaussianBlur(image.mask.astype(np.float32), (0, 0), max(0.6, width / 40))
    noise = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), max(0.6, width / 43))
    logits = (blurred - 0.5) * 12 + noise * np.float32(doubt / (noise.std() + 1e-6))
    return (1 / (1 + np.exp(-logits))).astype(np.float32), image.pixels


def random_parameters(rng: np.random.Generator) -> PottsParameters:
    """Draw weights and widths from the whole range that is used."""
    return PottsParameters(
        iterations=int(rng.integers(1, 11)),
        appearance_weight=float(rng.uniform(0, 12)),
        appearance_sigma_xy=float(np.exp(rng.uniform(np.log(2), np.log(80)))),
        appearance_sigma_intensity=float(np.exp(rng.uniform(np.log(3), np.log(40)))),
        smoothness_weight=float(rng.uniform(0, 5)),
        smoothness_sigma_xy=float(np.exp(rng.uniform(np.log(0.5), np.log(5)))),
    )
