"""`sonoloop export-onnx`: export a checkpoint to a model folder that the pipeline can load."""

from __future__ import annotations

from pathlib import Path

import click

from models.data.samples import DataError
from models.packaging.export import CardNotes, ExportError, export_checkpoint, record_agreement
from models.packaging.finishing import (
    finish_model,
    is_fine_tuned,
    put,
    require_finishable,
    staged,
)
from models.training.checkpoint import Checkpoint, CheckpointError, averaged
from worker.pipeline import SiteModels


@click.command("export-onnx")
@click.option(
    "--checkpoint",
    "paths",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    multiple=True,
    help=(
        "Checkpoint of `sonoloop train`; if several with the same start are given, their mean "
        "is exported."
    ),
)
@click.option(
    "--notes",
    "notes_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="YAML file with name, version, title, licences and limits for the card.",
)
@click.option(
    "--out",
    "zoo",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of models, in which NAME/VERSION is made. Default: the site's own, "
    "SONOLOOP_MODELS_DIR or models/ in SONOLOOP_DATA_DIR.",
)
@click.option(
    "--validate",
    is_flag=True,
    help="Also compare the lesion IoU of both on the validation folds of the training run.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Images of each data set that --validate compares on; default: all.",
)
@click.option(
    "--unfinished",
    is_flag=True,
    help="Export a fine-tuned model without temperature and training domain, or for another input "
    "area than its parent's; tune and fit-domain can follow.",
)
def export_onnx(
    paths: tuple[Path, ...],
    notes_path: Path,
    zoo: Path | None,
    validate: bool,
    limit: int | None,
    unfinished: bool,
) -> None:
    """Export a checkpoint to ONNX, check it against PyTorch and write its card.

    A fine-tuned model gets temperature and pipeline (`sonoloop tune`) and its training domain
    (`sonoloop fit-domain`) before it is moved to where it may serve: without them it would be
    confident about images unlike any it has seen.
    """
    zoo = zoo or SiteModels().own
    try:
        checkpoint = averaged([Checkpoint.read(path) for path in paths])
        notes = CardNotes.read(notes_path)
        finish = is_fine_tuned(checkpoint.config) and not unfinished
        if finish:
            require_finishable(checkpoint.config, notes)
        with staged(zoo) as aside:
            card = export_checkpoint(checkpoint, notes, aside)
            folder = aside / card.name / card.version
            if validate:
                card = record_agreement(checkpoint, folder, limit)
            if finish:
                finish_model(folder)
            put(folder, zoo / card.name / card.version)
    except (CheckpointError, DataError, ExportError) as error:
        raise click.ClickException(str(error)) from error
    for size, difference in card.metrics["onnx_parity_max_logit_difference"].items():
        click.echo(f"{size}: ONNX and PyTorch differ by at most {difference:.1e}", err=True)
    click.echo(zoo / card.name / card.version)
