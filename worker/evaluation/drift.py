"""Whether a week of images, answers and corrections is as those before, beyond chance.

One value for each patient: images of one are alike, and tests ask for values that are not. How far
images are from the training images and how unsure the answers are is tested by Kolmogorov and
Smirnov, two-sided; shares and Dice by Mann and Whitney, for the worse only. Weeks are looked at
without end, so that the k-th look has 6/(π²k²) of the level, of which all looks together have 5 %,
and each of the measures a part (Bonferroni).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from scipy import stats

LEVEL = 0.05
MOST_IMAGES = 12
"""That an alarm names."""

Alternative = Literal["two-sided", "greater", "less"]
MEASURES: dict[str, Alternative] = {
    "distance": "two-sided",
    "uncertainty": "two-sided",
    "flagged": "greater",
    "corrected": "greater",
    "dice": "less",
}
"""And in which direction the week has to differ."""


@dataclass(frozen=True)
class Seen:
    """A measure of one image; values of one patient are averaged."""

    patient: Hashable
    image: str
    value: float


def limit_of(look: int) -> float:
    """The p value below which the k-th look is an alarm."""
    return LEVEL / len(MEASURES) * 6 / (math.pi * look) ** 2


def figure(
    measure: str, before: Sequence[Seen], after: Sequence[Seen], look: int, fewest: tuple[int, int]
) -> dict[str, Any]:
    """One measure as it is stored.

    Args:
        look: which look this is, from 1.
        fewest: patients of (the reference, the week); with fewer there is no p value.
    """
    old, new = _by_patient(before), _by_patient(after)
    p = None
    if look and len(old) >= fewest[0] and len(new) >= fewest[1]:
        p = _p(new, old, MEASURES[measure])
    return {
        "measure": measure,
        "before": fmean(old) if old else None,
        "after": fmean(new) if new else None,
        "patients": len(new),
        "p": p,
        "limit": limit_of(look) if look else None,
    }


def alarm(found: dict[str, Any], after: Sequence[Seen]) -> dict[str, Any] | None:
    """The measure with the images that caused it, where it is beyond chance."""
    if found["p"] is None or found["p"] >= found["limit"]:
        return None
    higher = found["after"] >= found["before"]
    ranked = sorted(after, key=lambda one: one.value, reverse=higher)
    images = list(dict.fromkeys(one.image for one in ranked))
    return {**found, "images": images[:MOST_IMAGES]}


def _p(new: Sequence[float], old: Sequence[float], alternative: Alternative) -> float:
    if alternative == "two-sided":
        return float(stats.ks_2samp(new, old).pvalue)
    if set(new) == set(old) and len(set(new)) == 1:
        return 1.0  # nothing differs
    return float(stats.mannwhitneyu(new, old, alternative=alternative).pvalue)


def _by_patient(values: Sequence[Seen]) -> list[float]:
    by: dict[Hashable, list[float]] = defaultdict(list)
    for one in values:
        by[one.patient].append(one.value)
    return [fmean(found) for found in by.values()]
