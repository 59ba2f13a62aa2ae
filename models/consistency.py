"""`sonoloop consistency`: does the same view with and without calipers get the same mask?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.data import DataError, Sample, in_folds, read_sample_mask, read_samples
from models.evaluation import read_frame
from models.options import model_option, report_option, threads_option
from worker.pipeline import (
    ModelError,
    Network,
    PipelineSettings,
    load_default,
    segment,
    site_roots,
)
from worker.pipeline.overlap import dice


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two views of one group."""

    group: str
    first: str
    second: str
    predicted_dice: float
    """Dice of the two masks that the model gives."""
    truth_dice: float
    """Dice of the two masks that people drew: what can be expected, as views differ a little."""


def groups_of_views(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Groups of at least two near-identical views, in order of their first sample."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(f"{sample.source}/{sample.group}", []).append(sample)
    return [views for views in groups.values() if len(views) > 1]


def agreements(
    groups: Sequence[Sequence[Sample]],
    network: Network,
    settings: PipelineSettings,
    on_group: Callable[[], None] | None = None,
) -> list[PairAgreement]:
    """Every pair of views in each group, through the product's pipeline.

    Masks of another size are brought to that of the first view.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found = []
    for views in groups:
        shown = [(sample, *_masks(sample, network, settings)) for sample in views]
        for (first, found_a, truth_a), (second, found_b, truth_b) in combinations(shown, 2):
            found.append(
                PairAgreement(
                    group=first.group,
                    first=first.id,
                    second=second.id,
                    predicted_dice=dice(found_a, _fitted(found_b, found_a.shape)),
                    truth_dice=dice(truth_a, _fitted(truth_b, truth_a.shape)),
                )
            )
        if on_group:
            on_group()
    return found


def _masks(
    sample: Sample, network: Network, settings: PipelineSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What the model outlines and what people did."""
    frame = read_frame(sample)
    drawn = read_sample_mask(sample, frame.height, frame.width) > 0
    return segment(frame, network, settings).mask, drawn


def _fitted(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if mask.shape == shape:
        return mask
    resized = cv2.resize(
        mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST
    )
    return resized > 0


def summarise_pairs(pairs: Sequence[PairAgreement]) -> dict[str, float | int]:
    """Means over groups, so that a group of many views does not outvote one of two.

    `consistency` is the share of what people agree on between the views that the model does too.

    Raises:
        ValueError: there are no pairs.
    """
    if not pairs:
        raise ValueError("there are no pairs to summarise")
    groups = sorted({pair.group for pair in pairs})

    def mean(field: str) -> float:
        per_group = [
            np.mean([getattr(p, field) for p in pairs if p.group == group]) for group in groups
        ]
        return float(np.mean(per_group))

    predicted, truth = mean("predicted_dice"), mean("truth_dice")
    return {
        "groups": len(groups),
        "pairs": len(pairs),
        "predicted_dice": predicted,
        "truth_dice": truth,
        "consistency": predicted / truth if truth else 0.0,
    }


@click.command()
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Data set whose samples.csv has the column duplicate_group.",
)
@click.option("--fold", "folds", type=int, multiple=True, help="Only this fold; repeatable.")
@model_option
@click.option("--limit", type=click.IntRange(min=1), help="Only so many groups.")
@threads_option
@report_option
def consistency(
    folder: Path,
    folds: tuple[int, ...],
    model: str | None,
    limit: int | None,
    threads: int | None,
    report: Path,
) -> None:
    """Measure the agreement of masks within groups of near-identical views."""
    try:
        samples = read_samples(folder)
        groups = groups_of_views(in_folds(samples, folds) if folds else samples)[:limit]
        if not groups:
            raise DataError(f"{folder} has no group of two views or more.")
        network = load_default(*site_roots(), name=model, threads=threads)
        with Progress(
            TextColumn("consistency"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("consistency", total=len(groups))
            pairs = agreements(
                groups,
                network,
                PipelineSettings.for_card(network.card),
                lambda: bar.advance(task),
            )
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    content = {
        "overall": {
            **summarise_pairs(pairs),
            "model": network.card.name,
            "version": network.card.version,
            "sha256": network.card.sha256,
        },
        "pairs": [asdict(pair) for pair in pairs],
    }
    with click.open_file(str(report), "w", encoding="utf-8", atomic=str(report) != "-") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
