"""The gate: whether a version may replace the serving one, and why.

Each check is a row with its figures. A check that fails, or has too few patients, keeps the gate
closed; docs/adr explains the limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from worker.evaluation.statistics import Difference, clustered

FEW_PATIENTS = 10
"""Fewer patients are never judged."""
LEAST_GAIN = 0.0
LEAST_GAIN_WITH_REASON = -0.01
MOST_LOSS = 0.01
MOST_BRIER = 0.005
MOST_FLAGGED = 0.02
MOST_SUBGROUP_LOSS = 0.03
SUBGROUP_IMAGES = 30
MOST_TIME = 1.2


class Standing(StrEnum):
    """The result of one check, or of all."""

    PASS = "pass"  # noqa: S105 (no password)
    REASON = "reason"
    """It passes, but requires a written reason."""
    UNJUDGED = "unjudged"
    """Too few patients, or nothing to measure."""
    FAIL = "fail"


@dataclass(frozen=True)
class VersionAnswer:
    """One version's answer for an image, as the columns of its row."""

    iou: float
    outlined: bool
    missed: bool
    brier: float
    flagged: bool | None
    fault: str | None = None


@dataclass(frozen=True)
class Pair:
    """An image and the answers of both versions.

    Attributes:
        test: whether it is in the project's test part; else in a reference set.
        patient: unique across all sets.
        lesion: whether it shows one.
        groups: scanner, class and size by name, if known.
    """

    test: bool
    set_name: str
    patient: str
    lesion: bool
    groups: dict[str, str]
    before: VersionAnswer
    after: VersionAnswer


@dataclass(frozen=True)
class Facts:
    """Facts about both versions besides their answers.

    Attributes:
        calibrated: whether the card of (the serving version, the candidate) has a calibration.
        guarded: whether each has a training domain.
        presence: whether each returns a probability that there is a lesion.
        times: milliseconds of (the serving version, the candidate), for each image.
    """

    calibrated: tuple[bool, bool]
    guarded: tuple[bool, bool]
    presence: tuple[bool, bool]
    times: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Check:
    """A row of the gate.

    Attributes:
        value: the measured value; a difference is candidate minus serving.
        limit: the limit that it is compared with.
    """

    key: str
    standing: Standing
    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    before: float | None = None
    after: float | None = None
    images: int = 0
    patients: int = 0
    group: str | None = None


def judge(pairs: Sequence[Pair], facts: Facts) -> dict[str, Any]:
    """Return the verdict in its stored form: `standing`, `checks` and `figures`."""
    checks = [
        _gain([p for p in pairs if p.test and p.lesion]),
        *_losses([p for p in pairs if not p.test and p.lesion]),
        _false_outlines([p for p in pairs if not p.lesion]),
        _calibration(pairs, facts),
        _domain(pairs, facts),
        _presence(facts),
        *_subgroups([p for p in pairs if p.lesion]),
        _time(facts),
        _answers(pairs),
    ]
    return {
        "standing": _of(checks),
        "checks": [asdict(check) for check in checks],
        "figures": _figures(pairs),
    }


def _of(checks: Iterable[Check]) -> Standing:
    found = {check.standing for check in checks}
    return next(
        (one for one in (Standing.FAIL, Standing.UNJUDGED, Standing.REASON) if one in found),
        Standing.PASS,
    )


def _difference(pairs: Sequence[Pair], value: Callable[[VersionAnswer], float]) -> Difference:
    return clustered([value(p.after) - value(p.before) for p in pairs], [p.patient for p in pairs])


def _mean(pairs: Sequence[Pair], value: Callable[[Pair], float]) -> float | None:
    return sum(value(p) for p in pairs) / len(pairs) if pairs else None


def _iou(answer: VersionAnswer) -> float:
    return answer.iou


def _patients(pairs: Sequence[Pair]) -> int:
    return len({p.patient for p in pairs})


def _too_few(key: str, pairs: Sequence[Pair], what: str, **more: Any) -> Check | None:
    patients = _patients(pairs)
    if patients >= FEW_PATIENTS:
        return None
    text = (
        f"Patients{what}: {patients}; {FEW_PATIENTS} are needed. This cannot be judged, and the "
        "gate stays shut."
    )
    return Check(key, Standing.UNJUDGED, text, images=len(pairs), patients=patients, **more)


