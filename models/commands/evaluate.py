"""`sonoloop evaluate`: how well a model and its pipeline agree with given masks."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, samples_of, threads_option
from models.data.classes import ClassLabels, Words
from models.data.samples import DataError, Sample, pair_by_stem
from models.evaluation.ablation import ablated
from models.evaluation.class_scores import ClassScores, summed
from models.evaluation.metrics import summarise
from models.evaluation.per_image import ImageResult, evaluate_samples
from worker.pipeline import (
    ModelError,
    Network,
    PipelineSettings,
    SiteModels,
)
from worker.pipeline.settings import CrfEngineName, TtaName

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@model_option
@click.option("--method", help="A classical method instead of a model, such as otsu.")
@click.option("--images", type=_FOLDER, help="Folder of images.")
@click.option("--masks", type=_FOLDER, help="Folder of masks with the same stems.")
@click.option(
    "--data",
    metavar="FOLDER[:FOLD,…]",
    help=(
        "Data set with samples.csv instead of the two folders, and which of its folds. If the "
        "model distinguishes classes, they are compared as well."
    ),
)
@click.option(
    "--class-column",
    metavar="COLUMN",
    help="Column of samples.csv that gives the class of everything that an image's mask marks.",
)
@click.option(
    "--class",
    "class_names",
    metavar="NAME=CLASS",
    multiple=True,
    help="The model's name for a class of the data set; repeatable.",
)
@click.option(
    "--json",
    "report",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    help="Report to write; - is standard output.",
)
@click.option(
    "--samples",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV with the columns id and fold; needed with --fold.",
)
@click.option(
    "--fold", "folds", type=int, multiple=True, help="Only this fold of the table; repeatable."
)
@click.option(
    "--crf",
    type=click.Choice(get_args(CrfEngineName)),
    help="CRF engine instead of the card's, with the card's weights.",
)
@click.option("--no-morphology", is_flag=True, help="Leave the mask as thresholded.")
@click.option("--no-denoise", is_flag=True, help="Do not low-pass the image.")
@click.option(
    "--tta",
    type=click.Choice(get_args(TtaName)),
    help="Test-time augmentation instead of the card's.",
)
@click.option(
    "--input-area",
    type=click.IntRange(min=1024),
    help="Pixels of the network input instead of the card's, such as 65536 for 256×256.",
)
@threads_option
def evaluate(
    model: str | None,
    method: str | None,
    images: Path | None,
    masks: Path | None,
    data: str | None,
    class_column: str | None,
    class_names: tuple[str, ...],
    report: Path,
    table: Path | None,
    folds: tuple[int, ...],
    crf: CrfEngineName | None,
    no_morphology: bool,
    no_denoise: bool,
    tta: TtaName | None,
    input_area: int | None,
    threads: int | None,
) -> None:
    """Run images through the product's pipeline and compare with masks of the same stem."""
    try:
        if data is not None and images is None and masks is None:
            samples = samples_of(data)
        elif data is None and images is not None and masks is not None:
            samples = choose(images, masks, table, folds)
        else:
            raise DataError("Give --images and --masks, or --data.")
        network = load(model, method, threads)
        labels = class_labels_of(network, samples, class_column, class_names)
        if input_area is not None:
            network = network.with_area(input_area)
        settings = ablated(
            PipelineSettings.for_card(network.card),
            crf=crf,
            morphology=not no_morphology,
            denoise=not no_denoise,
            tta=tta,
        )
        started = time.perf_counter()
        with Progress(
            TextColumn("evaluate"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("evaluate", total=len(samples))
            results = evaluate_samples(
                samples, network, settings, lambda: bar.advance(task), labels
            )
        seconds = time.perf_counter() - started
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    content = report_of(results, network, settings, seconds)
    with click.open_file(str(report), "w", encoding="utf-8", atomic=str(report) != "-") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")


def class_labels_of(
    network: Network, samples: Sequence[Sample], column: str | None, names: Sequence[str]
) -> ClassLabels | None:
    """Return a reader of the samples with the model's classes; None if either has no classes.

    Raises:
        DataError: a name is not written as NAME=CLASS, or the model has no such class.
    """
    known = network.card.class_names
    renamed: dict[str, str] = {}
    for one in names:
        name, equals, its = one.partition("=")
        if not (equals and its in known):
            raise DataError(
                f"--class {one}: write NAME=CLASS; the model's are {', '.join(known) or 'none'}."
            )
        renamed[name] = its
    if not known or not (column or any(sample.classes for sample in samples)):
        return None
    words = Words(column, renamed)
    return ClassLabels(known, {sample.source: words for sample in samples})


def load(model: str | None, method: str | None = None, threads: int | None = None) -> Network:
    """Load the requested model, or a classical method in its place.

    Raises:
        ModelError: both are named, or there is no such model or method.
    """
    if method is not None:
        if model is not None:
            raise ModelError("Name either a model or a method, not both.")
        return _classical(method)
    return SiteModels().load(model, threads=threads)


def _classical(name: str) -> Network:
    try:
        from models.classical import METHODS, ClassicalNetwork
    except ModuleNotFoundError as error:
        raise ModelError(
            "Classical methods need scikit-image; install it with: pip install 'sonoloop[train]'"
        ) from error
    if name not in METHODS:
        raise ModelError(f"There is no method {name!r}; there are {', '.join(METHODS)}.")
    return ClassicalNetwork(name, METHODS[name]())


def choose(
    images: Path, masks: Path, table: Path | None = None, folds: tuple[int, ...] = ()
) -> list[Sample]:
    """Return samples of two folders paired by stem, restricted to the table's `folds` if given.

    Raises:
        DataError: a folder, a partner, the table or a fold is missing.
    """
    samples = pair_by_stem(images, masks)
    if not folds:
        return samples
    if table is None:
        raise DataError("--fold needs --samples, a table with the columns id and fold.")
    try:
        with table.open(newline="", encoding="utf-8") as stream:
            wanted = {row["id"] for row in csv.DictReader(stream) if int(row["fold"]) in folds}
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}.") from error
    except (KeyError, ValueError) as error:
        raise DataError(f"{table} needs the columns id and fold (whole numbers).") from error
    chosen = [sample for sample in samples if sample.id in wanted]
    if not chosen:
        raise DataError(f"{table} lists no image of {images} in fold {', '.join(map(str, folds))}.")
    return chosen


def report_of(
    results: list[ImageResult], network: Network, settings: PipelineSettings, seconds: float
) -> dict[str, Any]:
    """Return the report: overall figures with provenance, and one record per image."""
    try:
        software = installed_version("sonoloop")
    except PackageNotFoundError:
        software = "not installed"
    counts = [result.class_counts for result in results if result.class_counts is not None]
    names = network.card.class_names
    classes = ClassScores.of(summed(counts, len(names)), names).to_json() if counts else None
    return {
        "overall": {
            **summarise(result.metrics for result in results),
            **({"classes": classes} if classes else {}),
            "seconds": seconds,
            "provenance": {
                "model": network.card.name,
                "version": network.card.version,
                "sha256": network.card.sha256,
                "provider": network.provider,
                "input_area": network.card.input.area,
                "settings": settings.model_dump(mode="json"),
                "software": software,
            },
        },
        "images": [result.to_json() for result in results],
    }
