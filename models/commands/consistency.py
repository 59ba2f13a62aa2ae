"""`sonoloop consistency`: does the same view with and without calipers get the same mask?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, report_option, threads_option
from models.data.samples import DataError, in_folds, read_samples
from models.evaluation.consistency import agreements, groups_of_views, summarise_pairs
from worker.pipeline import (
    ModelError,
    PipelineSettings,
    SiteModels,
)


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
@click.option("--limit", type=click.IntRange(min=1), help="At most this many groups.")
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
        network = SiteModels().load(model, threads=threads)
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
