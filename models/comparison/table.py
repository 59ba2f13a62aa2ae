"""The figures of a comparison as plain values, from which every form of the report is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from models.comparison.config import CompareConfig
from models.comparison.runs import Measured
from models.comparison.statistics import (
    LESION_SIZE,
    SOURCE,
    bootstrap_mean,
    difference,
    groups_of,
    labels,
)
from models.evaluation import ImageResult
from models.metrics import summarise

NOT_RUN = "not run"
"""Why a row that nobody has worked on is missing."""


def rows(measured: Sequence[Measured], resamples: int) -> list[dict[str, Any]]:
    """One record per method, in order."""
    return [
        {
            "name": one.method.name,
            "kind": one.kind,
            "title": one.card.architecture.name,
            "encoder": one.card.architecture.encoder,
            "steps": one.steps,
            "parameters": one.card.architecture.parameters,
            "macs": one.card.architecture.macs,
            **_figures(one.results, resamples),
            "timing": asdict(one.timing) if one.timing else None,
            "settings": one.settings.model_dump(mode="json"),
            "sha256": one.card.sha256,
        }
        for one in measured
    ]


def _figures(results: Sequence[ImageResult], resamples: int) -> dict[str, Any]:
    groups = groups_of([result.sample for result in results])
    intervals = {
        f"{field}_interval": list(
            bootstrap_mean(
                np.array([getattr(r.metrics, field) for r in results]), groups, resamples
            )[1:]
        )
        for field in ("lesion_iou", "lesion_dice")
    }
    return {**summarise(result.metrics for result in results), **intervals}


def breakdowns(measured: Sequence[Measured], by: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Mean lesion IoU by data set, lesion size and the columns asked for.

    Returns:
        By what it is told apart: `counts`, the images of each value, and `lesion_iou`, by method
        and value. Columns that no image has are left out.
    """
    found = {}
    for what in (SOURCE, LESION_SIZE, *by):
        names = labels(measured[0].results, what)
        values = sorted({name for name in names if name}, key=_natural)
        if not values or (what != SOURCE and len(values) < 2):
            continue
        places = {value: [i for i, name in enumerate(names) if name == value] for value in values}
        found[what] = {
            "counts": {value: len(places[value]) for value in values},
            "lesion_iou": {
                one.method.name: {
                    value: float(
                        np.mean([one.results[i].metrics.lesion_iou for i in places[value]])
                    )
                    for value in values
                }
                for one in measured
            },
        }
    return found


def _natural(value: str) -> tuple[float, str]:
    """Bands of size in order of size, everything else by name."""
    share = value.partition("%")[0]
    return (float(share) if share.isdigit() else 1000.0, value)


def variants(measured: Sequence[Measured], resamples: int) -> list[dict[str, Any]]:
    """What each variant gains over the row it is of, and whether that is more than chance."""
    by_name = {one.method.name: one for one in measured}
    found = []
    for one in measured:
        base = by_name.get(one.method.base or "")
        if base is None:
            continue
        gain = difference(one.results, base.results, resamples)
        if gain.low > 0:
            verdict = "helps"
        else:
            verdict = "harms" if gain.high < 0 else "makes no difference beyond chance"
        found.append(
            {
                "name": one.method.name,
                "of": base.method.name,
                "lesion_iou_gain": gain.mean,
                "interval": [gain.low, gain.high],
                "verdict": verdict,
            }
        )
    return found


def report_of(
    config: CompareConfig,
    measured: Sequence[Measured],
    training: int,
    missing: Mapping[str, str],
) -> dict[str, Any]:
    """Everything the report says, as JSON values.

    Args:
        config: of the comparison.
        measured: at least one method.
        training: number of training images.
        missing: why methods have no row, by their names.
    """
    results = measured[0].results
    return {
        "budget": config.budget.model_dump(mode="json"),
        "sources": [source.model_dump(mode="json") for source in config.sources],
        "notes": list(config.notes),
        "training_images": training,
        "images": len(results),
        "groups": int(groups_of([r.sample for r in results]).max()) + 1,
        "rows": rows(measured, config.bootstrap),
        "variants": variants(measured, config.bootstrap),
        "missing": dict(missing),
        "by": breakdowns(measured, config.by),
    }
