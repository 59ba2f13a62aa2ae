"""`sonoloop interact`: the gain from scribbles and boxes, measured with a simulated reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.commands.options import model_option, threads_option
from models.data.samples import DataError, Sample
from models.evaluation.interaction import SHOWN, TOOLS, courses, summarise_courses
from models.packaging.held_out import held_out
from models.packaging.parting import halves
from worker.pipeline import ModelError, Network, SiteModels


@click.command()
@model_option
@click.option(
    "--half",
    type=click.Choice(["check", "tuning"]),
    default="check",
    show_default=True,
    help="Half of the validation folds: the settings were chosen on `tuning`.",
)
@click.option("--source", help="Only this data set.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="At most this many images of each data set."
)
@click.option(
    "--tool", type=click.Choice(list(TOOLS)), default="refine", show_default=True, help="The tool."
)
@threads_option
@click.option(
    "--json",
    "report",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Report to write; - is standard output.",
)
def interact(
    model: str | None,
    half: str,
    source: str | None,
    limit: int | None,
    tool: str,
    threads: int | None,
    report: Path | None,
) -> None:
    """Correct the validation images of the model's card with simulated scribbles and boxes."""
    console = Console(stderr=True)
    try:
        found = SiteModels().find(model)
        network = Network.load(found.folder, threads=threads)
        samples = choose(held_out(network.card.training), half, source, limit)
        with Progress(
            TextColumn("interact"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("interact", total=len(samples))
            done = courses(samples, network, TOOLS[tool], on_image=lambda: bar.advance(task))
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    rows = summarise_courses(done)
    console.print(_table(rows))
    if report:
        card = network.card
        content = {
            "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
            "half": half,
            "tool": tool,
            "rows": rows,
        }
        with click.open_file(str(report), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(content, indent=2) + "\n")


def choose(
    samples: list[Sample], half: str, source: str | None = None, limit: int | None = None
) -> list[Sample]:
    """Return the samples of one half, evenly spread if there is a limit.

    Raises:
        DataError: there are no samples.
    """
    tuning, check = halves(samples)
    chosen = []
    for name in sorted({sample.source for sample in samples}):
        part = [s for s in (check if half == "check" else tuning) if s.source == name]
        if source in (None, name):
            step = max(1.0, len(part) / (limit or len(part) or 1))
            chosen += [part[int(i * step)] for i in range(int(len(part) / step))]
    if not chosen:
        raise DataError(f"There is no image of the data set {source!r} in the {half} half.")
    return chosen


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Mean Dice after so many interactions")
    for heading in ("data", "start", "habit", "images", "n", *map(str, SHOWN), "made worse"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            *(row[name] for name in ("source", "start", "habit", "images")),
            str(row["count"]),
            *(f"{row['dice'][str(k)]:.3f}" for k in SHOWN),
            f"{100 * row['first_made_worse_share']:.0f} %",
        )
    return table
