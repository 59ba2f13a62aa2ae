"""`sonoloop prepare`: convert another tool's labels, or a pool export, to a training data set."""

from __future__ import annotations

import re
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from models.data import sources
from models.data.samples import DataError
from worker.formats.layouts import READERS

_SHOWN = 10


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the data set, which is created.",
)
@click.option("--format", "layout", type=click.Choice(list(READERS)), help="Where it is not seen.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="How many, if the source's samples.csv names no fold or split.",
)
@click.option(
    "--group-pattern",
    help="Regular expression for the subject in an image's name, such as '^([0-9]+)_'; for "
    "sources whose samples.csv does not name it.",
)
def prepare(
    source: Path, out: Path, layout: str | None, folds: int, group_pattern: str | None
) -> None:
    """Make a data set from SOURCE, a folder or a ZIP of images with labels.

    The train part of a pool export becomes fold 1 and its validation part fold 2.
    """
    console = Console(stderr=True)
    try:
        if group_pattern is not None:
            re.compile(group_pattern)
        with Progress(
            SpinnerColumn(), TextColumn("{task.completed} images"), console=console
        ) as bar:
            task = bar.add_task("prepare", total=None)
            done = sources.prepare(
                sources.open_tree(source),
                out,
                layout=layout,
                folds=folds,
                group_pattern=group_pattern,
                on_image=lambda: bar.advance(task),
            )
    except re.error as error:
        raise click.BadParameter(
            f"{error}; give a regular expression.", param_hint="--group-pattern"
        ) from error
    except DataError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"{done.images} images of {done.groups} groups.")
    if done.groups == done.images:
        console.print("Each image is a group of its own: name the subjects if there are several.")
    if done.classes:
        console.print(f"Classes: {', '.join(done.classes)}.", markup=False)
    if done.left_out:
        kept = " and ".join(sources.SPLIT_FOLDS)
        console.print(f"{done.left_out} images are in neither {kept} and were left out.")
    for finding in done.findings[:_SHOWN]:
        console.print(f"{finding.name}: {finding.reason}", markup=False)
    if len(done.findings) > _SHOWN:
        console.print(f"and {len(done.findings) - _SHOWN} more files that could not be used.")
    click.echo(out)
