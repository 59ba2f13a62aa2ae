"""`sonoloop presence`: how often a model outlines something where there is no lesion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.commands.options import model_option, report_option, samples_of, threads_option
from models.data.samples import DataError, without_lesion
from models.evaluation.presence_report import answers, by_source
from worker.pipeline import ModelError, PipelineSettings, SiteModels


@click.command()
@model_option
@click.option(
    "--data",
    "sets",
    required=True,
    multiple=True,
    metavar="FOLDER[:FOLD,…]",
    help="Data set with samples.csv, and which of its folds; repeatable. A folder without masks "
    "holds images without a lesion.",
)
@click.option(
    "--healthy",
    multiple=True,
    metavar="COLUMN=CLASS",
    help="Class whose masks outline no lesion, such as class=Ovary_Normal; repeatable.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Images of each data set; else all.")
@threads_option
@report_option
def presence(
    model: str | None,
    sets: tuple[str, ...],
    healthy: tuple[str, ...],
    limit: int | None,
    threads: int | None,
    report: Path,
) -> None:
    """Measure false outlines, misses and the calibration of the probabilities.

    Works with every model; a model without a presence head has no probability of presence.
    """
    console = Console(stderr=True)
    try:
        samples = [
            sample
            for one in sets
            for sample in without_lesion(samples_of(one), _classes(healthy))[:limit]
        ]
        network = SiteModels().load(model, threads=threads)
        settings = PipelineSettings.for_card(network.card)
        with Progress(
            TextColumn("presence"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("presence", total=len(samples))
            found = by_source(answers(samples, network, settings, lambda: bar.advance(task)))
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    _print(console, found)
    card = network.card
    content = {
        "model": card.name,
        "version": card.version,
        "sha256": card.sha256,
        "data": list(sets),
        "healthy": list(healthy),
        "sets": found,
    }
    with click.open_file(str(report), "w", encoding="utf-8", atomic=str(report) != "-") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")


def _classes(healthy: tuple[str, ...]) -> dict[str, list[str]]:
    classes: dict[str, list[str]] = {}
    for one in healthy:
        column, equals, name = one.partition("=")
        if not (column and equals and name):
            raise DataError(f"--healthy {one}: write COLUMN=CLASS, such as class=Ovary_Normal.")
        classes.setdefault(column, []).append(name)
    return classes


def _print(console: Console, found: dict[str, Any]) -> None:
    table = Table(
        title="With a lesion: IoU, missed. Without: outlined, solid, confident and not flagged"
    )
    with_lesion = ("n", "IoU", "pooled", "missed", "solid")
    for heading in ("set", *with_lesion, "n", "outlined", "solid", "confident", "AUROC"):
        table.add_column(heading)
    for name, part in found.items():
        lesion, free = part.get("lesion"), part.get("lesion_free")
        area = part["needs_correction"]["auroc"]["value"]
        table.add_row(
            name,
            *(
                (
                    str(lesion["count"]),
                    f"{lesion['iou_mean']:.3f}",
                    f"{lesion['iou_pooled']:.3f}",
                    f"{lesion['missed']:.1%}",
                    f"{lesion['solid']:.1%}",
                )
                if lesion
                else ("0", "", "", "", "")
            ),
            *(
                (
                    str(free["count"]),
                    f"{free['outlined']:.1%}",
                    f"{free['solid']:.1%}",
                    f"{free['confident_and_not_flagged']:.1%}",
                )
                if free
                else ("0", "", "", "")
            ),
            "" if area is None else f"{area:.3f}",
        )
    console.print(table)
