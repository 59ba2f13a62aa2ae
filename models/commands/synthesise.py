"""`sonoloop synthesise`: simulated images with known lesions."""

from __future__ import annotations

import re
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.data.samples import DataError
from models.synthetic.dataset import Cohort, write_cohort
from models.synthetic.organs import ORGANS

_SIDES = (96, 4096)


def _size(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    """Return (width, height) from "640x480"."""
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", value)
    sides = tuple(int(side) for side in match.groups()) if match else ()
    if len(sides) != 2 or not all(_SIDES[0] <= side <= _SIDES[1] for side in sides):
        raise click.BadParameter(
            f"give WIDTHxHEIGHT with {_SIDES[0]} to {_SIDES[1]} px a side, such as 640x480."
        )
    return sides


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the data set, which is created.",
)
@click.option("--count", type=click.IntRange(min=1), default=12, show_default=True, help="Images.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same seed gives the same images.",
)
@click.option("--size", callback=_size, default="640x480", show_default=True, metavar="WxH")
@click.option(
    "--organ",
    "organs",
    type=click.Choice(list(ORGANS)),
    multiple=True,
    help="Repeatable; default: all in turn.",
)
@click.option("--banner", is_flag=True, help="Burn in an invented identity, scale and calipers.")
@click.option("--dicom", is_flag=True, help="Images as DICOM, with spacing, instead of PNG.")
def synthesise(
    out: Path,
    count: int,
    seed: int,
    size: tuple[int, int],
    organs: tuple[str, ...],
    banner: bool,
    dicom: bool,
) -> None:
    """Simulate ultrasound images without any patient, with the exact masks of their lesions.

    Upload `images/`, import the folder with its masks, or train and evaluate on it.
    """
    width, height = size
    cohort = Cohort(count, seed, height, width, organs or tuple(ORGANS), banner, dicom)
    try:
        with Progress(
            TextColumn("synthesise"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("synthesise", total=count)
            write_cohort(cohort, out, lambda: bar.advance(task))
    except DataError as error:
        raise click.ClickException(str(error)) from error
    click.echo(out)