def _compared(key: str, pairs: Sequence[Pair], found: Difference, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "value": found.mean,
        "low": found.low,
        "high": found.high,
        "before": _mean(pairs, lambda p: p.before.iou),
        "after": _mean(pairs, lambda p: p.after.iou),
        "images": found.images,
        "patients": found.patients,
        **more,
    }


def _gain(pairs: Sequence[Pair]) -> Check:
    few = _too_few("gain", pairs, " with a lesion in the test part")
    if few:
        return few
    found = _difference(pairs, _iou)
    if found.low > LEAST_GAIN:
        standing, text = Standing.PASS, "It is better on this project’s test part."
    elif found.low > LEAST_GAIN_WITH_REASON:
        standing = Standing.REASON
        text = "A gain is not shown, and a loss beyond 0.01 is ruled out: a reason is needed."
    else:
        standing, text = Standing.FAIL, "A loss beyond 0.01 on the test part is not ruled out."
        if found.high < 0:
            text = "It is worse on this project’s test part."
    return Check(standing=standing, text=text, **_compared("gain", pairs, found, limit=LEAST_GAIN))


def _losses(pairs: Sequence[Pair]) -> list[Check]:
    by_set: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_set[pair.set_name].append(pair)
    if not by_set:
        text = (
            "No reference set with lesions is named, so that nobody knows what it lost elsewhere. "
            "A site admin names one: the pool of another project."
        )
        return [Check("loss", Standing.UNJUDGED, text)]
    return [_loss(name, found) for name, found in sorted(by_set.items())]


def _loss(name: str, pairs: Sequence[Pair]) -> Check:
    few = _too_few("loss", pairs, f" with a lesion in {name}", group=name)
    if few:
        return few
    found = _difference(pairs, _iou)
    safe = found.low >= -MOST_LOSS
    text = "No loss beyond 0.01." if safe else "A loss beyond 0.01 is not ruled out."
    return Check(
        standing=Standing.PASS if safe else Standing.FAIL,
        text=text,
        **_compared("loss", pairs, found, limit=-MOST_LOSS, group=name),
    )


def _false_outlines(pairs: Sequence[Pair]) -> Check:
    few = _too_few("false-outlines", pairs, " without a lesion")
    if few:
        return few
    found = _difference(pairs, lambda one: float(one.outlined))
    before = sum(p.before.outlined for p in pairs)
    after = sum(p.after.outlined for p in pairs)
    text = f"Images without a lesion: {len(pairs)}; outlined: {after}, before {before}."
    return Check(
        "false-outlines",
        Standing.PASS if after <= before else Standing.FAIL,
        text,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=0.0,
        before=before / len(pairs),
        after=after / len(pairs),
        images=found.images,
        patients=found.patients,
    )


def _calibration(pairs: Sequence[Pair], facts: Facts) -> Check:
    key = "calibration"
    if facts.calibrated[0] and not facts.calibrated[1]:
        return Check(key, Standing.FAIL, "Its card has no calibration.")
    few = _too_few(key, pairs, "")
    if few:
        return few
    found = _difference(pairs, lambda one: one.brier)
    safe = found.high <= MOST_BRIER
    text = (
        "Its probabilities are as right as before."
        if safe
        else "Its probabilities may be wrong by more than before (Brier score of the pixels)."
    )
    return Check(
        key,
        Standing.PASS if safe else Standing.FAIL,
        text,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=MOST_BRIER,
        before=_mean(pairs, lambda p: p.before.brier),
        after=_mean(pairs, lambda p: p.after.brier),
        images=found.images,
        patients=found.patients,
    )


