"""`sonoloop robustness`: how robust masks are when images look different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.commands.options import model_option, report_option, threads_option
from models.data.samples import DataError
from models.evaluation.ablation import ablated
from models.evaluation.robustness import false_alarms, robustness_rows
from models.evaluation.variations import VARIATIONS
from models.packaging.held_out import held_out, spread
from worker.pipeline import (
    ModelError,
    PipelineSettings,
    SiteModels,
)
from worker.pipeline.settings import TtaName


@click.command()
@model_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Held-out images of each data set, spread evenly over it.",
)
@click.option(
    "--variation",
    "chosen",
    multiple=True,
    type=click.Choice(list(VARIATIONS)),
    help="Only this one; may be given several times.",
)
@click.option("--tta", type=click.Choice(get_args(TtaName)), help="Instead of the card's.")
@click.option("--input-area", type=click.IntRange(min=1024), help="Pixels, instead of the card's.")
@threads_option
@report_option
def robustness(
    model: str | None,
    limit: int,
    chosen: tuple[str, ...],
    tta: TtaName | None,
    input_area: int | None,
    threads: int | None,
    report: Path,
) -> None:
    """Vary the validation images of the model's card and measure the effect on the masks."""
    console = Console(stderr=True)
    try:
        network = SiteModels().load(model, threads=threads)
        if input_area is not None:
            network = network.with_area(input_area)
        settings = ablated(PipelineSettings.for_card(network.card), tta=tta)
        samples = spread(held_out(network.card.training), limit)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("variations", total=len(samples))
            rows = robustness_rows(
                samples, network, settings, lambda: bar.advance(task), chosen or tuple(VARIATIONS)
            )
            alarms = []
            if not chosen:
                task = bar.add_task("beside lesions", total=len(samples))
                alarms = false_alarms(samples, network, settings, lambda: bar.advance(task))
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    _print(console, rows, "Mean lesion IoU")
    _print(console, alarms, "Beside the lesions")
    content = {
        "model": network.card.name,
        "version": network.card.version,
        "sha256": network.card.sha256,
        "input_area": network.card.input.area,
        "settings": settings.model_dump(mode="json"),
        "variations": rows,
        "beside_lesions": alarms,
    }
    with click.open_file(str(report), "w", encoding="utf-8", atomic=str(report) != "-") as stream:
        json.dump(content, stream, indent=2, ensure_ascii=False)
        stream.write("\n")


def _print(console: Console, rows: list[dict[str, Any]], title: str) -> None:
    table = Table(title=title)
    for heading in rows[0] if rows else ():
        table.add_column(heading)
    for row in rows:
        table.add_row(*(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)
