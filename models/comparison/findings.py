"""Findings of a comparison: rows against their reference rows, worded by the intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_METRICS = (("lesion_iou_gain", "lesion IoU"), ("boundary_f_gain", "boundary F"))


def effect(change: dict[str, Any]) -> str:
    """Return whether a change's part `helps`, `harms`, or does `neither` beyond chance.

    It helps if it raises lesion IoU or boundary F and lowers neither, each beyond its interval.
    """
    sign = -1 if change["removes"] else 1
    raised = lowered = False
    for key, _ in _METRICS:
        _, low, high = (sign * value for value in change[key])
        raised |= min(low, high) > 0
        lowered |= max(low, high) < 0
    if raised and lowered:
        return "mixed"
    return "helps" if raised else "harms" if lowered else "neither"


def sentence(change: dict[str, Any]) -> str:
    """Return a sentence on the effect of a change against the reference row, with figures."""
    what = change["removes"] or change["adds"]
    deed = "Without" if change["removes"] else "With"
    figures = ", ".join(
        f"{name} {change[key][0]:+.4f} [{change[key][1]:+.4f}, {change[key][2]:+.4f}]"
        for key, name in _METRICS
    )
    slower = change["slower_ms"]
    cost = "" if slower is None else f", {slower:+.0f} ms an image"
    return f"{deed} {what} ({change['name']} against {change['of']}): {figures}{cost}."


def by_effect(changes: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return sentences by :func:`effect`, in order."""
    found: dict[str, list[str]] = {"helps": [], "mixed": [], "neither": [], "harms": []}
    for change in changes:
        found[effect(change)].append(sentence(change))
    return found
