"""One mask from those of several readers: by majority or by STAPLE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.bool_]
"""bool [R,H,W]: what each of R readers marked."""

MAX_READERS = 16
START = 0.99999
"""Initial sensitivity and specificity, as in Warfield et al. 2004."""
TOLERANCE = 1e-9
MAX_ITERATIONS = 2000
MARGIN = 0.5
_FLOOR = 1e-9
"""Keeps the logarithms finite if a reader makes no mistake at all."""


@dataclass(frozen=True, slots=True)
class Staple:
    """The estimate of STAPLE.

    Attributes:
        mask: bool [H,W], where the probability is at least 1/2.
        probability: float64 [H,W] that a pixel is lesion, given all readers.
        sensitivity: float64 [R], share of the lesion that each reader marked.
        specificity: float64 [R], share of the background that each reader left unmarked.
        iterations: rounds of expectation and maximisation.
    """

    mask: NDArray[np.bool_]
    probability: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    specificity: NDArray[np.float64]
    iterations: int


def majority(masks: Masks) -> NDArray[np.bool_]:
    """Return the pixels that more than half of the readers marked, bool [H,W].

    A tie is background: with two readers, only the pixels that both marked remain.
    """
    _require(masks)
    votes: NDArray[np.intp] = np.count_nonzero(masks, axis=0)
    return np.greater(2 * votes, len(masks))


def staple(masks: Masks) -> Staple:
    """Simultaneous truth and performance level estimation, for two classes.

    Warfield, Zou and Wells, "Simultaneous truth and performance level estimation (STAPLE): an
    algorithm for the validation of image segmentation", IEEE TMI 23(7), 2004, section II, with
    one prior for all pixels: the mean share that the readers marked. Readers are taken to
    err independently of each other given the truth.

    The estimate is made in the box around everything that anybody marked, half as large again on
    each side. Over a whole frame it would depend on how much background there happens to be:
    every reader's specificity would be near 1 and the result near the union.

    Pixels with the same pattern of decisions share one term, so the cost of a round grows with the
    number of patterns, at most 2^R, and not with the number of pixels.

    Args:
        masks: bool [R,H,W], R from 2 to 16.
    """
    _require(masks)
    readers, height, width = masks.shape
    probability = np.zeros((height, width))
    marked: NDArray[np.bool_] = np.logical_or.reduce(masks)
    if not marked.any():
        sure = np.ones(readers)
        return Staple(marked, probability, sure, sure.copy(), 0)
    window = _window(marked)
    inside = masks[(slice(None), *window)]
    weights = 1 << np.arange(readers, dtype=np.int64)
    patterns, index, counts = np.unique(
        np.tensordot(weights, inside.astype(np.int64), axes=1),
        return_inverse=True,
        return_counts=True,
    )
    decisions = (patterns[None, :] & weights[:, None]) > 0
    truth, sensitivity, specificity, rounds = _estimate(decisions, counts.astype(np.float64))
    probability[window] = truth[index].reshape(inside.shape[1:])
    return Staple(probability >= 0.5, probability, sensitivity, specificity, rounds)


def _estimate(
    decisions: NDArray[np.bool_], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
    """Probability of lesion by pattern, sensitivity and specificity by reader, and rounds.

    Args:
        decisions: bool [R,P], each reader's decision in each pattern.
        counts: [P], number of pixels with that pattern.
    """
    prior = float((decisions * counts).sum() / (len(decisions) * counts.sum()))
    sensitivity = np.full(len(decisions), START)
    specificity = np.full(len(decisions), START)
    truth = np.zeros(decisions.shape[1])
    rounds = 0
    for rounds in range(1, MAX_ITERATIONS + 1):  # noqa: B007
        before = truth
        p = np.clip(sensitivity, _FLOOR, 1 - _FLOOR)[:, None]
        q = np.clip(specificity, _FLOOR, 1 - _FLOOR)[:, None]
        lesion = _sum(np.where(decisions, np.log(p), np.log1p(-p)), 0) + _log(prior)
        free = _sum(np.where(decisions, np.log1p(-q), np.log(q)), 0) + _log(1 - prior)
        truth = np.exp(lesion - np.logaddexp(lesion, free))
        weight = truth * counts
        rest = (1 - truth) * counts
        sensitivity = _share(_sum(decisions * weight, 1), float(_sum(weight, 0)))
        specificity = _share(_sum(~decisions * rest, 1), float(_sum(rest, 0)))
        if np.max(np.abs(truth - before)) < TOLERANCE:
            break
    return truth, sensitivity, specificity, rounds


def _sum(terms: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the sum, identical to the last bit whatever the order of the readers.

    When readers contradict each other evenly, several estimates are equally likely, and rounding
    alone would favour the reader who comes first.
    """
    total: NDArray[np.float64] = np.sort(terms, axis=axis).sum(axis=axis)
    return total


def _share(part: NDArray[np.float64], whole: float) -> NDArray[np.float64]:
    """Return `part / whole`; 1 if `whole` is empty, as there was nothing to get wrong."""
    return part / whole if whole > 0 else np.ones_like(part)


def _log(probability: float) -> float:
    return float(np.log(np.clip(probability, _FLOOR, 1.0)))


def _window(marked: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the box around everything marked, enlarged by its margin, within the frame."""
    bounds = []
    for axis in (1, 0):
        where = np.flatnonzero(marked.any(axis=axis))
        first, last = int(where[0]), int(where[-1]) + 1
        margin = int(np.ceil(MARGIN * (last - first)))
        bounds.append(slice(max(0, first - margin), min(marked.shape[1 - axis], last + margin)))
    return bounds[0], bounds[1]


def _require(masks: Masks) -> None:
    if masks.ndim != 3 or masks.dtype != np.bool_ or not 2 <= len(masks) <= MAX_READERS:
        raise ValueError(
            f"a consensus takes bool [R,H,W] of 2 to {MAX_READERS} readers, "
            f"got {masks.dtype} {masks.shape}"
        )
