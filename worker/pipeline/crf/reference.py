"""The reference engine: pydensecrf2, the authors' implementation with the permutohedral lattice.

Optional: it is installed from source and needs a C++ compiler (extra `crf-reference`).
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from pydensecrf import densecrf

from worker.pipeline.crf.potts import CLIP, PottsParameters, unary_logits, with_fixed


def infer(
    probability: NDArray[np.float32],
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> NDArray[np.float32]:
    """A `PottsEngine`."""
    logits = unary_logits(probability, fixed)
    # Only the difference of the two energies matters.
    found = _infer(np.stack([np.zeros_like(logits), -logits]), grey, parameters)
    return with_fixed(found[1], fixed)


def infer_labels(
    probabilities: NDArray[np.float32], grey: NDArray[np.uint8], parameters: PottsParameters
) -> NDArray[np.float32]:
    """A `LabelsEngine`."""
    energies = -np.log(np.clip(probabilities, CLIP, 1, dtype=np.float32))
    return _infer(energies, grey, parameters)


def _infer(
    energies: NDArray[np.float32], grey: NDArray[np.uint8], parameters: PottsParameters
) -> NDArray[np.float32]:
    """Compute probabilities float32 [C,H,W] from unary energies float32 [C,H,W]."""
    labels, height, width = energies.shape
    crf = densecrf.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(np.ascontiguousarray(energies.reshape(labels, -1)))
    if parameters.smoothness_weight > 0:
        crf.addPairwiseGaussian(
            sxy=parameters.smoothness_sigma_xy, compat=parameters.smoothness_weight
        )
    if parameters.appearance_weight > 0:
        crf.addPairwiseEnergy(
            appearance_features(grey, parameters), compat=parameters.appearance_weight
        )
    found = np.asarray(crf.inference(parameters.iterations)).reshape(labels, height, width)
    return cast(NDArray[np.float32], found.astype(np.float32))


def appearance_features(
    grey: NDArray[np.uint8], parameters: PottsParameters
) -> NDArray[np.float32]:
    """(x, y, intensity) divided by their widths, float32 [3, H*W].

    Three dimensions, not the five of `addPairwiseBilateral`: the same kernel for grey images, but
    faster.
    """
    rows, columns = np.indices(grey.shape, dtype=np.float32)
    features = np.stack(
        [
            columns / parameters.appearance_sigma_xy,
            rows / parameters.appearance_sigma_xy,
            grey.astype(np.float32) / parameters.appearance_sigma_intensity,
        ]
    )
    return np.ascontiguousarray(features.reshape(3, -1), dtype=np.float32)
