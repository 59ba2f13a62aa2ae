"""Fitting the training domain of a model and writing it beside its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.core.disk import write_whole
from models.data.augment import AugmentSettings
from models.data.samples import DataError, Sample
from models.data.unlike import pictures, pictures_of
from models.packaging.domain import (
    distances,
    embeddings,
    fit,
    measure_pictures,
    varied_embeddings,
    with_limit,
)
from models.packaging.held_out import sources_of, spread
from models.packaging.parting import Parting, parted
from models.training.config import training_samples, validation_samples
from worker.pipeline import (
    ModelCard,
    ModelError,
    Network,
    PipelineSettings,
    file_sha256,
)
from worker.pipeline.domain import DOMAIN_FILE, TrainingDomain


def fit_folder(
    folder: Path,
    folders: Sequence[Path] = (),
    limit: int | None = None,
    threads: int | None = None,
    *,
    with_pictures: bool = True,
) -> dict[str, Any]:
    """Run `sonoloop fit-domain` on the model in a folder and return its report.

    Args:
        folders: folders of further pictures to report on.
        limit: maximum number of training images of each data set; all by default.
        with_pictures: whether to report on pictures that are not ultrasound.

    Raises:
        click.ClickException: the model or its data cannot be used.
    """
    console = Console(stderr=True)
    try:
        # An existing domain must not affect the new one.
        network = Network.load(folder, threads=threads).without_domain()
        card = network.card
        sources = sources_of(card.training)
        training, held_out = training_samples(sources), validation_samples(sources)
        if limit is not None:
            training = spread(training, limit)
        parting = parted(held_out)
        settings = PipelineSettings.for_card(card)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("embed", total=2 * len(training) + len(held_out))

            def advance() -> None:
                bar.advance(task)

            seen = dict(
                zip(held_out, embeddings(held_out, network, settings, advance), strict=True)
            )
            domain = fit(
                np.concatenate(
                    [
                        embeddings(training, network, settings, advance),
                        varied_embeddings(training, network, widening(card), advance),
                    ]
                ),
                [np.stack([seen[one] for one in part]) for part in by_source(parting.fitted)],
            )
            far = dict(zip(seen, distances(domain, np.stack(list(seen.values()))), strict=True))
            network.domain = domain
            task = bar.add_task("other pictures", total=None)
            others = [p for folder in folders for p in pictures_of(folder)]
            if with_pictures:
                others = [*pictures(), *others]
            rows = measure_pictures(others, network, settings, advance)
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    report = {
        "limit": domain.limit,
        "fitted_on": {"images": len(training), "views_of_each": 2},
        "held_out_flagged": flagged(domain, far, parting),
        "held_out_judged": parting.to_json(),
        "pictures": rows,
    }
    if rows:
        _print(console, rows)
    write_domain(folder, card, domain, report)
    return report


def flagged(
    domain: TrainingDomain, far: Mapping[Sample, float], parting: Parting
) -> dict[str, dict[str, float]]:
    """Count by data set the judged images beyond the limit fitted on other patients.

    Args:
        far: distance of each held-out image.
    """
    found: dict[str, list[bool]] = {}
    for fitted, judged in parting.parts:
        limit = domain.limit
        if parting.crossed:
            own = [np.array([far[one] for one in part]) for part in by_source(fitted)]
            limit = with_limit(domain, own).limit
        for one in judged:
            found.setdefault(one.source, []).append(far[one] > limit)
    return {
        source: {"count": len(own), "flagged": float(np.mean(own))}
        for source, own in sorted(found.items())
    }


def by_source(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Return the samples of each data set."""
    names = sorted({sample.source for sample in samples})
    return [[sample for sample in samples if sample.source == name] for name in names]


_LOOKS = ("time_gain", "dynamic_range", "resolution", "banner")
"""Not used in the views that widen the domain: such strong changes of look lie in the direction of
noise and photographs, which would then pass for ultrasound."""


def widening(card: ModelCard) -> AugmentSettings:
    """Return the augmentation of the views that widen the domain: that of training without looks.

    Raises:
        DataError: the card does not name it.
    """
    try:
        settings = AugmentSettings.model_validate(card.training["config"]["augment"])
        return settings.model_copy(update=dict.fromkeys(_LOOKS, 0.0))
    except (KeyError, TypeError, ValidationError) as error:
        raise DataError(
            "The model's card does not name the augmentation of its training."
        ) from error


def write_domain(
    folder: Path, card: ModelCard, domain: TrainingDomain, report: dict[str, Any]
) -> ModelCard:
    """Write a domain beside its card, and the card with the report; return the card."""
    path = folder / DOMAIN_FILE
    write_whole(path, domain.to_bytes())
    final = card.model_copy(
        update={
            "files": {**card.files, DOMAIN_FILE: file_sha256(path)},
            "metrics": {**card.metrics, "out_of_domain": report},
        }
    )
    ModelCard.model_validate(final.model_dump()).write(folder)
    return final


def _print(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(title="Other pictures")
    for heading in rows[0]:
        table.add_column(heading)
    for row in rows:
        table.add_row(*(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)
