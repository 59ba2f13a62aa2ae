"""Intervals take patients into account and agree with cases calculated by hand."""

import itertools

import numpy as np
import pytest

from worker.evaluation.statistics import clustered


def test_every_draw_of_three_patients_by_hand() -> None:
    """Three patients with one image each have 27 equally likely draws. The interval is that of the
    means of all 27."""
    values = [0.0, 0.3, 0.9]
    exact = [np.mean(draw) for draw in itertools.product(values, repeat=3)]
    found = clustered(values, ["a", "b", "c"], resamples=20_000)
    assert found.mean == pytest.approx(0.4)
    # Of 27 means, the lowest (0) and the highest (0.9) have a probability of 1/27 > 2.5 % each.
    assert (found.low, found.high) == (pytest.approx(min(exact)), pytest.approx(max(exact)))


def test_images_of_one_patient_are_not_independent() -> None:
    """Ten copies of each image say no more about patients than one does."""
    random = np.random.default_rng(1)
    values = random.normal(0.02, 0.05, 40)
    once = clustered(values, range(40))
    ten = clustered(np.repeat(values, 10), np.repeat(np.arange(40), 10).tolist())
    assert (ten.images, ten.patients) == (400, 40)
    assert ten.low == pytest.approx(once.low)
    assert ten.high == pytest.approx(once.high)
    taken_apart = clustered(np.repeat(values, 10), range(400))
    assert taken_apart.high - taken_apart.low < (once.high - once.low) / 2


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    covered = 0
    for seed in range(200):
        patients = np.repeat(np.arange(40), 3)
        values = np.repeat(random.normal(0, 0.05, 40), 3) + random.normal(0, 0.02, 120)
        found = clustered(values, patients.tolist(), seed=seed, resamples=500)
        covered += found.low <= 0 <= found.high
    assert 0.89 <= covered / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(3).normal(size=30)
    assert clustered(values, range(30), seed=7) == clustered(values, range(30), seed=7)
    assert clustered(values, range(30), seed=7) != clustered(values, range(30), seed=8)


def test_one_patient_has_no_interval_and_none_is_an_error() -> None:
    found = clustered([0.1, 0.3], ["a", "a"])
    assert (found.low, found.mean, found.high) == (0.2, 0.2, 0.2)
    with pytest.raises(ValueError, match="one image at least"):
        clustered([], [])
