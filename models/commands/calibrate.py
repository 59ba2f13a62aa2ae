"""`sonoloop calibrate`: whether a model's probabilities and its uncertainty can be relied on."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError
from models.evaluation.calibration import (
    draw_reliability,
)
from models.evaluation.calibration_report import measure_calibration, ranking
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.held_out import held_out, spread
from models.packaging.parting import parted
from models.packaging.tuning import calibrations_of
from worker.pipeline import (
    ModelCard,
    ModelError,
    Network,
    SiteModels,
)


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
    for all of them and for the other half. Where a half has fewer than 10 patients of a data set,
    each image is judged by a temperature and a threshold that other patients gave.
    """
    try:
        found = SiteModels().find(model)
        network = Network.load(found.folder, threads=threads)
        samples = held_out(network.card.training)
        if limit is not None:
            samples = spread(samples, limit)
        parting = parted(samples)
        with Progress(
            TextColumn("calibrate"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("calibrate", total=len(samples))
            others = None
            if parting.crossed:
                plain = RememberingNetwork(network, network.card).without_domain()
                others = calibrations_of(parting, plain)
            curves, judged = measure_calibration(
                samples, network, lambda: bar.advance(task), others
            )
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    check = set(parting.judged)
    half = [one for one in judged if one.sample in check]
    report = {
        "calibration": {
            source: {name: curve.to_json() for name, curve in by_name.items()}
            for source, by_name in curves.items()
        },
        "uncertainty": {
            "held_out": ranking(judged),
            **({} if parting.crossed else {"check_half": ranking(half)}),
        },
        "calibration_judged": parting.to_json(),
    }
    if plot is not None:
        draw_reliability(curves, plot)
    if not dry_run:
        card = network.card
        final = card.model_copy(update={"metrics": {**card.metrics, **report}})
        ModelCard.model_validate(final.model_dump()).write(found.folder)
    click.echo(json.dumps(report, indent=2))
