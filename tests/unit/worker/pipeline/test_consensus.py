"""Consensus against plain arithmetic: a brute-force STAPLE, and readers whose errors are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from worker.pipeline.consensus import START, majority, staple

MASKS = st.tuples(st.integers(2, 4), st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.bool_, shape)
)


def brute_force(
    masks: NDArray[np.bool_], rounds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute STAPLE pixel by pixel with products of probabilities, as in the paper."""
    readers, height, width = masks.shape
    p, q = np.full(readers, START), np.full(readers, START)
    prior = masks.mean()
    weight = np.zeros((height, width))
    for _ in range(rounds):
        for y in range(height):
            for x in range(width):
                a, b = prior, 1 - prior
                for j in range(readers):
                    a *= p[j] if masks[j, y, x] else 1 - p[j]
                    b *= 1 - q[j] if masks[j, y, x] else q[j]
                weight[y, x] = a / (a + b)
        for j in range(readers):
            p[j] = weight[masks[j]].sum() / weight.sum()
            q[j] = (1 - weight)[~masks[j]].sum() / (1 - weight).sum()
        # A reader without a mistake gives 0 · log 0; the product form must avoid it too.
        p, q = np.clip(p, 1e-9, 1 - 1e-9), np.clip(q, 1e-9, 1 - 1e-9)
    return weight, p, q


@pytest.mark.parametrize("seed", range(5))
def test_staple_is_what_the_paper_computes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.zeros((9, 11), bool)
    truth[2:7, 3:8] = True
    # With marks at the corners, the box around everything is the whole image.
    masks = np.stack([truth ^ (rng.random(truth.shape) < share) for share in (0.05, 0.15, 0.25)])
    masks[:, [0, -1], [0, -1]] = True
    found = staple(masks)
    weight, p, q = brute_force(masks, found.iterations)
    assert found.probability == pytest.approx(weight, abs=1e-6)
    assert found.sensitivity == pytest.approx(p, abs=1e-6)
    assert found.specificity == pytest.approx(q, abs=1e-6)


def simulated(
    sensitivity: list[float], specificity: list[float], seed: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a disc, and masks of readers who label each pixel right with these probabilities."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:120, :160]
    truth = (y - 60) ** 2 + (x - 80) ** 2 < 45**2
    masks = []
    for p, q in zip(sensitivity, specificity, strict=True):
        marked = np.where(truth, rng.random(truth.shape) < p, rng.random(truth.shape) > q)
        masks.append(marked)
    return truth, np.stack(masks)


def test_staple_finds_how_reliable_each_reader_is() -> None:
    sensitivity, specificity = [0.95, 0.8, 0.7], [0.9, 0.98, 0.8]
    _, masks = simulated(sensitivity, specificity)
    found = staple(masks)
    assert found.sensitivity == pytest.approx(sensitivity, abs=0.03)
    assert found.specificity == pytest.approx(specificity, abs=0.03)


def test_staple_beats_majority_where_one_reader_is_better_than_the_rest() -> None:
    truth, masks = simulated([0.99, 0.7, 0.7], [0.99, 0.7, 0.7])
    errors = {
        "staple": np.count_nonzero(staple(masks).mask ^ truth),
        "majority": np.count_nonzero(majority(masks) ^ truth),
    }
    assert errors["staple"] < errors["majority"] / 2


def test_staple_does_not_depend_on_how_much_background_there_is() -> None:
    small = np.zeros((2, 40, 40), bool)
    small[0, 15:25, 15:25] = True
    small[1, 17:27, 15:25] = True
    large = np.pad(small, ((0, 0), (200, 300), (500, 100)))
    inside = staple(large).mask[200:240, 500:540]
    assert np.array_equal(inside, staple(small).mask)
    assert not staple(large).mask[:200].any()


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_readers_in_any_order_give_the_same(masks: NDArray[np.bool_]) -> None:
    turned = staple(masks[::-1])
    found = staple(masks)
    assert found.probability == pytest.approx(turned.probability, abs=1e-5)
    assert np.all((found.probability >= 0) & (found.probability <= 1))
    assert np.array_equal(majority(masks), majority(masks[::-1]))


@given(arrays(np.bool_, (5, 7)), st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_readers_who_agree_are_believed(mask: NDArray[np.bool_], readers: int) -> None:
    masks = np.stack([mask] * readers)
    assert np.array_equal(staple(masks).mask, mask)
    assert np.array_equal(majority(masks), mask)


def test_a_tie_is_background() -> None:
    first, second = np.array([[1, 1, 0, 0]], bool), np.array([[1, 0, 1, 0]], bool)
    assert majority(np.stack([first, second])).tolist() == [[True, False, False, False]]
    assert majority(np.stack([first, first, second])).tolist() == [[True, True, False, False]]


def test_nothing_marked_is_nothing_found() -> None:
    found = staple(np.zeros((3, 4, 5), bool))
    assert not found.mask.any()
    assert found.sensitivity.tolist() == found.specificity.tolist() == [1.0] * 3


@pytest.mark.parametrize("shape", [(1, 4, 4), (17, 4, 4), (4, 4)])
def test_what_is_no_consensus_is_refused(shape: tuple[int, ...]) -> None:
    for method in (majority, staple):
        with pytest.raises(ValueError, match="a consensus takes"):
            method(np.zeros(shape, bool))
    with pytest.raises(ValueError, match="a consensus takes"):
        staple(np.zeros((2, 4, 4), np.uint8))
