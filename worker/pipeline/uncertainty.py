"""Uncertainty of the answer, and reasons for a second look.

score = 1 - E · D, where E is the IoU expected from the probabilities after the CRF, and D the Dice
expected from those before it: with mask M and probability p,

    E = sum_{i in M} p_i / (|M| + sum_{i not in M, p_i >= FLOOR} p_i)
    D = 2 · sum_{i in M} p_i / (|M| + sum_i p_i),  M here the pixels at or above the threshold

For calibrated probabilities they are the expected overlap of mask and truth. After the CRF hardly
any pixel is unsure except at the boundary, so E ranks good masks but misses those that are entirely
wrong; D, from before the CRF, finds these (docs/models/trust.md has the figures). Pixels below
FLOOR are the network's noise floor over a large background and are left out of E. Without a mask
the score is the highest probability in the crop: how near the network was to calling something a
lesion. For an image unlike the training images, the score is at least one half.

A model with a presence head (`worker.pipeline.presence`) gives a better score: the probability that
a person has to correct the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.lesions import Lesion

FLOOR = 0.05
CANDIDATE_SHARE = 0.35
"""A second lesion counts as a candidate if it has at least this share of the largest one's area."""
LOW_CONTRAST_LEVELS = 12.0
"""Contrast is low if lesion and surrounding tissue differ by less than this many grey levels."""
LOW_CONFIDENCE = 0.7
"""The network is not confident if the largest lesion's mean probability, or D, is below this."""
RING = 0.15
"""Width of the ring of tissue used for contrast, as a share of the lesion's size."""


class ReasonCode(StrEnum):
    """Why a person should look twice; the code is stable, the text may change."""

    OUT_OF_DOMAIN = "out_of_domain"
    TOUCHES_BORDER = "touches_border"
    SEVERAL_CANDIDATES = "several_candidates"
    LOW_CONTRAST = "low_contrast"
    LOW_CONFIDENCE = "low_confidence"
    NO_LESION = "no_lesion"
    POSSIBLE_LESION = "possible_lesion"


TEXTS = {
    ReasonCode.OUT_OF_DOMAIN: (
        "This is not like the images the model was trained on; what it outlines here, or does "
        "not, means little."
    ),
    ReasonCode.TOUCHES_BORDER: "The lesion touches the border of the image; it may go on outside.",
    ReasonCode.SEVERAL_CANDIDATES: "There are several candidates of similar size.",
    ReasonCode.LOW_CONTRAST: "The lesion hardly differs from the tissue around it.",
    ReasonCode.LOW_CONFIDENCE: "The model is not sure that this is a lesion.",
    ReasonCode.NO_LESION: "No lesion was found; check that none was missed.",
    ReasonCode.POSSIBLE_LESION: (
        "The model found something that is more likely not a lesion, and did not outline it."
    ),
}


@dataclass(frozen=True)
class Uncertainty:
    """Score in [0, 1], where 0 is certain, and the reasons, most serious first."""

    score: float
    reasons: tuple[ReasonCode, ...]

    def judged(self, correction: float, lesions: Sequence[Lesion], offered: bool) -> Uncertainty:
        """Return the uncertainty given the probability that the answer needs correction.

        Args:
            correction: that probability; it replaces the score.
            lesions: the drawn ones, with probability and expected Dice.
            offered: whether something was found and not drawn.
        """
        reasons = list[ReasonCode](r for r in self.reasons if r != ReasonCode.LOW_CONFIDENCE)
        trusts = [min(one.probability or 0.0, one.expected_dice or 0.0) for one in lesions]
        if trusts and min(trusts) < LOW_CONFIDENCE:
            reasons.insert(0, ReasonCode.LOW_CONFIDENCE)
        if offered:
            reasons.append(ReasonCode.POSSIBLE_LESION)
        return Uncertainty(correction, tuple(reasons))

    def out_of_domain(self, trust: float) -> Uncertainty:
        """Return the uncertainty for an image unlike the training images.

        The score is at least one half, and closer to 1 the less the answer can be trusted.

        Args:
            trust: below 1, as `TrainingDomain.trust` returns it.
        """
        score = 1 - 0.5 * trust * (1 - self.score)
        return Uncertainty(score, (ReasonCode.OUT_OF_DOMAIN, *self.reasons))

    def to_json(self) -> dict[str, Any]:
        """Return the score rounded to four digits, and reasons as code and text."""
        return {
            "score": round(self.score, 4),
            "reasons": [{"code": r.value, "text": TEXTS[r]} for r in self.reasons],
        }


