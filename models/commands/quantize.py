"""`sonoloop quantize`: a model in 8-bit integers, for machines without a GPU and little memory.

Static quantisation to QDQ form with ONNX Runtime, weights per output channel. The ranges of the
activations are taken from training images, seen as the product's pipeline shows them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError
from models.evaluation.presence import undecided
from models.packaging.held_out import held_out, sources_of, spread
from models.packaging.parting import FEW_PATIENTS, few_patients
from models.packaging.quantize import (
    LESION_FREE,
    MOST_LOSS,
    RangeName,
    compare,
    compare_crossed,
    other_bits,
    summarised,
)
from models.training.config import training_samples
from worker.pipeline import (
    ModelError,
    Network,
    SiteModels,
)
from worker.pipeline.card import MODEL_FILE


@click.command()
@model_option
@click.option("--name", help="Of the new model; the old name with -int8 where not given.")
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
    default=60,
    show_default=True,
    help="Training images of each data set that ranges are taken from.",
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
    help="Held-out images of each data set to compare on; all where not given.",
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

    Nothing is written where it loses more than --most-loss of mean lesion IoU on a data set. Where
    fewer than 10 patients of one are held out, training images are compared as well, each in a
    cross-validation by ranges that other patients gave.
    Weights for training and the training domain stay with the float model: run
    `sonoloop fit-domain` on the new one, and `sonoloop fit-presence` where it tells presence.
    """
    try:
        found = SiteModels().find(model)
        # Both without a training domain and presence, which the new one has not yet.
        whole = undecided(Network.load(found.folder, threads=threads).without_domain())
        training = spread(training_samples(sources_of(whole.card.training)), images)
        checked = held_out(whole.card.training)
        few = few_patients(checked)
        if check is not None:
            checked = spread(checked, check)
        with (
            other_bits(whole, training, ranges, weight_bits, name, threads) as small,
            Progress(
                TextColumn("compare"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            ) as bar,
        ):
            task = bar.add_task("compare", total=len(checked) + (len(training) if few else 0))

            def advance() -> None:
                bar.advance(task)

            rows = compare(checked, whole, small, advance)
            if few:
                rows += compare_crossed(training, whole, ranges, weight_bits, advance)
            report = summarised(rows)
            click.echo(json.dumps(report, indent=2))
            loss = -min(
                values["change"] for name, values in report.items() if LESION_FREE not in name
            )
            if loss > most_loss:
                raise ModelError(
                    f"In 8 bits the model loses {loss:.4f} of mean lesion IoU on a data set, more "
                    f"than {most_loss}; nothing was written. Try --ranges, --weight-bits or "
                    "--samples."
                )
            card = small.card
            target = zoo / card.name / card.version
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(small.folder / MODEL_FILE, target / MODEL_FILE)
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    lineage = {
        "model": whole.card.name,
        "version": whole.card.version,
        "sha256": whole.card.sha256,
        "ranges": ranges,
        "weight_bits": weight_bits,
        "images": len(training),
    }
    if few:
        lineage["judged"] = (
            f"Held-out patients of {', '.join(few)} are fewer than {FEW_PATIENTS}, too few to be "
            "judged alone: training images were judged as well, by ranges of other patients "
            "(cross-validation)."
        )
    final = card.model_copy(
        update={
            "training": {**card.training, "quantized_from": lineage},
            "metrics": {"float_and_int8": report},
        }
    )
    click.echo(final.write(target), err=True)
