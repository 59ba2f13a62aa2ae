"""The gate passes a version that is better, and none that is worse in any row."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from worker.evaluation.verdict import Facts, Pair, VersionAnswer, judge

FACTS = Facts(
    calibrated=(True, True), guarded=(True, True), presence=(True, True), times=[(50, 50)]
)
OLD = VersionAnswer(iou=0.80, outlined=True, missed=False, brier=0.02, flagged=False)
SILENT = replace(OLD, iou=1.0, outlined=False)


def pair(number: int, after: VersionAnswer, *, test: bool = True, **more: Any) -> Pair:
    name = "Test part" if test else "Breast"
    return Pair(test, name, f"{test} {number}", True, {"Scanner": "A"}, OLD, after, **more)


def pairs(gain: float = 0.02, patients: int = 40) -> list[Pair]:
    """Return pairs: better by about `gain` in each patient, else equal, silent without a lesion."""
    found = []
    for number in range(patients):
        wobble = 0.004 * (number % 3 - 1)
        found.append(pair(number, replace(OLD, iou=OLD.iou + gain + wobble)))
        found.append(pair(number, OLD, test=False))
        free = Pair(True, "Test part", f"free {number}", False, {}, SILENT, SILENT)
        found.append(free)
    return found


def standing(verdict: dict[str, Any], key: str) -> set[str]:
    return {str(check["standing"]) for check in verdict["checks"] if check["key"] == key}


def test_what_is_better_and_nowhere_worse_passes() -> None:
    verdict = judge(pairs(), FACTS)
    assert verdict["standing"] == "pass", verdict["checks"]
    gain = next(check for check in verdict["checks"] if check["key"] == "gain")
    assert gain["value"] == pytest.approx(0.0199, abs=2e-4)
    assert 0.018 < gain["low"] < gain["value"] < gain["high"] < 0.022
    assert (gain["images"], gain["patients"]) == (40, 40)
    assert {figure["set"] for figure in verdict["figures"]} == {"Test part", "Breast"}


def test_no_gain_needs_a_reason_and_a_loss_that_may_be_fails() -> None:
    assert judge(pairs(gain=0.0), FACTS)["standing"] == "reason"
    assert judge(pairs(gain=-0.005), FACTS)["standing"] == "reason"
    assert judge(pairs(gain=-0.02), FACTS)["standing"] == "fail"


Spoil = Callable[[Pair], Pair]


def worse(**changes: Any) -> Spoil:
    return lambda one: replace(one, after=replace(one.after, **changes))


@pytest.mark.parametrize(
    ("key", "spoil"),
    [
        ("loss", lambda p: p if p.test else worse(iou=0.78)(p)),
        ("false-outlines", lambda p: p if p.lesion else worse(outlined=True, iou=0.0)(p)),
        ("calibration", worse(brier=0.03)),
        ("domain", worse(flagged=True)),
        ("answers", worse(fault="not finite")),
    ],
)
def test_what_is_worse_in_one_row_fails(key: str, spoil: Spoil) -> None:
    verdict = judge([spoil(one) for one in pairs()], FACTS)
    assert standing(verdict, key) == {"fail"}
    assert verdict["standing"] == "fail"


def test_one_false_outline_more_is_more() -> None:
    found = pairs()
    last = next(number for number, one in enumerate(found) if not one.lesion)
    found[last] = worse(outlined=True, iou=0.0)(found[last])
    assert standing(judge(found, FACTS), "false-outlines") == {"fail"}


def test_a_subgroup_of_thirty_that_loses_fails_although_the_mean_gains() -> None:
    def lost(number: int) -> Pair:
        groups = {"Scanner": "B"}
        return replace(pair(number, replace(OLD, iou=0.76)), groups=groups)

    few = judge([*pairs(0.06), *(lost(100 + n) for n in range(29))], FACTS)
    assert standing(few, "subgroup") == {"pass"}
    enough = judge([*pairs(0.06), *(lost(100 + n) for n in range(30))], FACTS)
    failed = [c for c in enough["checks"] if c["key"] == "subgroup" and c["standing"] == "fail"]
    assert [check["group"] for check in failed] == ["Scanner: B"]


@pytest.mark.parametrize("field", ["calibrated", "guarded", "presence"])
def test_what_the_serving_version_has_must_not_be_lost(field: str) -> None:
    lost = replace(FACTS, **{field: (True, False)})  # type: ignore[arg-type]
    assert judge(pairs(), lost)["standing"] == "fail"
    never = replace(FACTS, **{field: (False, False)})  # type: ignore[arg-type]
    assert judge(pairs(), never)["standing"] == "pass"


def test_more_than_a_fifth_slower_fails_and_one_slow_image_does_not() -> None:
    assert judge(pairs(), replace(FACTS, times=[(50, 61)] * 9))["standing"] == "fail"
    hiccup = [(50.0, 58.0)] * 8 + [(50.0, 900.0)]
    assert judge(pairs(), replace(FACTS, times=hiccup))["standing"] == "pass"


def test_too_few_patients_are_not_judged_and_the_gate_stays_shut() -> None:
    few = judge(pairs(patients=9), FACTS)
    assert few["standing"] == "unjudged"
    assert standing(few, "gain") == standing(few, "loss") == {"unjudged"}
    without = [one for one in pairs() if one.test]
    assert standing(judge(without, FACTS), "loss") == {"unjudged"}, "no reference set"
