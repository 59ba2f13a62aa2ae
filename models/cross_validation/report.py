"""The table of a cross-validation: each image is judged by a model that saw none of its patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.comparison.statistics import bootstrap_mean, groups_of
from models.cross_validation.config import CrossValidation
from models.cross_validation.fold import Findings, model_folder
from models.evaluation.presence import fit
from models.evaluation.presence_report import Answered, answers, summary
from worker.pipeline import Network, PipelineSettings
from worker.pipeline.presence import PresenceModel

ALL = "all"


def presence_model(
    config: CrossValidation, fold: int, found: Mapping[int, Findings]
) -> PresenceModel:
    """Fit probabilities and operating point for a fold without using any of its images.

    They are fitted on held-out patients of the other data sets, with this fold's network, and on
    the other folds, each with the network that had not seen it. The point is chosen by the rule of
    `fit-presence`.

    Raises:
        DataError: there are too few images of either kind.
    """
    others = [one for number, other in found.items() if number != fold for one in other.own]
    own = found[fold]
    return fit([*own.tuning, *others], own.check, config.most_lost, config.most_lost_in_each)


def judge(
    config: CrossValidation,
    folder: Path,
    found: Mapping[int, Findings],
    threads: int | None = None,
    on_image: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run every image of the source through the whole pipeline; return figures by fold and overall.

    Args:
        folder: folder of the cross-validation.
        found: findings of every fold.

    Raises:
        DataError, ModelError: an image or a model cannot be used.
    """
    by_fold: dict[int, list[Answered]] = {}
    cards = {}
    for fold in config.folds:
        network = Network.load(model_folder(folder / f"fold-{fold}"), threads=threads)
        presence = presence_model(config, fold, found)
        card = network.card.model_copy(update={"presence": presence})
        by_fold[fold] = answers(
            config.held_out(fold), network.under(card), PipelineSettings.for_card(card), on_image
        )
        cards[str(fold)] = {
            "calibration": card.calibration.model_dump(mode="json"),
            "operating_point": presence.operating_point,
            "guarantee": presence.guarantee,
        }
    everything = [one for fold in config.folds for one in by_fold[fold]]
    return {
        "config": config.model_dump(mode="json"),
        "models": cards,
        "folds": {str(fold): figures(seen) for fold, seen in by_fold.items()},
        ALL: {**figures(everything), "intervals": intervals(everything)},
        "images": [_row(one) for one in everything],
    }


def figures(seen: Sequence[Answered]) -> dict[str, Any]:
    """Return the figures of `sonoloop presence` and the number of patients."""
    return {"patients": len({one.sample.group for one in seen}), **summary(seen)}


def intervals(seen: Sequence[Answered]) -> dict[str, dict[str, float]]:
    """Return means over images with 95 % bootstrap intervals over patients."""
    lesions = [one for one in seen if one.has_lesion]
    free = [one for one in seen if not one.has_lesion]
    rows = {
        "iou_mean": (lesions, [one.metrics.lesion_iou for one in lesions]),
        "missed": (lesions, [float(one.metrics.missed) for one in lesions]),
        "outlined": (free, [float(one.outlined) for one in free]),
        "solid": (free, [float(one.solid) for one in free]),
        "sure_and_not_flagged": (free, [float(one.sure) for one in free]),
    }
    return {
        name: bootstrap_mean(np.array(values), groups_of([o.sample for o in images]))._asdict()
        for name, (images, values) in rows.items()
        if images
    }


def _row(one: Answered) -> dict[str, Any]:
    """Return the values behind the figures, for computing others."""
    return {
        "id": one.sample.id,
        "patient": one.sample.group,
        "fold": one.sample.fold,
        **asdict(one.metrics),
        "outlined": one.outlined,
        "solid": one.solid,
        "sure": one.sure,
        "offered": one.offered,
        "presence": one.presence,
        "correction": one.correction,
        "flagged": one.flagged,
    }
