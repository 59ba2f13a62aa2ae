"""`sonoloop quantize`: a model in 8-bit integers, for machines without a GPU or much memory.

Static quantisation to QDQ form with ONNX Runtime, weights per output channel. The ranges of the
activations come from training images, preprocessed by the product's pipeline.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError
from models.packaging.quantize import MOST_LOSS, RangeName
from models.packaging.quantized_card import IMAGES, LosesTooMuch, quantize_folder
from worker.pipeline import ModelError, SiteModels
from worker.pipeline.card import CARD_FILE


@click.command()
@model_option
@click.option("--name", help="Name of the new model; default: the old name with -int8.")
@click.option(
    "--out",
    "zoo",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("models/zoo"),
    show_default=True,
    help="Folder of models; NAME/VERSION is made below it.",
)
@click.option(
    "--samples",
    "images",
    type=click.IntRange(min=8),
    default=IMAGES,
    show_default=True,
    help="Training images of each data set used to determine ranges.",
)
@click.option(
    "--ranges", type=click.Choice(get_args(RangeName)), default="average", show_default=True
)
@click.option(
    "--weight-bits",
    type=click.IntRange(7, 8),
    default=8,
    show_default=True,
    help="7 for x86 processors without VNNI, on which 8 overflow.",
)
@click.option(
    "--check",
    type=click.IntRange(min=1),
    help="Held-out images of each data set to compare on; default: all.",
)
@click.option(
    "--most-loss",
    type=click.FloatRange(min=-1, max=1),
    default=MOST_LOSS,
    show_default=True,
    help="Of mean lesion IoU on a data set; one with few lesion images scatters by more.",
)
@threads_option
def quantize(
    model: str | None,
    name: str | None,
    zoo: Path,
    images: int,
    ranges: RangeName,
    weight_bits: int,
    check: int | None,
    most_loss: float,
    threads: int | None,
) -> None:
    """Write a model in 8-bit integers, compared with the float model on its held-out images.

    Nothing is written if it loses more than --most-loss of mean lesion IoU on a data set. If fewer
    than 10 patients of one are held out, training images are compared as well, in a
    cross-validation with ranges from other patients.
    Weights for training and the training domain stay with the float model: run
    `sonoloop fit-domain` on the new one, and `sonoloop fit-presence` if it has a presence head.
    """
    try:
        found = SiteModels().find(model)
        with Progress(
            TextColumn("compare"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("compare", total=None)
            target, report = quantize_folder(
                found.folder,
                zoo,
                name,
                images,
                ranges,
                weight_bits,
                check,
                most_loss,
                threads,
                counted=lambda total: bar.update(task, total=total),
                on_image=lambda: bar.advance(task),
            )
    except LosesTooMuch as error:
        click.echo(json.dumps(error.report, indent=2))
        raise click.ClickException(str(error)) from error
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report, indent=2))
    click.echo(target / CARD_FILE, err=True)