def _domain(pairs: Sequence[Pair], facts: Facts) -> Check:
    key = "domain"
    if facts.guarded[0] and not facts.guarded[1]:
        text = "It lost the guard that flags images unlike the training images."
        return Check(key, Standing.FAIL, text)
    if not facts.guarded[0]:
        return Check(key, Standing.PASS, "The serving version has no domain guard to be lost.")
    few = _too_few(key, pairs, "")
    if few:
        return few
    found = _difference(pairs, lambda one: float(bool(one.flagged)))
    safe = found.mean <= MOST_FLAGGED
    text = (
        "It flags no more of these images as unlike its training images."
        if safe
        else "It flags more of these images as unlike its training images."
    )
    return Check(
        key,
        Standing.PASS if safe else Standing.FAIL,
        text,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=MOST_FLAGGED,
        before=_mean(pairs, lambda p: float(bool(p.before.flagged))),
        after=_mean(pairs, lambda p: float(bool(p.after.flagged))),
        images=found.images,
        patients=found.patients,
    )


def _presence(facts: Facts) -> Check:
    lost = facts.presence[0] and not facts.presence[1]
    text = (
        "It lost the answer whether there is a lesion at all."
        if lost
        else "It tells whether there is a lesion as the serving version does."
    )
    return Check("presence", Standing.FAIL if lost else Standing.PASS, text)


def _subgroups(pairs: Sequence[Pair]) -> list[Check]:
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        for kind, name in pair.groups.items():
            groups[f"{kind}: {name}"].append(pair)
    large = {name: found for name, found in groups.items() if len(found) >= SUBGROUP_IMAGES}
    if not large:
        text = f"No scanner, class or size has {SUBGROUP_IMAGES} images; none is judged alone."
        return [Check("subgroup", Standing.PASS, text)]
    checks = []
    for name, found in sorted(large.items()):
        difference = _difference(found, _iou)
        safe = difference.mean >= -MOST_SUBGROUP_LOSS
        checks.append(
            Check(
                standing=Standing.PASS if safe else Standing.FAIL,
                text="Loses no more than 0.03." if safe else "Loses more than 0.03.",
                **_compared("subgroup", found, difference, limit=-MOST_SUBGROUP_LOSS, group=name),
            )
        )
    return checks


def time_ratio(times: Sequence[tuple[float, float]]) -> float:
    """The candidate's time as a multiple of the other's: the median over one or more images."""
    return float(np.median([new / max(old, 1e-6) for old, new in times]))


def _time(facts: Facts) -> Check:
    if not facts.times:
        return Check("time", Standing.UNJUDGED, "No image could be timed.")
    before, after = (np.median(times).item() for times in zip(*facts.times, strict=True))
    ratio = time_ratio(facts.times)
    return Check(
        "time",
        Standing.PASS if ratio <= MOST_TIME else Standing.FAIL,
        f"An image takes {ratio:.2f} times as long.",
        value=ratio,
        limit=MOST_TIME,
        before=before,
        after=after,
        images=len(facts.times),
    )


def _answers(pairs: Sequence[Pair]) -> Check:
    faults = [p for p in pairs if p.after.fault]
    if not faults:
        return Check("answers", Standing.PASS, "It answers every image.", images=len(pairs))
    text = f"Images without an answer: {len(faults)}. {faults[0].after.fault}"
    return Check("answers", Standing.FAIL, text, value=float(len(faults)), images=len(pairs))


def _figures(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Old against new for each set: IoU and misses with a lesion, false outlines without."""
    by_set: dict[tuple[bool, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_set[(not pair.test, pair.set_name)].append(pair)
    said = []
    for (_, name), found in sorted(by_set.items()):
        lesion, free = [p for p in found if p.lesion], [p for p in found if not p.lesion]
        said.append(
            {
                "set": name,
                "images": len(found),
                "patients": _patients(found),
                "lesion": len(lesion),
                "lesion_free": len(free),
                "iou": [
                    _mean(lesion, lambda p: p.before.iou),
                    _mean(lesion, lambda p: p.after.iou),
                ],
                "missed": [
                    _mean(lesion, lambda p: float(p.before.missed)),
                    _mean(lesion, lambda p: float(p.after.missed)),
                ],
                "outlined": [
                    _mean(free, lambda p: float(p.before.outlined)),
                    _mean(free, lambda p: float(p.after.outlined)),
                ],
            }
        )
    return said
