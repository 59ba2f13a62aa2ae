"""`sonoloop compare`: methods under one budget on one split, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.checkpoint import CheckpointError
from models.comparison.config import CompareConfig, MethodConfig
from models.comparison.pictures import draw_plots, draw_worst
from models.comparison.report import write_report
from models.comparison.runs import Measured, Report, Runs, require_samples
from models.comparison.table import report_of
from models.config import ConfigError, training_samples, validation_samples
from models.data import DataError, require_disjoint
from models.export import ExportError
from models.trainer import TrainingDiverged
from worker.pipeline import CrfUnavailableError, ModelError


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="YAML file, such as models/configs/compare.yaml.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the comparison. What is done in it already is not done again.",
)
@click.option("--only", multiple=True, help="Only this method of the file; repeatable.")
@click.option("--no-pictures", is_flag=True, help="Leave out plots and worst cases.")
def compare(config_path: Path, folder: Path, only: tuple[str, ...], no_pictures: bool) -> None:
    """Train or load every method of a file, measure all on the same images, write one table."""
    console = Console(stderr=True)
    try:
        config = CompareConfig.read(config_path)
        chosen = [m for m in config.methods if not only or m.name in only]
        if missing := set(only) - {method.name for method in config.methods}:
            raise ConfigError(f"{config_path} has no method {', '.join(sorted(missing))}.")
        bases = {method.of for method in chosen}
        chosen = [m for m in config.methods if m in chosen or m.name in bases]
        training = training_samples(config.sources)
        validation = validation_samples(config.sources)
        require_disjoint(training, validation)
        require_samples(training, validation)
        runs = Runs(config, folder, training, validation)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("compare", total=1.0)

            def show(what: str, share: float) -> None:
                bar.update(task, description=what, completed=share)

            measured, failed = _measure(chosen, runs, show)
            report = report_of(config, measured, len(training), failed)
            pictures = []
            if not no_pictures:
                pictures = draw_plots(report["rows"], measured, folder)
                for one in measured:
                    show(f"{one.method.name}: worst cases", 0.0)
                    base = config.method(one.method.of or one.method.name)
                    pictures.append(draw_worst(one, runs.network(base, show), folder))
        written = write_report(report, folder, pictures)
    except (
        CheckpointError,
        ConfigError,
        DataError,
        ExportError,
        ModelError,
    ) as error:
        raise click.ClickException(str(error)) from error
    _print(console, measured)
    for name, reason in failed.items():
        console.print(f"{name} has no row: {reason}", markup=False)
    for path in written:
        click.echo(path)


def _measure(
    methods: Sequence[MethodConfig], runs: Runs, show: Report
) -> tuple[list[Measured], dict[str, str]]:
    """What could be measured, and why the rest could not; hours of the others must not be lost.

    Raises:
        ConfigError: nothing could be measured.
    """
    measured: list[Measured] = []
    failed: dict[str, str] = {}
    for method in methods:
        if method.of in failed:
            failed[method.name] = f"{method.of} has none."
            continue
        try:
            measured.append(runs.measure(method, show))
        except (CrfUnavailableError, ExportError, ModelError, TrainingDiverged) as error:
            failed[method.name] = str(error)
    if not measured:
        raise ConfigError(" ".join(f"{name}: {reason}" for name, reason in failed.items()))
    return measured, failed


def _print(console: Console, measured: list[Measured]) -> None:
    table = Table(title="Mean lesion IoU per image")
    table.add_column("method")
    table.add_column("lesion IoU", justify="right")
    for one in measured:
        mean = sum(r.metrics.lesion_iou for r in one.results) / len(one.results)
        table.add_row(one.method.name, f"{mean:.4f}")
    console.print(table)