def judge(
    probability: NDArray[np.float32],
    mask: NDArray[np.bool_],
    lesions: Sequence[Lesion],
    grey: NDArray[np.uint8],
    origin: tuple[int, int] = (0, 0),
    dice_before: float = 1.0,
) -> Uncertainty:
    """Compute score and reasons for a mask of the effective area.

    Args:
        probability: float32 [H,W].
        mask: bool [H,W].
        lesions: those of the mask, in coordinates of the frame.
        grey: uint8 [H,W].
        origin: (row, column) of the area's first pixel in the frame.
        dice_before: the D of the module's formula.
    """
    reasons = []
    if not lesions:
        return Uncertainty(float(probability.max()), (ReasonCode.NO_LESION,))
    if min(lesions[0].mean_probability, dice_before) < LOW_CONFIDENCE:
        reasons.append(ReasonCode.LOW_CONFIDENCE)
    if len(lesions) > 1 and lesions[1].area_px >= CANDIDATE_SHARE * lesions[0].area_px:
        reasons.append(ReasonCode.SEVERAL_CANDIDATES)
    if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        reasons.append(ReasonCode.TOUCHES_BORDER)
    if abs(contrast(mask, lesions[0], grey, origin)) < LOW_CONTRAST_LEVELS:
        reasons.append(ReasonCode.LOW_CONTRAST)
    return Uncertainty(1.0 - expected_iou(probability, mask) * dice_before, tuple(reasons))


def expected_iou(probability: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """The E of the module's formula, 0 to 1; 0 for an empty mask."""
    # Elementwise products and sums run in SIMD; selecting pixels by the mask would copy them.
    floored = cv2.threshold(probability, np.nextafter(FLOOR, 0), 0, cv2.THRESH_TOZERO)[1]
    everywhere = float(cv2.sumElems(floored)[0])
    inside = mask.view(np.uint8)
    area = cv2.countNonZero(inside)
    if area == 0:
        return 0.0
    agreed = cv2.mean(probability, inside)[0] * area
    outside = everywhere - cv2.mean(floored, inside)[0] * area
    return min(1.0, agreed / (area + max(0.0, outside)))


def expected_dice(probability: NDArray[np.float32], threshold: float) -> float:
    """The D of the module's formula, 0 to 1; 0 if no pixel reaches the threshold."""
    inside = (probability >= np.float32(threshold)).view(np.uint8)
    area = cv2.countNonZero(inside)
    if area == 0:
        return 0.0
    agreed = cv2.mean(probability, inside)[0] * area
    return float(2 * agreed / (area + cv2.sumElems(probability)[0]))


def contrast(
    mask: NDArray[np.bool_],
    lesion: Lesion,
    grey: NDArray[np.uint8],
    origin: tuple[int, int] = (0, 0),
) -> float:
    """Mean grey level of the tissue in a ring around the lesion minus that of the lesion.

    Black pixels (outside the sector) are not tissue. Without surrounding tissue the result is 255:
    the lesion fills the view, and low contrast is not the problem.
    """
    height, width = mask.shape
    box = lesion.box
    reach = max(2, round(RING * np.sqrt(lesion.area_px)))
    top, left = box.top - origin[0], box.left - origin[1]
    window = np.s_[
        max(0, top - reach) : min(height, top + box.height + reach),
        max(0, left - reach) : min(width, left + box.width + reach),
    ]
    shift = (window[1].start, window[0].start)
    polygon = lesion.contour - np.array([origin[1] + shift[0], origin[0] + shift[1]])
    inside = np.zeros(mask[window].shape, dtype=np.uint8)
    cv2.fillPoly(inside, [polygon.astype(np.int32)], 1)
    size = 2 * reach + 1
    around = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))
    values = grey[window]
    ring = (around > 0) & ~mask[window] & (values > 0)
    if not ring.any():
        return 255.0
    return float(values[ring].mean()) - float(values[inside > 0].mean())
