"""Presence is fitted on held-out patients, and its operating point keeps its promise."""

from __future__ import annotations

import numpy as np
import pytest

from models.data import DataError
from models.presence import Looked, Outlined, fit, fit_logistic, needs_correction, operating_point
from worker.pipeline.presence import Evidence


def looked(index: int, lesion: bool, strength: float, *, outlined: bool = True) -> Looked:
    """An image of its own patient: the outline is as large as the lesion and `strength` sure."""
    features = {
        "presence": strength,
        "confidence": strength,
        "dice": strength / 2,
        "area": -3.0,
        "others": 0.0,
    }
    truth = 1000 if lesion else 0
    inside = 900 if lesion else 0
    return Looked(
        source="set",
        group=f"set/{index}",
        truth=truth,
        evidence=Evidence(
            presence=strength,
            peak=strength,
            overlap=0.8,
            distance=0.9,
            outlines=(features,) if outlined else (),
        ),
        outlines=(Outlined(1000, inside, truth),) if outlined else (),
    )


def population(count: int, seed: int = 0) -> list[Looked]:
    rng = np.random.default_rng(seed)
    return [looked(n, n % 3 > 0, rng.normal(2.0 if n % 3 else -2.0, 1.5)) for n in range(count)]


def test_regression_finds_the_coefficients_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)) * (1.0, 5.0)
    p = 1 / (1 + np.exp(-(0.5 + 1.2 * x[:, 0] - 0.3 * x[:, 1])))
    rows = [{"a": a, "b": b} for a, b in x]
    found = fit_logistic(rows, list(p), ["a", "b"])  # soft targets
    assert found.bias == pytest.approx(0.5, abs=0.02)
    assert found.weights["a"] == pytest.approx(1.2, abs=0.03)
    assert found.weights["b"] == pytest.approx(-0.3, abs=0.02)


def test_the_operating_point_loses_as_many_as_the_rule_allows_and_no_more() -> None:
    images = [looked(n, True, 0.0) for n in range(400)]
    probabilities = [[(n + 1) / 500] for n in range(400)]
    point, promise = operating_point(images, probabilities, most=0.01)
    # (lost + 1) / (400 + 1) ≤ 0.01 allows three.
    assert promise["lost"] == 3
    assert promise["bound_on_expected_loss"] <= 0.01
    assert sum(p < point for (p,) in probabilities) == 3
    assert point == pytest.approx(4 / 500)


def test_the_promise_holds_on_images_that_had_no_part_in_it() -> None:
    lost = []
    for seed in range(40):
        images = population(600, seed)
        own = [[1 / (1 + np.exp(-one.evidence.presence))] for one in images]
        point, _ = operating_point(images[:300], own[:300], most=0.02)
        rest = [p for one, (p,) in zip(images[300:], own[300:], strict=True) if one.truth]
        lost.append(np.mean([p < point for p in rest]))
    assert np.mean(lost) <= 0.02 + 0.005


def test_too_few_lesions_promise_nothing() -> None:
    images = [looked(n, True, 0.0) for n in range(50)]
    with pytest.raises(DataError, match="50 outlined lesions are too few"):
        operating_point(images, [[0.9]] * 50, most=0.01)


def test_fitting_silences_what_is_none_and_ranks_answers_that_need_correction() -> None:
    images = population(900)
    model = fit(images)
    drawn = [
        [model.outline.probability(f) >= model.operating_point for f in one.evidence.outlines]
        for one in images
    ]
    lesions = [d for one, d in zip(images, drawn, strict=True) if one.truth]
    free = [d for one, d in zip(images, drawn, strict=True) if not one.truth]
    assert np.mean([not any(d) for d in lesions]) <= 0.02
    assert np.mean([any(d) for d in free]) < 0.7
    said = [model.image.probability({"presence": one.evidence.presence}) for one in images]
    assert np.mean(said) == pytest.approx(np.mean([one.truth > 0 for one in images]), abs=0.02)


def test_without_images_that_show_no_lesion_nothing_can_be_fitted() -> None:
    with pytest.raises(DataError, match="both kinds"):
        fit([looked(n, True, 1.0) for n in range(300)])


def test_misses_false_outlines_and_bad_outlines_need_correction() -> None:
    good, false, missed = looked(0, True, 1.0), looked(1, False, 1.0), looked(2, True, 1.0)
    assert not needs_correction(good, [True])
    assert needs_correction(false, [True])
    assert not needs_correction(false, [False])
    assert needs_correction(missed, [False])
    assert missed.missed([False]) and not missed.missed([True])
    part = Looked("set", "g", 1000, good.evidence, (Outlined(500, 450, 1000),))
    assert needs_correction(part, [True])
