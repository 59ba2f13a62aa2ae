"""Whether a week of images, answers and corrections differs from earlier ones beyond chance.

Each patient counts with one value: images of one patient are alike, and the tests require
independent values. The distance from the training images and the uncertainty are tested with the
two-sided Kolmogorov-Smirnov test; shares and Dice with the one-sided Mann-Whitney test, for the
worse only. The number of weeks is unlimited, so the k-th look gets 6/(π²k²) of the level; all looks
together have 5 %, divided among the measures (Bonferroni).
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
"""Most images that an alarm lists."""

Alternative = Literal["two-sided", "greater", "less"]
MEASURES: dict[str, Alternative] = {
    "distance": "two-sided",
    "uncertainty": "two-sided",
    "flagged": "greater",
    "corrected": "greater",
    "dice": "less",
}
"""Measures, with the direction in which the week has to differ."""


@dataclass(frozen=True)
class Seen:
    """A measure of one image; the values of one patient are averaged."""

    patient: Hashable
    image: str
    value: float


def limit_of(look: int) -> float:
    """The p value below which the k-th look raises an alarm."""
    return LEVEL / len(MEASURES) * 6 / (math.pi * look) ** 2


def figure(
    measure: str, before: Sequence[Seen], after: Sequence[Seen], look: int, fewest: tuple[int, int]
) -> dict[str, Any]:
    """Return one measure in its stored form.

    Args:
        look: which look this is, from 1.
        fewest: least patients of (the reference, the week); with fewer there is no p value.
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
    """The measure with the images that caused the alarm, if it is beyond chance."""
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
