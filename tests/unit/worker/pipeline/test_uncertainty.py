"""The score follows the documented formula, and each reason has its cause."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic import EllipseLesion
from worker.pipeline import ReasonCode, Uncertainty
from worker.pipeline.lesions import find_lesions
from worker.pipeline.uncertainty import FLOOR, expected_dice, expected_iou, judge

SIZE = (120, 160)


def judged(
    *lesions: EllipseLesion,
    inside: float = 0.97,
    outside: float = 0.001,
    tissue: int = 120,
    lesion_level: int = 50,
) -> Uncertainty:
    mask = np.zeros(SIZE, bool)
    for lesion in lesions:
        mask |= lesion.mask(*SIZE)
    probability = np.where(mask, np.float32(inside), np.float32(outside))
    grey = np.where(mask, np.uint8(lesion_level), np.uint8(tissue))
    return judge(probability, mask, find_lesions(mask, probability), grey)


ONE = EllipseLesion((60, 80), (30, 20))


def test_a_clear_lesion_is_sure_and_has_no_reason() -> None:
    result = judged(ONE)
    assert result.reasons == ()
    assert result.score == pytest.approx(0.03, abs=1e-4)


def test_score_is_one_less_the_expected_iou() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random((40, 50)).astype(np.float32)
    mask = probability >= 0.5
    p: NDArray[np.float64] = probability.astype(np.float64)
    outside = p[~mask & (p >= FLOOR)].sum()
    expected = p[mask].sum() / (mask.sum() + outside)
    assert expected_iou(probability, mask) == pytest.approx(expected, rel=1e-5)


def test_expected_iou_is_that_of_masks_drawn_from_the_probabilities() -> None:
    rng = np.random.default_rng(1)
    probability = np.clip(rng.normal(0.5, 0.4, (60, 60)), 0, 1).astype(np.float32)
    mask = probability >= 0.5
    drawn = []
    for _ in range(200):
        truth = rng.random(mask.shape) < probability
        drawn.append((truth & mask).sum() / (truth | mask).sum())
    assert expected_iou(probability, mask) == pytest.approx(np.mean(drawn), abs=0.01)


def test_expected_dice_is_that_of_masks_drawn_from_the_probabilities() -> None:
    rng = np.random.default_rng(2)
    probability = np.clip(rng.normal(0.5, 0.4, (60, 60)), 0, 1).astype(np.float32)
    mask = probability >= 0.6
    drawn = []
    for _ in range(200):
        truth = rng.random(mask.shape) < probability
        drawn.append(2 * (truth & mask).sum() / (truth.sum() + mask.sum()))
    assert expected_dice(probability, 0.6) == pytest.approx(np.mean(drawn), abs=0.01)
    assert expected_dice(probability, 1.1) == 0.0


def test_doubt_before_the_crf_is_not_forgotten_after_it() -> None:
    mask = ONE.mask(*SIZE)
    probability = np.where(mask, np.float32(0.97), np.float32(0.001))
    grey = np.where(mask, np.uint8(50), np.uint8(120))
    lesions = find_lesions(mask, probability)
    sure, doubted = (
        judge(probability, mask, lesions, grey, dice_before=dice).score for dice in (1.0, 0.5)
    )
    assert 1 - doubted == pytest.approx((1 - sure) * 0.5)


def test_an_image_unlike_those_trained_on_is_the_gravest_reason() -> None:
    result = judged(ONE, inside=0.6).out_of_domain(0.8)
    assert result.reasons == (ReasonCode.OUT_OF_DOMAIN, ReasonCode.LOW_CONFIDENCE)


def test_images_unlike_those_trained_on_still_differ_in_their_scores() -> None:
    scores = [
        judged(ONE, inside=inside).out_of_domain(trust).score
        for trust in (0.99, 0.5, 0.1)
        for inside in (0.9, 0.6)
    ]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert min(scores) >= 0.5 and max(scores) < 1


def test_a_doubtful_lesion_scores_higher() -> None:
    doubtful = judged(ONE, inside=0.6)
    assert doubtful.score > judged(ONE, inside=0.9).score
    assert doubtful.reasons == (ReasonCode.LOW_CONFIDENCE,)


def test_touching_the_border() -> None:
    assert judged(EllipseLesion((60, 5), (30, 20))).reasons == (ReasonCode.TOUCHES_BORDER,)


def test_several_candidates_only_when_they_compare() -> None:
    twin, speck = EllipseLesion((60, 130), (20, 20)), EllipseLesion((60, 140), (4, 4))
    left = EllipseLesion((60, 45), (25, 20))
    assert judged(left, twin).reasons == (ReasonCode.SEVERAL_CANDIDATES,)
    assert judged(left, speck).reasons == ()


def test_low_contrast_ignores_the_black_around_the_sector() -> None:
    assert judged(ONE, tissue=55).reasons == (ReasonCode.LOW_CONTRAST,)
    assert judged(ONE, tissue=0).reasons == ()


def test_no_lesion_scores_how_near_it_was() -> None:
    result = judged(outside=0.4)
    assert result.reasons == (ReasonCode.NO_LESION,)
    assert result.score == pytest.approx(0.4)


def test_json_has_code_and_sentence() -> None:
    reasons = judged(ONE, inside=0.6).to_json()["reasons"]
    assert reasons[0]["code"] == "low_confidence"
    assert reasons[0]["text"].endswith(".")
