"""`sonoloop train`: train a network from a YAML configuration."""

from __future__ import annotations

import functools
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from models.data.samples import DataError
from models.training.checkpoint import CheckpointError
from models.training.config import ConfigError, TrainConfig
from models.training.curves import LiveCurves
from models.training.device import OutOfMemory, device_type
from models.training.distributed import (
    ProcessError,
    Ranks,
    ended_at_once,
    run_processes,
    terminated_as_exit,
)
from models.training.trainer import Trainer, TrainingDiverged

EXPECTED = (ConfigError, CheckpointError, DataError, OutOfMemory, TrainingDiverged)
"""Errors whose message is shown to the user."""


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
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share each batch: one per GPU, or several on the CPU.",
)
def train(config_path: Path, folder: Path, processes: int) -> None:
    """Train a network and validate it after each epoch.

    The folder gets last.pt (the complete state, to continue from), best.pt (that of the best
    validation), curves.jsonl, curves.png, and tensorboard/ for `tensorboard --logdir`.
    """
    try:
        config = TrainConfig.read(config_path)
        if processes == 1:
            with ended_at_once(), terminated_as_exit():
                run(config, folder, Ranks())
        else:
            Ranks(0, processes).require_divisible(config)
            run_processes(
                functools.partial(run, config, folder),
                processes,
                backend="nccl" if device_type(config) == "cuda" else "gloo",
                expected=EXPECTED,
            )
    except (*EXPECTED, ProcessError) as error:
        raise click.ClickException(str(error)) from error


def run(config: TrainConfig, folder: Path, ranks: Ranks) -> None:
    """Do this process's part of a run; the first one shows progress and writes the curves.

    Raises:
        ConfigError, CheckpointError, DataError, OutOfMemory, TrainingDiverged: as
            :class:`models.training.trainer.Trainer` raises them.
    """
    trainer = Trainer(config, folder, ranks)
    if not ranks.first:
        trainer.run()
        return
    console = Console(stderr=True)
    if not trainer.finished:
        _watched(trainer, console)
    if trainer.epoch < config.last_epoch:
        console.print(f"Stopped early: {config.patience} validations brought nothing better.")
    click.echo(trainer.best_path if config.patience else trainer.checkpoint_path)


def _watched(trainer: Trainer, console: Console) -> None:
    if trainer.epoch:
        console.print(f"Continuing after epoch {trainer.epoch}.")
    with (
        LiveCurves(trainer) as live,
        Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        ) as bar,
    ):
        task = bar.add_task(
            "train",
            total=trainer.steps,
            completed=trainer.epoch * trainer.steps_per_epoch,
            epoch=trainer.epoch + 1,
            epochs=trainer.config.epochs,
            loss=float("nan"),
        )

        def step(epoch: int, step: int, steps: int, loss: float) -> None:
            live.step(epoch, step, steps, loss)
            bar.update(task, completed=epoch * steps + step, epoch=epoch + 1, loss=loss)

        def epoch_done() -> None:
            bar.print(_line(trainer.curves[-1]))
            live.epoch_done()

        trainer.run(step, epoch_done)


def _line(record: dict[str, object]) -> str:
    scores = record.get("validation_iou")
    shown = f"epoch {record['epoch']}: loss {record['loss']:.4f}"
    if isinstance(scores, dict):
        name = "mIoU" if "validation_classes" in record else "IoU"
        shown += "".join(f", {name} {source} {value:.4f}" for source, value in scores.items())
    return shown
