"""The figures of a comparison as plain values, from which every format of the report is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

import numpy as np

from models.comparison.config import CompareConfig, MethodConfig
from models.comparison.runs import Measured
from models.comparison.statistics import (
    LESION_SIZE,
    ORGAN,
    bootstrap_mean,
    difference,
    groups_of,
    labels,
)
from models.data.samples import Sample
from models.evaluation.consistency import summarise_pairs
from models.evaluation.metrics import summarise
from models.evaluation.per_image import ImageResult

NOT_RUN = "not run"
"""The reason for a missing row that has not been started."""


def rows(measured: Sequence[Measured], resamples: int) -> list[dict[str, Any]]:
    """Return one record per method, in order, each compared with the highest lesion IoU."""
    best = max(measured, key=mean_iou)
    return [
        {
            "name": one.method.name,
            "kind": one.kind,
            "of": one.method.of,
            "title": one.card.architecture.name,
            "encoder": one.card.architecture.encoder,
            "start": _start(one),
            "input_area": one.card.input.area,
            "steps": one.steps,
            "parameters": one.card.architecture.parameters,
            "macs": one.card.architecture.macs,
            **_figures(one.results, resamples),
            "lesion_free_outlined": outlined_share(one.lesion_free),
            "best": one is best,
            "difference_to_best": list(difference(one.results, best.results, resamples=resamples)),
            "timing": asdict(one.timing) if one.timing else None,
            "consistency": summarise_pairs(one.pairs) if one.pairs else None,
            "validation_curve": one.card.training.get("validation_curve"),
            "seeds": [_of_seed(again) for again in (one, *one.repeats) if one.repeats],
            "settings": one.settings.model_dump(mode="json"),
            "sha256": one.card.sha256,
        }
        for one in measured
    ]


def mean_iou(one: Measured) -> float:
    """Return the mean lesion IoU of the images that show a lesion."""
    return _mean_iou(one.results)


def _mean_iou(results: Sequence[ImageResult]) -> float:
    return fmean(result.metrics.lesion_iou for result in results)


def outlined_share(lesion_free: Sequence[ImageResult]) -> float | None:
    """Return the share of lesion-free images with an outline; None if there are no such images."""
    return fmean(result.metrics.predicted > 0 for result in lesion_free) if lesion_free else None


def _of_seed(one: Measured) -> dict[str, Any]:
    """Return the figures of a training by which seeds are compared."""
    return {
        "seed": one.card.training["seed"],
        "lesion_iou_mean": mean_iou(one),
        "lesion_free_outlined": outlined_share(one.lesion_free),
    }


def _start(one: Measured) -> str | None:
    """Return the weights that training started from; None for a method without weights."""
    if one.kind == "classical":
        return None
    network = one.card.training.get("config", {}).get("network")
    if network is None:
        return "see its card"
    return "ImageNet" if network.get("imagenet") else "random"


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


def breakdowns(
    measured: Sequence[Measured], by: Sequence[str], organs: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the mean lesion IoU by organ, lesion size and the configured columns.

    Returns:
        By organ, size or column: `counts`, the number of images of each value, and `lesion_iou`, by
        method and value. An attribute with a single value is left out, except the organ.
    """
    found = {}
    for what in (ORGAN, LESION_SIZE, *by):
        names = labels(measured[0].results, what, organs)
        values = sorted({name for name in names if name}, key=_natural)
        if not values or (what != ORGAN and len(values) < 2):
            continue
        places = {value: [i for i, name in enumerate(names) if name == value] for value in values}
        found[what] = {
            "counts": {value: len(places[value]) for value in values},
            "lesion_iou": {
                one.method.name: {
                    value: fmean(one.results[i].metrics.lesion_iou for i in places[value])
                    for value in values
                }
                for one in measured
            },
        }
    return found


def _natural(value: str) -> tuple[float, str]:
    """Sort bands of size by size, everything else by name."""
    share = value.partition("%")[0]
    return (float(share) if share.replace(".", "", 1).isdigit() else 1000.0, value)


def changes(measured: Sequence[Measured], resamples: int) -> list[dict[str, Any]]:
    """Compare each row that has a reference row with it, image by image."""
    by_name = {one.method.name: one for one in measured}
    found = []
    for one in measured:
        base = by_name.get(one.method.base or "")
        if base is None or one.method.without:  # the latter is reported by left_out()
            continue
        gains = {
            f"{field}_gain": list(difference(one.results, base.results, field, resamples))
            for field in ("lesion_iou", "boundary_f")
        }
        times = (one.timing, base.timing)
        slower = times[0].total_ms - times[1].total_ms if times[0] and times[1] else None
        found.append(
            {
                "name": one.method.name,
                "of": base.method.name,
                "adds": one.method.adds or (None if one.method.removes else one.method.name),
                "removes": one.method.removes,
                **gains,
                "slower_ms": slower,
            }
        )
    return found


def left_out(measured: Sequence[Measured], resamples: int) -> list[dict[str, Any]]:
    """Compare rows trained without some images, such as a scanner's, with training on them.

    Returns:
        For each such row with a reference row: what was left out, how many of the measured images
        are of that kind, and lesion IoU of these with and without it in training.
    """
    by_name = {one.method.name: one for one in measured}
    found = []
    for one in measured:
        base = by_name.get(one.method.base or "")
        if base is None or not one.method.without:
            continue
        places = [i for i, r in enumerate(one.results) if _is_left_out(r.sample, one.method)]
        if not places:
            continue
        without, trained = ([of.results[i] for i in places] for of in (one, base))
        found.append(
            {
                "name": one.method.name,
                "against": base.method.name,
                "left_out": [
                    value
                    for columns in one.method.without.values()
                    for values in columns.values()
                    for value in values
                ],
                "count": len(places),
                "lesion_iou_mean": _mean_iou(without),
                "trained_lesion_iou_mean": _mean_iou(trained),
                "difference": list(difference(without, trained, resamples=resamples)),
            }
        )
    return found


def _is_left_out(sample: Sample, method: MethodConfig) -> bool:
    columns = method.without.get(sample.source, {})
    return any(sample.attributes.get(column) in values for column, values in columns.items())


def report_of(
    config: CompareConfig,
    measured: Sequence[Measured],
    training: int,
    missing: Mapping[str, str],
) -> dict[str, Any]:
    """Return the complete content of the report as JSON values.

    Args:
        config: the comparison's configuration.
        measured: at least one method.
        training: number of training images.
        missing: by method name, why it has no row.
    """
    results = measured[0].results
    return {
        "budget": config.budget.model_dump(mode="json"),
        "sources": [source.model_dump(mode="json") for source in config.sources],
        "notes": list(config.notes),
        "threads": config.threads,
        "training_images": training,
        "images": len(results),
        "lesion_free_images": len(measured[0].lesion_free),
        "groups": int(groups_of([r.sample for r in results]).max()) + 1,
        "rows": rows(measured, config.bootstrap),
        "changes": changes(measured, config.bootstrap),
        "left_out": left_out(measured, config.bootstrap),
        "missing": dict(missing),
        "by": breakdowns(measured, config.by, config.organs),
    }
