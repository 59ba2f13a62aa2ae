"""The model that both engines solve, and their common interface.

Energy of a labelling x of the pixels (Krähenbühl & Koltun, "Efficient Inference in Fully Connected
CRFs with Gaussian Edge Potentials", 2011, equations 1 to 3):

    E(x) = sum_i -log p_i(x_i) + sum_{i<j} [x_i != x_j] (w_a a_ij + w_s s_ij)

with the appearance kernel a over position and intensity and the smoothness kernel s over position,

    a_ij = exp(-|pos_i - pos_j|^2 / 2 sigma_a^2 - (I_i - I_j)^2 / 2 sigma_I^2)
    s_ij = exp(-|pos_i - pos_j|^2 / 2 sigma_s^2)

each normalised symmetrically: k_ij / sqrt(N_i N_j), N_i = sum_j k_ij. As in the authors' program
the sums include i itself. With two labels the mean field is one number per pixel. With t_i = 2 q_i
- 1 for the probability q_i of lesion, the parallel update is

    logit q_i <- logit p_i + w_a sum_j a'_ij t_j + w_s sum_j s'_ij t_j

With more labels it is, for each label l and then normalised over the labels,

    log q_i(l) <- log p_i(l) + w_a sum_j a'_ij q_j(l) + w_s sum_j s'_ij q_j(l)

of which the update above is the case of two labels.

Greyscale needs three dimensions (x, y, intensity); the usual colour form has five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.settings import CrfEngineName, CrfSettings

CLIP = 1e-5
"""Probabilities are kept this far from 0 and 1, so that any network output can be overruled."""

FIXED_LOGIT = 50.0
"""Unary of a pixel whose label a person fixed: larger than any weights can overrule."""


class CrfUnavailableError(Exception):
    """The engine that the settings ask for is not installed; the message says what to do."""


@dataclass(frozen=True)
class PottsParameters:
    """Weights and widths in px of the image that the CRF runs on; see `CrfSettings`."""

    iterations: int = 5
    appearance_weight: float = 4.0
    appearance_sigma_xy: float = 60.0
    appearance_sigma_intensity: float = 10.0
    smoothness_weight: float = 3.0
    smoothness_sigma_xy: float = 3.0

    @classmethod
    def from_settings(cls, settings: CrfSettings, scale: float = 1.0) -> PottsParameters:
        """Convert the settings for an image with `scale` px per px of the network input."""
        return cls(
            iterations=settings.iterations,
            appearance_weight=settings.appearance_weight,
            appearance_sigma_xy=settings.appearance_sigma_xy * scale,
            appearance_sigma_intensity=settings.appearance_sigma_intensity,
            smoothness_weight=settings.smoothness_weight,
            smoothness_sigma_xy=settings.smoothness_sigma_xy * scale,
        )


class PottsEngine(Protocol):
    """Mean-field inference of the model above."""

    def __call__(
        self,
        probability: NDArray[np.float32],
        grey: NDArray[np.uint8],
        parameters: PottsParameters,
        fixed: NDArray[np.int8] | None = None,
    ) -> NDArray[np.float32]:
        """Probability of lesion after the last update.

        Args:
            probability: float32 [H,W] in [0, 1], the network's answer.
            grey: uint8 [H,W].
            parameters: weights and widths.
            fixed: int8 [H,W], labels that a person set: 1 lesion, -1 background, 0 open. These
                pixels keep their label and influence their surroundings.

        Returns:
            float32 [H,W] in [0, 1]; exactly 1 and 0 at the fixed labels.
        """
        ...


class LabelsEngine(Protocol):
    """Mean-field inference of the model above for several labels."""

    def __call__(
        self,
        probabilities: NDArray[np.float32],
        grey: NDArray[np.uint8],
        parameters: PottsParameters,
    ) -> NDArray[np.float32]:
        """Probability of each label after the last update.

        Args:
            probabilities: float32 [C,H,W], the network's answer; each pixel's sum to 1.
            grey: uint8 [H,W].
            parameters: weights and widths.

        Returns:
            float32 [C,H,W]; each pixel's sum to 1.
        """
        ...


def engine(name: CrfEngineName) -> PottsEngine:
    """Return the engine of that name.

    Raises:
        CrfUnavailableError: it is not installed.
        ValueError: the name is "none" or unknown.
    """
    return _engine(name)[0]


def labels_engine(name: CrfEngineName) -> LabelsEngine:
    """Return the engine of that name for several labels; raises as `engine` does."""
    return _engine(name)[1]


def _engine(name: CrfEngineName) -> tuple[PottsEngine, LabelsEngine]:
    if name == "grid":
        from worker.pipeline.crf import grid

        return grid.infer, grid.infer_labels
    if name == "pydensecrf":
        try:
            from worker.pipeline.crf import reference
        except ImportError as error:
            raise CrfUnavailableError(
                "The CRF engine 'pydensecrf' is not installed; install the extra "
                "'crf-reference' (it needs a C++ compiler) or choose the engine 'grid'."
            ) from error
        return reference.infer, reference.infer_labels
    raise ValueError(f"there is no CRF engine {name!r} to run")


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the first axis of float32 [C,H,W], without overflow."""
    shifted = np.exp(logits - logits.max(axis=0))
    return cast(NDArray[np.float32], shifted / shifted.sum(axis=0))


def unary_logits(
    probability: NDArray[np.float32], fixed: NDArray[np.int8] | None = None
) -> NDArray[np.float32]:
    """log p/(1-p) as float32 [H,W], with the fixed labels put in."""
    p = np.clip(probability, CLIP, 1 - CLIP, dtype=np.float32)
    logits = cast(NDArray[np.float32], cv2.log(p / (np.float32(1) - p)))
    if fixed is not None:
        logits = np.where(fixed == 0, logits, np.float32(FIXED_LOGIT) * fixed.astype(np.float32))
    return logits


def with_fixed(
    probability: NDArray[np.float32], fixed: NDArray[np.int8] | None
) -> NDArray[np.float32]:
    """Return the probability with 1 and 0 at the fixed labels."""
    if fixed is None:
        return probability
    return np.where(fixed == 0, probability, (fixed > 0).astype(np.float32))
