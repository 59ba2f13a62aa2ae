"""`sonoloop train`: train a network from a YAML configuration."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.checkpoint import CheckpointError
from models.config import ConfigError, TrainConfig
from models.data import DataError
from models.trainer import Trainer, TrainingDiverged


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="YAML file, such as models/configs/lite0.yaml.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the run. If it holds this configuration's checkpoint, the run continues.",
)
def train(config_path: Path, folder: Path) -> None:
    """Train a network and validate it after each epoch."""
    console = Console(stderr=True)
    try:
        trainer = Trainer(TrainConfig.read(config_path), folder)
        if trainer.epoch:
            console.print(f"Continuing after epoch {trainer.epoch}.")
        with Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            total = trainer.steps_per_epoch * trainer.config.epochs
            task = bar.add_task("train", total=total, epoch=trainer.epoch + 1, loss=float("nan"))

            def show(epoch: int, step: int, steps: int, loss: float) -> None:
                if step == 1 and trainer.curves:
                    bar.print(_line(trainer.curves[-1]))
                done = epoch * steps + step
                bar.update(task, completed=done, epoch=epoch + 1, loss=loss)

            curves = trainer.run(show)
    except (ConfigError, CheckpointError, DataError, TrainingDiverged) as error:
        raise click.ClickException(str(error)) from error
    console.print(_line(curves[-1]))
    click.echo(trainer.checkpoint_path)


def _line(record: dict[str, object]) -> str:
    scores = record.get("validation_iou")
    shown = f"epoch {record['epoch']}: loss {record['loss']:.4f}"
    if isinstance(scores, dict):
        shown += "".join(f", IoU {source} {value:.4f}" for source, value in scores.items())
    return shown
