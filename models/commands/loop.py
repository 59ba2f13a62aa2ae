"""`sonoloop loop run`: from a pool to a candidate with one command and no configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve others

from models.data.samples import DataError
from models.loop.recipe import LONGEST_NAME, Recipe, parts_of
from models.loop.run import Standing, run
from models.packaging.export import ExportError
from models.packaging.parting import FEW_PATIENTS
from models.training.checkpoint import CheckpointError
from models.training.config import ConfigError
from models.training.device import OutOfMemory
from models.training.trainer import TrainingDiverged
from worker.pipeline import ModelError, SiteModels

FOLDER = click.Path(path_type=Path, file_okay=False)


def _default(name: str) -> Any:
    """Return a field's default in the recipe, as in a worker's run: equal runs give equal bytes."""
    return Recipe.model_fields[name].default


def _unusable(error: ValidationError) -> str:
    """Describe the options from which no recipe can be made."""
    named = ", ".join(f"--{one['loc'][0]}" for one in error.errors())
    return (
        f"{named} cannot be used: a name has at most {LONGEST_NAME} small letters, digits and "
        "hyphens, a version three numbers such as 1.0.0."
    )


@click.group()
def loop() -> None:
    """Train the next model on the pool."""


@loop.command("run")
@click.option("--data", type=FOLDER, required=True, help="Data set made by `sonoloop prepare`.")
@click.option("--parent", help="NAME or NAME@VERSION to fine-tune; default: the default model.")
@click.option("--replay", type=FOLDER, multiple=True, help="Data of the parent that is at hand.")
@click.option("--name", required=True, help="Of the candidate.")
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--epochs", type=click.IntRange(1, 200), default=_default("epochs"), show_default=True
)
@click.option("--size", type=click.IntRange(min=32), default=_default("size"), show_default=True)
@click.option(
    "--batch-size", type=click.IntRange(min=2), default=_default("batch_size"), show_default=True
)
@click.option("--threads", type=click.IntRange(min=1), help="Default: all cores but one.")
@click.option(
    "--out", type=FOLDER, required=True, help="Folder of the run; an existing run is continued."
)
def run_loop(
    data: Path,
    parent: str | None,
    replay: tuple[Path, ...],
    name: str,
    version: str,
    epochs: int,
    size: int,
    batch_size: int,
    threads: int | None,
    out: Path,
) -> None:
    """Fine-tune the parent on the pool, average both, and package a candidate.

    The share of the new weights is chosen by a curve over the validation images. The candidate
    keeps the parent's input area and pipeline stages. It gets its own temperature, threshold,
    training domain and probabilities of presence if there are enough validation patients, and a
    second candidate is its 8-bit version. Prints the folders of both; `sonoloop model import`
    imports them.
    """
    try:
        found = SiteModels().find(parent)
        recipe = Recipe(
            data=data,
            parent=found.folder,
            replay=replay,
            name=name,
            version=version,
            epochs=epochs,
            size=size,
            batch_size=batch_size,
            threads=threads,
        )
        for fold, samples in parts_of(data).items():
            patients = len({one.group for one in samples})
            few = "; too few to be judged alone" if patients < FEW_PATIENTS else ""
            click.echo(f"fold {fold}: {len(samples)} images, {patients} patients{few}", err=True)
        outcome = run(recipe, out / "run", out / "candidate", _print_status)
    except ValidationError as error:
        raise click.ClickException(_unusable(error)) from error
    except (
        DataError,
        CheckpointError,
        ConfigError,
        ExportError,
        OutOfMemory,
        TrainingDiverged,
        ModelError,
    ) as error:
        raise click.ClickException(str(error)) from error
    for share, scores in outcome.mixing.curve.items():
        said = ", ".join(f"{source} {value:.4f}" for source, value in scores.items())
        click.echo(f"{float(share):.0%} new weights: lesion IoU {said}", err=True)
    for note in outcome.notes:
        click.echo(note.text, err=True)
    if outcome.folder is None:
        raise click.ClickException("No mixture is better than the parent; nothing was packaged.")
    click.echo(outcome.folder)
    if outcome.in_8_bits is not None:
        click.echo(outcome.in_8_bits)


def _print_status(standing: Standing) -> None:
    left = standing.seconds_left
    click.echo(
        f"{standing.stage} {standing.fraction:.0%}"
        + (f", epoch {standing.epoch} of {standing.epochs}" if standing.epoch else "")
        + (f", loss {standing.loss:.4f}" if standing.loss is not None else "")
        + (f", {left / 60:.0f} min left" if left else ""),
        err=True,
    )
