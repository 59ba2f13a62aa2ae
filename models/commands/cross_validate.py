"""`sonoloop cross-validate`: what a recipe is worth on unseen patients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.commands.options import threads_option
from models.commands.train import EXPECTED, run
from models.cross_validation.config import CrossValidation
from models.cross_validation.fold import OnImage, measure, measured
from models.cross_validation.report import ALL, judge
from models.packaging.export import ExportError
from models.training.checkpoint import CHECKPOINT_FILE
from models.training.config import ConfigError
from models.training.distributed import Ranks, ended_at_once, terminated_as_exit
from worker.pipeline import ModelError


@click.command("cross-validate")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="YAML file, such as models/configs/cross-validate.yaml.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the runs; the table goes into report.json there.",
)
@click.option(
    "--fold",
    "chosen",
    type=int,
    multiple=True,
    help="Only this fold, without the table; repeatable.",
)
@threads_option
def cross_validate(
    config_path: Path, folder: Path, chosen: tuple[int, ...], threads: int | None
) -> None:
    """Train, finish and judge a model without each fold of a data set in turn.

    To resume an interrupted run, give the same command: finished work is not repeated. No image of
    a fold is used for its network, temperature, threshold, training domain, probabilities or
    operating point.
    """
    try:
        config = CrossValidation.read(config_path)
        if unknown := set(chosen) - set(config.folds):
            raise ConfigError(f"{config_path} names no fold {min(unknown)}.")
        for fold in chosen or config.folds:
            _fold(config, fold, folder / f"fold-{fold}", threads)
        found = {fold: measured(config, folder / f"fold-{fold}") for fold in config.folds}
        missing = [str(fold) for fold, one in found.items() if one is None]
        if missing:
            click.echo(f"Left to do: fold {', '.join(missing)}; the table needs all.")
            return
        with _bar("judge") as advance:
            every = {fold: one for fold, one in found.items() if one is not None}
            report = judge(config, folder, every, threads, advance)
    except (*EXPECTED, ExportError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    path = folder / "report.json"
    with click.open_file(str(path), "w", encoding="utf-8", atomic=True) as stream:
        json.dump(report, stream, indent=2)
        stream.write("\n")
    _print(report)
    click.echo(path)


def _fold(config: CrossValidation, fold: int, folder: Path, threads: int | None) -> None:
    """Do what remains of a fold's training and measurement."""
    with ended_at_once(), terminated_as_exit():
        run(config.without(fold), folder / "run", Ranks())
    if measured(config, folder) is None:
        with _bar(f"fold {fold}") as advance:
            measure(config, fold, folder, folder / "run" / CHECKPOINT_FILE, threads, advance)


@contextmanager
def _bar(name: str) -> Iterator[OnImage]:
    with Progress(
        TextColumn(name),
        BarColumn(),
        TextColumn("{task.completed} images"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda: bar.advance(task)


_COLUMNS = ("fold", "patients", "n", "IoU", "pooled", "missed", "n", "outlined", "sure", "AUROC")


def _print(report: dict[str, Any]) -> None:
    table = Table(title="With a lesion: IoU, missed. Without: outlined, sure and not flagged")
    for heading in _COLUMNS:
        table.add_column(heading)
    for name, part in {**report["folds"], ALL: report[ALL]}.items():
        lesion, free = part.get("lesion"), part.get("lesion_free")
        shown = [name, str(part["patients"])]
        shown += (
            [
                str(lesion["count"]),
                f"{lesion['iou_mean']:.3f}",
                f"{lesion['iou_pooled']:.3f}",
                f"{lesion['missed']:.1%}",
            ]
            if lesion
            else ["0", "", "", ""]
        )
        shown += (
            [
                str(free["count"]),
                f"{free['outlined']:.1%}",
                f"{free['sure_and_not_flagged']:.1%}",
            ]
            if free
            else ["0", "", ""]
        )
        area = part["presence"]["auroc"]["value"]
        table.add_row(*shown, "" if area is None else f"{area:.3f}")
    Console(stderr=True).print(table)
    for name, one in report[ALL]["intervals"].items():
        click.echo(f"{name}: {one['mean']:.3f} [{one['low']:.3f}, {one['high']:.3f}]", err=True)
