"""Whether an image shows a lesion, whether each outline is one, and whether the answer is right.

A network with a presence head outputs one logit per image, that it shows a lesion. Small logistic
models, fitted on held-out patients and stored in the model's card, turn that logit and features of
the outlines into probabilities (`sonoloop fit-presence`, docs/adr/0018):

- that the image shows a lesion,
- that an outline is a lesion, and its expected Dice,
- that the whole answer needs a person's correction: a missed, false or poor outline.

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
"""Probabilities stay between these: nothing is certain, and saturated values could not be ranked.
"""
_SURE = 12.0
"""Logits are clipped to this magnitude."""


class Logistic(BaseModel):
    """Logistic regression on named features."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    weights: dict[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return a probability from LEAST to MOST, strictly increasing in the linear predictor.

        Raises:
            KeyError: a feature is missing.
        """
        z = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        p = 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))
        return LEAST + (MOST - LEAST) * p


class PresenceModel(BaseModel):
    """A card's section about a presence head: logistic models and the operating point."""

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
    """An outline is drawn if its probability is at least this."""
    guarantee: dict[str, Any] = Field(default_factory=dict)
    """The rule that chose the operating point, and what it guarantees."""

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
    """The probability that an image shows a lesion.

    Attributes:
        probability: 0 to 1.
        operating_point: the lowest probability at which an outline is drawn.
    """

    probability: float
    operating_point: float

    def to_json(self) -> dict[str, float]:
        """Return probabilities rounded to four digits."""
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
        distance: from the training images, in units of the limit; 1 if the model cannot tell.
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
    """Compute the features of each outline.

    Args:
        lesions: in coordinates of the frame, largest first.
        before: float32 [h,w], calibrated probability before the CRF, at the network's resolution.
        presence: the head's logit.
        scale: px of `before` per px of the frame.
        origin: (row, column) in the frame of the area that `before` covers.
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
    """Compute the features of the whole answer.

    An answer without an outline is wrong for other reasons than one with an outline, so most
    features are 0 if they do not apply.

    Args:
        evidence: inputs for the image.
        drawn: whether each outline is drawn.
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
    """Return the logit of a probability clipped to `least` and 1 - `least`."""
    bounded = min(max(probability, least), 1 - least)
    return math.log(bounded / (1 - bounded))


def at_least(correction: float, probabilities: Sequence[float], drawn: Sequence[bool]) -> float:
    """The probability that the answer needs correction, at least that of its worst outline.

    A drawn outline that is no lesion has to be deleted, and an offered one that is a lesion has to
    be added: whatever the image as a whole looks like, the answer is at least as likely to be wrong
    as any one of these.

    Args:
        correction: the model's probability for the image as a whole.
        probabilities: probability that each outline is a lesion.
        drawn: whether each outline is drawn; otherwise it is offered.
    """
    wrong = (1 - p if is_drawn else p for p, is_drawn in zip(probabilities, drawn, strict=True))
    return max(correction, *wrong, 0.0)


def erased(
    mask: NDArray[np.bool_], lesions: Sequence[Lesion], origin: tuple[int, int]
) -> NDArray[np.bool_]:
    """Remove some lesions from the mask of the effective area."""
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
