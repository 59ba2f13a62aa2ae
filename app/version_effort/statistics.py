"""The difference of two means, with an interval that accounts for patients."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from random import Random

RESAMPLES = 1_000
CONFIDENCE = 0.95

Values = Sequence[tuple[Hashable, float]]
"""A patient and a value for each image."""


def difference(before: Values, after: Values, seed: int = 0) -> tuple[float, float, float]:
    """Return the mean of ``after`` minus that of ``before``, and its 95 % interval; the patients of
    each side are drawn with replacement, independently of the other side.

    Raises:
        ValueError: a side is empty.
    """
    if not before or not after:
        raise ValueError("both sides need a value")
    random = Random(seed)  # noqa: S311 (statistics, no secret)
    sides = [_by_patient(before), _by_patient(after)]
    drawn = sorted(
        _mean(random.choices(sides[1], k=len(sides[1])))
        - _mean(random.choices(sides[0], k=len(sides[0])))
        for _ in range(RESAMPLES)
    )
    tail = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    return _mean(sides[1]) - _mean(sides[0]), drawn[tail], drawn[-tail - 1]


def _by_patient(values: Values) -> list[tuple[float, int]]:
    sums: dict[Hashable, float] = defaultdict(float)
    counts: dict[Hashable, int] = defaultdict(int)
    for patient, value in values:
        sums[patient] += value
        counts[patient] += 1
    return [(sums[patient], counts[patient]) for patient in sums]


def _mean(patients: Sequence[tuple[float, int]]) -> float:
    return sum(one[0] for one in patients) / sum(one[1] for one in patients)
