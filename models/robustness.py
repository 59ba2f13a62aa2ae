"""`sonoloop robustness`: how masks hold when images look different, and where there is no lesion.

The held-out images through the product's pipeline under each variation of :mod:`models.variations`,
and the tissue beside their lesions, where every outline is a false alarm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.augment import beside_lesion
from models.data import DataError, Pixels, Sample
from models.evaluate import ablated
from models.evaluation import read_frame, read_truth
from models.held_out import held_out, spread
from models.metrics import iou
from models.options import model_option, report_option, threads_option
from models.variations import VARIATIONS
from worker.pipeline import (
    Frame,
    ModelError,
    Network,
    PipelineSettings,
    Segmentation,
    load_default,
    segment,
    site_roots,
)
from worker.pipeline.settings import TtaName
from worker.pipeline.uncertainty import LOW_CONFIDENCE

UNCHANGED = next(iter(VARIATIONS))


def robustness_rows(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """One row per data set and variation: mean lesion IoU, and by how much it fell.

    A view in which nothing of the lesion is left is not counted. `worse` is the share of the
    images that lose more than 0.1 of IoU.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found: dict[tuple[str, str], list[tuple[float, float, bool]]] = {}
    for sample in samples:
        pixels = _read(sample)
        before = 0.0
        for name, vary in VARIATIONS.items():
            view = vary(pixels)
            said = segment(Frame(view.image), network, settings)
            if view.mask.any():
                now = iou(said.mask, view.mask > 0)
                before = now if name == UNCHANGED else before
                row = (now, now - before, bool(said.out_of_domain))
                found.setdefault((sample.source, name), []).append(row)
        if on_image:
            on_image()
    rows = []
    for (source, name), values in sorted(
        found.items(), key=lambda item: (item[0][0], list(VARIATIONS).index(item[0][1]))
    ):
        reached, change, flagged = (np.array(column, float) for column in zip(*values, strict=True))
        rows.append(
            {
                "source": source,
                "variation": name,
                "count": len(values),
                "lesion_iou_mean": float(reached.mean()),
                "change": float(change.mean()),
                "worse": float((change < -0.1).mean()),
                "out_of_domain": float(flagged.mean()),
            }
        )
    return rows


def false_alarms(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """One row per data set: what is outlined in the tissue beside the lesions.

    `alarms` is the share of the views with any outline, `confident` of those with an outline whose
    mean probability is not low, `marked` the mean share of the view that is outlined. An image
    without a broad strip beside its lesion is not counted.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found: dict[str, list[Segmentation]] = {}
    for sample in samples:
        view = beside_lesion(_read(sample))
        if not view.mask.any():
            said = segment(Frame(np.ascontiguousarray(view.image)), network, settings)
            found.setdefault(sample.source, []).append(said)
        if on_image:
            on_image()
    return [
        {
            "source": source,
            "count": len(views),
            "alarms": _share(bool(view.lesions) for view in views),
            "confident": _share(
                any(lesion.mean_probability >= LOW_CONFIDENCE for lesion in view.lesions)
                for view in views
            ),
            "marked": float(np.mean([view.mask.mean() for view in views])),
            "out_of_domain": _share(bool(view.out_of_domain) for view in views),
        }
        for source, views in sorted(found.items())
    ]


@click.command()
@model_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Held-out images of each data set, spread evenly over it.",
)
@click.option("--tta", type=click.Choice(get_args(TtaName)), help="Instead of the card's.")
@click.option("--input-area", type=click.IntRange(min=1024), help="Pixels, instead of the card's.")
@threads_option
@report_option
def robustness(
    model: str | None,
    limit: int,
    tta: TtaName | None,
    input_area: int | None,
    threads: int | None,
    report: Path,
) -> None:
    """Vary the validation images of the model's card and measure what becomes of the masks."""
    console = Console(stderr=True)
    try:
        network = load_default(*site_roots(), name=model, threads=threads)
        if input_area is not None:
            network = network.with_area(input_area)
        settings = ablated(PipelineSettings.for_card(network.card), tta=tta)
        samples = spread(held_out(network.card.training), limit)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("variations", total=len(samples))
            rows = robustness_rows(samples, network, settings, lambda: bar.advance(task))
            task = bar.add_task("beside lesions", total=len(samples))
            alarms = false_alarms(samples, network, settings, lambda: bar.advance(task))
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    _print(console, rows, "Mean lesion IoU")
    _print(console, alarms, "Beside the lesions")
    content = {
        "model": network.card.name,
        "version": network.card.version,
        "sha256": network.card.sha256,
        "input_area": network.card.input.area,
        "settings": settings.model_dump(mode="json"),
        "variations": rows,
        "beside_lesions": alarms,
    }
    with click.open_file(str(report), "w", encoding="utf-8", atomic=str(report) != "-") as stream:
        json.dump(content, stream, indent=2, ensure_ascii=False)
        stream.write("\n")


def _read(sample: Sample) -> Pixels:
    frame = read_frame(sample)
    return Pixels(frame.pixels, read_truth(sample, frame).astype(np.uint8))


def _share(values: Iterable[bool]) -> float:
    return float(np.mean(list(values)))


def _print(console: Console, rows: list[dict[str, Any]], title: str) -> None:
    table = Table(title=title)
    for heading in rows[0] if rows else ():
        table.add_column(heading)
    for row in rows:
        table.add_row(*(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)
