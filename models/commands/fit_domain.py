"""`sonoloop fit-domain`: teach a model to recognise images unlike those it was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import click

from models.commands.options import model_option, threads_option
from models.packaging.domain_card import fit_folder
from worker.pipeline import (
    ModelError,
    SiteModels,
)


@click.command("fit-domain")
@model_option
@click.option(
    "--pictures",
    "folders",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    help=(
        "Also report on the images below this folder; repeatable. They are not used for the fit."
    ),
)
@click.option(
    "--limit",
    type=click.IntRange(min=50),
    help="Training images of each data set, spread evenly over it; default: all.",
)
@threads_option
def fit_domain(
    model: str | None, folders: tuple[Path, ...], limit: int | None, threads: int | None
) -> None:
    """Fit the training domain of a model, measure it, and write both into its folder.

    Mean and covariance come from the training images that the card names, each unchanged and in one
    augmented view; the limit comes from one half of the held-out images. The report covers the
    other half, photographs, DICOM files of other modalities and plain images.
    """
    try:
        found = SiteModels().find(model)
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(fit_folder(found.folder, folders, limit, threads), indent=2))
