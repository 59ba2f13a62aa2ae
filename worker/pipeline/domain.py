"""Whether an image is like those that the network was trained on.

The network's pooled features of an image, its embedding, are compared with those of the training
images by their Mahalanobis distance (Lee et al., "A Simple Unified Framework for Detecting
Out-of-Distribution Samples and Adversarial Attacks", NeurIPS 2018, with one class: a picture of
tissue under ultrasound). `domain.safetensors` in the model's folder holds the distribution,
whitened:

    distance = |(embedding - mean) · whitening| / sqrt(K)

An image of the kind trained on is at a distance of about 1. Beyond the limit, the network's
probabilities count less the farther away the image is; docs/adr/0010-unlike-the-training-images.md
explains why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from worker.pipeline.card import ModelError

DOMAIN_FILE = "domain.safetensors"


@dataclass(frozen=True)
class TrainingDomain:
    """The distribution of the training images' embeddings.

    Attributes:
        mean: float32 [C].
        whitening: float32 [C,K].
        limit: the distance beyond which an image is not like them.
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]
    limit: float

    def distance(self, embedding: NDArray[np.float32]) -> float:
        """Mahalanobis distance of an embedding [C], per root of the dimensions."""
        whitened = (embedding - self.mean) @ self.whitening
        return float(np.linalg.norm(whitened)) / math.sqrt(self.whitening.shape[1])

    def trust(self, embedding: NDArray[np.float32]) -> float:
        """Return the factor by which to multiply the network's probabilities.

        1 within the limit, (limit / distance)² beyond it, 0 if the distance is not finite.
        """
        distance = self.distance(embedding)
        if not math.isfinite(distance):
            return 0.0
        return 1.0 if distance <= self.limit else (self.limit / distance) ** 2

    def to_bytes(self) -> bytes:
        """The content of `domain.safetensors`."""
        tensors: dict[str, NDArray[Any]] = {
            "mean": self.mean,
            "whitening": self.whitening,
            "limit": np.array([self.limit], np.float64),
        }
        return save(tensors)

    @classmethod
    def read(cls, path: Path) -> TrainingDomain:
        """Read `domain.safetensors`.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            tensors = load(path.read_bytes())
            mean, whitening = tensors["mean"], tensors["whitening"]
            (limit,) = tensors["limit"]
        except OSError as error:
            raise ModelError(
                f"{path} cannot be read ({error.strerror}); restore the model folder, or run "
                "`sonoloop fit-domain`."
            ) from error
        except (SafetensorError, KeyError, ValueError) as error:
            raise ModelError(
                f"{path} does not hold a training domain; run `sonoloop fit-domain`."
            ) from error
        if whitening.ndim != 2 or mean.shape != whitening.shape[:1]:
            raise ModelError(f"{path} holds arrays that do not fit; run `sonoloop fit-domain`.")
        return cls(mean, whitening, float(limit))
