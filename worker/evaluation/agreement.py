"""Agreement of a shadow, and of the serving version, with approved masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any
from uuid import UUID

from worker.evaluation.statistics import clustered

FEW_PATIENTS = 10
"""Fewer patients say nothing about a difference."""
POINTS = 1_000
FURTHEST = 12

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Compared:
    """A compared answer; the first of two values belongs to the version that served.

    Attributes:
        patient: groups the images of one patient.
        lesion: whether the signed mask has one.
        at: when the mask was signed.
    """

    image_id: UUID
    frame_index: int
    patient: Hashable
    lesion: bool
    at: datetime
    blind: bool
    dice: tuple[float, float]
    iou: tuple[float, float]
    missed: tuple[bool, bool]
    outlined: tuple[bool, bool]


def figures(compared: Sequence[Compared]) -> dict[str, Any]:
    """Agreement overall, of blind ones, by week, as points, and the largest differences."""
    lesion = [one for one in compared if one.lesion]
    newest = sorted(lesion, key=lambda one: one.at)[-POINTS:]
    apart = sorted(compared, key=lambda one: abs(one.dice[1] - one.dice[0]), reverse=True)
    return {
        "all": agreement(compared),
        "blind": agreement([one for one in compared if one.blind]),
        "weeks": _weeks(lesion),
        "points": [[round(value, 4) for value in one.dice] for one in newest],
        "furthest": [
            {
                "image_id": str(one.image_id),
                "frame_index": one.frame_index,
                "dice": [round(value, 4) for value in one.dice],
            }
            for one in apart[:FURTHEST]
            if one.dice[0] != one.dice[1]
        ],
    }


def agreement(compared: Sequence[Compared]) -> dict[str, Any]:
    """Return the form of the API's `ShadowAgreement`."""
    lesion = [one for one in compared if one.lesion]
    free = [one for one in compared if not one.lesion]
    patients = [one.patient for one in lesion]
    difference = None
    if len(set(patients)) >= FEW_PATIENTS:
        found = clustered([one.dice[1] - one.dice[0] for one in lesion], patients)
        difference = {"mean": found.mean, "low": found.low, "high": found.high}
    return {
        "images": len(compared),
        "patients": len({one.patient for one in compared}),
        "lesion": len(lesion),
        "lesion_free": len(free),
        "dice": means(lesion, lambda one: one.dice),
        "iou": means(lesion, lambda one: one.iou),
        "missed": means(lesion, lambda one: one.missed),
        "outlined": means(free, lambda one: one.outlined),
        "difference": difference,
    }


def means(
    found: Sequence[Compared], pair: Callable[[Compared], tuple[float, float]]
) -> tuple[float | None, float | None]:
    """The mean of each of two values; None if there is none."""
    if not found:
        return None, None
    before, after = zip(*map(pair, found), strict=True)
    return fmean(before), fmean(after)


def middle(values: Sequence[float | None]) -> float | None:
    """The median of the known values."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def monday(at: datetime) -> datetime:
    """Return the beginning of the week that a time belongs to, in UTC."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _weeks(lesion: Sequence[Compared]) -> list[dict[str, Any]]:
    by_week: dict[datetime, list[Compared]] = defaultdict(list)
    for one in lesion:
        by_week[monday(one.at)].append(one)
    return [
        {
            "start": start.isoformat(),
            "images": len(found),
            "dice": means(found, lambda one: one.dice),
        }
        for start, found in sorted(by_week.items())
    ]
