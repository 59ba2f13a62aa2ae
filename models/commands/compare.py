"""`sonoloop compare`: methods under one budget on one split, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.comparison.config import CompareConfig
from models.comparison.document import Picture
from models.comparison.pictures import draw_examples, draw_worst
from models.comparison.plots import draw_plots
from models.comparison.report import write_report
from models.comparison.runs import Measured, NotRun, Report, Runs, require_samples
from models.comparison.table import NOT_RUN, mean_iou, report_of
from models.data.samples import DataError, require_disjoint
from models.packaging.export import ExportError
from models.training.checkpoint import CheckpointError
from models.training.config import ConfigError, training_samples, validation_samples
from models.training.device import OutOfMemory
from models.training.trainer import TrainingDiverged
from worker.pipeline import CrfUnavailableError, ModelError

_OF_ONE_ROW = (CrfUnavailableError, ExportError, ModelError, OutOfMemory, TrainingDiverged)
"""Errors that leave one row unmeasured and do not affect the others."""


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
    help="Folder of the comparison. Work already done in it is not repeated.",
)
@click.option(
    "--records",
    type=click.Path(path_type=Path, file_okay=False),
    help=(
        "Finished trainings without weights: read from there, and written there when they end here."
    ),
)
@click.option("--only", multiple=True, help="Work on this method of the file only; repeatable.")
@click.option("--report", "report_only", is_flag=True, help="Only report what is done.")
@click.option("--timings", is_flag=True, help="Measure all times again; on an idle machine.")
@click.option(
    "--markdown",
    "published",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write text and tables there, without any picture.",
)
@click.option("--no-pictures", is_flag=True, help="Leave out plots and worst cases.")
def compare(
    config_path: Path,
    folder: Path,
    records: Path | None,
    only: tuple[str, ...],
    report_only: bool,
    timings: bool,
    published: Path | None,
    no_pictures: bool,
) -> None:
    """Train or load every method of a file, measure all on the same images, write one table."""
    console = Console(stderr=True)
    try:
        config = CompareConfig.read(config_path)
        if missing := set(only) - {method.name for method in config.runs()}:
            raise ConfigError(f"{config_path} has no method {', '.join(sorted(missing))}.")
        training = training_samples(config.sources)
        validation = validation_samples(config.sources)
        require_disjoint(training, validation)
        require_samples(training, validation)
        runs = Runs(config, folder, training, validation, records)
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

            failed = {} if report_only else _work(runs, only, show, console)
            if timings or not report_only:
                _time(runs, timings, show)
            measured, missing_rows = _finished(runs, failed)
            report = report_of(config, measured, len(training), missing_rows)
            pictures = {} if no_pictures else _pictures(runs, report, measured, show)
        written = write_report(report, folder, pictures, published)
    except (
        CheckpointError,
        ConfigError,
        DataError,
        ExportError,
        ModelError,
    ) as error:
        raise click.ClickException(str(error)) from error
    _print(console, measured)
    for name, reason in missing_rows.items():
        console.print(f"{name} has no row: {reason}", markup=False)
    for path in written:
        click.echo(path)


def _work(runs: Runs, only: Sequence[str], show: Report, console: Console) -> dict[str, str]:
    """Do the remaining work; return why parts failed, so that hours of the others are not lost."""
    failed: dict[str, str] = {}
    for method in runs.config.runs():
        if only and method.name not in only:
            continue
        try:
            one = runs.measure(method, show)
            # One line each, as the log of a background run has no progress bar.
            console.print(f"{method.name}: lesion IoU {mean_iou(one):.4f}", markup=False)
        except _OF_ONE_ROW as error:
            failed[method.name] = str(error)
    return failed


def _time(runs: Runs, anew: bool, show: Report) -> None:
    """Time the finished methods one after the other, under the same conditions."""
    for one in _finished(runs, {})[0]:
        if anew or one.timing is None:
            with suppress(NotRun):  # a record has no weights to run
                runs.time(one.method, show)


def _finished(runs: Runs, failed: dict[str, str]) -> tuple[list[Measured], dict[str, str]]:
    """Return the finished rows, and why each of the others is missing.

    Raises:
        ConfigError: no row is done.
    """
    measured: list[Measured] = []
    missing: dict[str, str] = {}
    for method in runs.config.methods:
        try:
            one = runs.measure(method, lambda _what, _share: None, work=False)
            measured.append(replace(one, repeats=runs.repeats(method)))
        except NotRun:
            missing[method.name] = failed.get(method.name, NOT_RUN)
        except ModelError as error:
            missing[method.name] = str(error)
    if not measured:
        raise ConfigError(" ".join(f"{name}: {reason}" for name, reason in missing.items()))
    return measured, missing


def _pictures(
    runs: Runs, report: dict[str, Any], measured: Sequence[Measured], show: Report
) -> dict[str, list[Picture]]:
    """Draw plots, examples and worst cases; return them by heading."""
    folder = runs.folder
    found = {"Plots": draw_plots(report["rows"], report["changes"], measured, folder)}
    for one in measured:
        show(f"{one.method.name}: pictures", 0.0)
        try:
            network, _ = runs.loaded(one.method, show, work=False)
        except NotRun:  # a record has no weights to draw with
            continue
        if one.method.of is None:
            example = draw_examples(one, network, folder)
            found.setdefault("The same images under every method", []).append(example)
        worst = draw_worst(one, network, folder)
        found.setdefault("Worst cases", []).append(worst)
    return found


def _print(console: Console, measured: list[Measured]) -> None:
    table = Table(title="Mean lesion IoU per image")
    table.add_column("method")
    table.add_column("lesion IoU", justify="right")
    for one in measured:
        table.add_row(one.method.name, f"{mean_iou(one):.4f}")
    console.print(table)
