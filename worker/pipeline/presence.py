"""Whether there is a lesion, in an image and in each outline, and whether the answer is right.

A network with a presence head says of each image with one logit whether it shows a lesion. Small
logistic models, fitted on held-out patients and kept in the model's card, turn that logit and what
the outlines look like into probabilities (`sonoloop fit-presence`, docs/adr/0011):

- that the image shows a lesion,
- that an outline is one, and the Dice that it may be expected to have,
- that the answer as a whole needs a person's correction: a miss, a false outline, or a bad one.

An outline whose probability is below the operating point is offered and not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from worker.pipeline.lesions import Lesion

LEAST, MOST = 0.001, 0.999
"""No probability is beyond these: nothing is certain, and no two images are equal in that."""
_SURE = 12.0
"""Largest logit that counts."""


class Logistic(BaseModel):
    """Logistic regression on named features."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    weights: dict[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Between LEAST and MOST, strictly rising with the linear predictor.

        Raises:
            KeyError: a feature is missing.
        """
        z = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        p = 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))
        return LEAST + (MOST - LEAST) * p


class PresenceModel(BaseModel):
    """What a card holds for a network with a presence head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Logistic
    """That the image shows a lesion."""
    outline: Logistic
    """That an outline is a lesion."""
    dice: Logistic
    """The Dice of an outline, given that it is one."""
    correction: Logistic
    """That a person has to correct the answer."""
    operating_point: float = Field(ge=0, le=1)
    """An outline is drawn from this probability on."""
    guarantee: dict[str, Any] = Field(default_factory=dict)
    """How the operating point was chosen, and what it promises."""


@dataclass(frozen=True)
class Presence:
    """That an image shows a lesion.

    Attributes:
        probability: 0 to 1.
        operating_point: the probability from which on an outline is drawn.
    """

    probability: float
    operating_point: float

    def to_json(self) -> dict[str, float]:
        """Probabilities to four digits."""
        return {
            "probability": round(self.probability, 4),
            "operating_point": round(self.operating_point, 4),
        }


@dataclass(frozen=True)
class Evidence:
    """What the logistic models look at.

    Attributes:
        presence: the head's logit.
        peak: the largest logit of any pixel, calibrated.
        overlap: the IoU that the probabilities promise for all outlines together.
        distance: from the training images, in limits; 1 where the model cannot tell.
        outlines: features of each outline, by name, in the order of the lesions.
    """

    presence: float
    peak: float
    overlap: float
    distance: float
    outlines: tuple[dict[str, float], ...]


def outline_features(
    lesions: Sequence[Lesion],
    before: NDArray[np.float32],
    presence: float,
    scale: float,
    origin: tuple[int, int],
) -> tuple[dict[str, float], ...]:
    """The features of each outline.

    Args:
        lesions: in coordinates of the frame.
        before: float32 [h,w], calibrated probability before the CRF at the network's resolution.
        presence: the head's logit.
        scale: px of `before` per px of the frame.
        origin: (row, column) of the area that `before` shows in the frame.
    """
    if not lesions:
        return ()
    parts = [_inside(lesion, before.shape, scale, origin) for lesion in lesions]
    everywhere = float(cv2.sumElems(before)[0])
    sums = [float(before[part].sum()) for part in parts]
    features = []
    for part, own in zip(parts, sums, strict=True):
        count = int(part.sum())
        rest = everywhere - (sum(sums) - own)
        dice = 2 * own / (count + max(own, rest)) if count else 0.0
        mean = own / count if count else 0.0
        features.append(
            {
                "presence": _bounded(presence),
                "confidence": logit(mean),
                "dice": logit(dice),
                "area": math.log(max(count, 1) / before.size),
                "others": float(len(lesions) > 1),
            }
        )
    return tuple(features)


def image_features(
    evidence: Evidence, drawn: Sequence[bool], probabilities: Sequence[float], dice: Sequence[float]
) -> dict[str, float]:
    """The features of the answer as a whole.

    What presence means depends on whether anything is outlined, so its features come twice, each 0
    where it does not apply.

    Args:
        evidence: of the image.
        drawn: which outlines are.
        probabilities: of each outline.
        dice: expected of each outline.
    """
    shown = [index for index, is_drawn in enumerate(drawn) if is_drawn]
    presence, peak = _bounded(evidence.presence), _bounded(evidence.peak)
    distance = math.log(max(evidence.distance, 1e-3))
    if not shown:
        return {
            "outlined": 0.0,
            "presence_if_silent": presence,
            "peak_if_silent": peak,
            "offered": float(any(probabilities)),
            "presence_if_outlined": 0.0,
            "weakest": 0.0,
            "dice": 0.0,
            "overlap": 0.0,
            "several": 0.0,
            "distance": distance,
        }
    return {
        "outlined": 1.0,
        "presence_if_silent": 0.0,
        "peak_if_silent": 0.0,
        "offered": float(len(shown) < len(drawn)),
        "presence_if_outlined": presence,
        "weakest": logit(min(probabilities[index] for index in shown)),
        "dice": logit(min(dice[index] for index in shown)),
        "overlap": logit(evidence.overlap),
        "several": float(len(shown) > 1),
        "distance": distance,
    }


def logit(probability: float) -> float:
    """Of a probability, at most 7 either way."""
    bounded = min(max(probability, LEAST), MOST)
    return math.log(bounded / (1 - bounded))


def erased(
    mask: NDArray[np.bool_], lesions: Sequence[Lesion], origin: tuple[int, int]
) -> NDArray[np.bool_]:
    """The mask of the effective area without some of its lesions."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    places = [lesion.contour[0] - np.array([origin[1], origin[0]]) for lesion in lesions]
    numbers = [int(labels[row, column]) for column, row in places]
    return mask & ~np.isin(labels, numbers)


def _inside(
    lesion: Lesion, shape: tuple[int, ...], scale: float, origin: tuple[int, int]
) -> NDArray[np.bool_]:
    """The pixels of a lesion at the network's resolution; at least one."""
    polygon = (lesion.contour - np.array([origin[1], origin[0]]) + 0.5) * scale - 0.5
    found = np.zeros(shape, np.uint8)
    corners = np.clip(np.rint(polygon), 0, [shape[1] - 1, shape[0] - 1]).astype(np.int32)
    cv2.fillPoly(found, [corners], 1)
    return found > 0


def _bounded(value: float) -> float:
    return max(-_SURE, min(_SURE, value))
