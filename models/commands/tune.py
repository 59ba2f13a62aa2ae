"""`sonoloop tune`: calibrate a model, choose its pipeline, and write both into its card."""

from __future__ import annotations

from typing import get_args

import click

from models.commands.options import model_option, threads_option
from models.packaging.tuned_card import tune_folder
from worker.pipeline import ModelError, SiteModels
from worker.pipeline.settings import TtaName


@click.command()
@model_option
@click.option(
    "--tta",
    type=click.Choice(get_args(TtaName)),
    help="Test-time augmentation to tune with, instead of the card's.",
)
@click.option(
    "--like",
    help="Take denoising, CRF and cleaning from the card of this model, NAME or NAME@VERSION, and "
    "choose temperature and threshold alone.",
)
@threads_option
@click.option("--dry-run", is_flag=True, help="Show the figures and leave the card as it is.")
def tune(
    model: str | None, tta: TtaName | None, like: str | None, threads: int | None, dry_run: bool
) -> None:
    """Choose calibration and pipeline on the validation folds that the model's card names.

    One half of them, split by patient, is used for tuning; figures are given for the other half and
    for all of them.
    """
    try:
        found = SiteModels().find(model)
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    card = tune_folder(found.folder, tta, threads, like=like, dry_run=dry_run)
    if card is not None:
        click.echo(card)
