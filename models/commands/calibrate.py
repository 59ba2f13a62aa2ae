"""`sonoloop calibrate`: whether a model's probabilities and its uncertainty are reliable."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError
from models.packaging.calibration_card import calibrate_folder
from worker.pipeline import ModelError, SiteModels


@click.command()
@model_option
@click.option(
    "--limit", type=click.IntRange(min=2), help="Held-out images of each data set; else all."
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Reliability plot to write, .png or .svg.",
)
@click.option("--dry-run", is_flag=True, help="Show the figures and leave the card as it is.")
@threads_option
def calibrate(
    model: str | None, limit: int | None, plot: Path | None, dry_run: bool, threads: int | None
) -> None:
    """Measure calibration and uncertainty on the held-out images, and write them into the card.

    The temperature is `sonoloop tune`'s, from one half of these images; uncertainty is reported
    for all of them and for the other half. If a half has fewer than 10 patients of a data set,
    each image is judged by a temperature and a threshold fitted on other patients.
    """
    try:
        found = SiteModels().find(model)
        with Progress(
            TextColumn("calibrate"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("calibrate", total=None)
            report = calibrate_folder(
                found.folder,
                limit,
                threads,
                plot=plot,
                dry_run=dry_run,
                counted=lambda total: bar.update(task, total=total),
                on_image=lambda: bar.advance(task),
            )
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report, indent=2))
