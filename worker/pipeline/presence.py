"""Whether there is a lesion, in an image and in each outline, and whether the answer is right.

A network with a presence head gives each image one logit of showing a lesion. Small logistic
models, fitted on held-out patients and kept in the model's card, turn that logit and features of
the outlines into probabilities (`sonoloop fit-presence`, docs/adr/0018):

- that the image shows a lesion,
- that an outline is one, and the Dice that it may be expected to have,
- that the answer as a whole needs a person's correction: a miss, a false outline, or a bad one.

An outline whose probability is below the operating point is offered and not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.pipeline.components import connected_parts
from worker.pipeline.lesions import Lesion

IMAGE_FEATURES = frozenset({"presence"})
OUTLINE_FEATURES = frozenset({"presence", "peak", "confidence", "dice", "area", "smaller"})
ANSWER_FEATURES = frozenset(
    {
        "outlined",
        "presence_if_silent",
        "peak_if_silent",
        "doubt_if_outlined",
        "several",
        "offered",
        "distance",
    }
)
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
    """The part of a card about a presence head: logistic models and the operating point."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Logistic
    """The probability that the image shows a lesion."""
    outline: Logistic
    """That an outline is a lesion."""
    dice: Logistic
    """The Dice of an outline, given that it is one."""
    correction: Logistic
    """The probability that a person has to correct the answer."""
    operating_point: float = Field(ge=0, le=1)
    """An outline is drawn from this probability on."""
    guarantee: dict[str, Any] = Field(default_factory=dict)
    """The rule that chose the operating point, and what it promises."""

    @model_validator(mode="after")
    def _features_are_known(self) -> Self:
        for model, known in (
            (self.image, IMAGE_FEATURES),
            (self.outline, OUTLINE_FEATURES),
            (self.dice, OUTLINE_FEATURES),
            (self.correction, ANSWER_FEATURES),
        ):
            if unknown := sorted(model.weights.keys() - known):
                raise ValueError(
                    f"presence uses {', '.join(unknown)}, which this version does not measure; run "
                    "`sonoloop fit-presence`"
                )
        return self


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
    """The inputs of the logistic models.

    Attributes:
        presence: the head's logit.
        peak: the largest logit of any pixel, calibrated.
        doubt: 1 - E · D of `worker.pipeline.uncertainty` for all outlines together; 1 without any.
        distance: from the training images, in limits; 1 where the model cannot tell.
        outlines: features of each outline, by name, in the order of the lesions.
    """

    presence: float
    peak: float
    doubt: float
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
        lesions: in coordinates of the frame, largest first.
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
    for lesion, part, own in zip(lesions, parts, sums, strict=True):
        count = int(part.sum())
        rest = everywhere - (sum(sums) - own)
        dice = 2 * own / (count + max(own, rest)) if count else 0.0
        mean = own / count if count else 0.0
        highest = float(before[part].max(initial=0.0))
        features.append(
            {
                "presence": _bounded(presence),
                "peak": _bounded(logit(highest, 1e-6)),
                "confidence": logit(mean),
                "dice": logit(dice),
                "area": math.log(max(count, 1) / before.size),
                "smaller": math.log(lesions[0].area_px / lesion.area_px),
            }
        )
    return tuple(features)


def image_features(evidence: Evidence, drawn: Sequence[bool]) -> dict[str, float]:
    """The features of the answer as a whole.

    What may be wrong with silence is not what may be wrong with an outline, so most features are 0
    where they do not apply.

    Args:
        evidence: of the image.
        drawn: which of its outlines are.
    """
    shown = sum(drawn)
    silent = not shown
    return {
        "outlined": float(not silent),
        "presence_if_silent": _bounded(evidence.presence) if silent else 0.0,
        "peak_if_silent": _bounded(evidence.peak) if silent else 0.0,
        "doubt_if_outlined": 0.0 if silent else logit(evidence.doubt),
        "several": float(shown > 1),
        "offered": float(shown < len(drawn)),
        "distance": math.log(max(evidence.distance, 1e-3)),
    }


def logit(probability: float, least: float = LEAST) -> float:
    """The logit of a probability that counts as at least `least` and at most 1 - `least`."""
    bounded = min(max(probability, least), 1 - least)
    return math.log(bounded / (1 - bounded))


def at_least(correction: float, probabilities: Sequence[float], drawn: Sequence[bool]) -> float:
    """The probability that the answer needs correction, at least that of its worst outline.

    A drawn outline that is no lesion has to be deleted, and an offered one that is a lesion has to
    be added: whatever the image as a whole looks like, the answer is wrong at least as probably as
    any one of these.

    Args:
        correction: the model's probability for the image as a whole.
        probabilities: that each outline is a lesion.
        drawn: whether each outline is drawn; else it is offered.
    """
    wrong = (1 - p if is_drawn else p for p, is_drawn in zip(probabilities, drawn, strict=True))
    return max(correction, *wrong, 0.0)


def erased(
    mask: NDArray[np.bool_], lesions: Sequence[Lesion], origin: tuple[int, int]
) -> NDArray[np.bool_]:
    """The mask of the effective area without some of its lesions."""
    labels = connected_parts(mask)
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
