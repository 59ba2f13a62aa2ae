"""`sonoloop fit-presence`: fit when a model draws nothing, and how confident it may be."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError
from models.evaluation.presence import MOST_LOST
from models.packaging.presence_card import fit_presence_folder
from worker.pipeline import ModelError, SiteModels


@click.command("fit-presence")
@model_option
@click.option(
    "--most-lost",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    default=MOST_LOST,
    show_default=True,
    help="Expected share of lesion images that the operating point may lose.",
)
@click.option(
    "--most-lost-in-each",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=1.0,
    show_default=True,
    help="The same for each data set by itself.",
)
@click.option(
    "--limit", type=click.IntRange(min=2), help="Held-out images of each data set; else all."
)
@click.option("--dry-run", is_flag=True, help="Show the figures and leave the card as it is.")
@threads_option
def fit_presence(
    model: str | None,
    most_lost: float,
    most_lost_in_each: float,
    limit: int | None,
    dry_run: bool,
    threads: int | None,
) -> None:
    """Fit the probabilities of presence and the operating point, and write them into the card.

    Probabilities are fitted on one half of the held-out images, split by patient, and on views of
    these with the lesion removed; the operating point is chosen on all of them, by probabilities
    fitted on other patients. Figures are for the other half and for all. If a half has fewer than
    10 patients of a data set, all are used for the fit, and figures are for images judged by a fit
    without their patients. Run it after `sonoloop tune` and `sonoloop fit-domain`.
    """
    try:
        found = SiteModels().find(model)
        with Progress(
            TextColumn("fit and judge"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("fit", total=None)
            report = fit_presence_folder(
                found.folder,
                most_lost,
                most_lost_in_each,
                limit,
                threads,
                dry_run=dry_run,
                counted=lambda total: bar.update(task, total=total),
                on_image=lambda: bar.advance(task),
            )
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report, indent=2))
