"""`sonoloop calibrate`: whether a model's probabilities and its uncertainty can be relied on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scipy.stats import spearmanr

from models.calibration import (
    BAD_IOU,
    Reliability,
    ReliabilityCounter,
    auroc,
    draw_reliability,
)
from models.data import DataError, Sample
from models.evaluation import read_frame, read_truth
from models.held_out import held_out, spread
from models.metrics import iou
from models.options import model_option, threads_option
from models.tuning import RememberingNetwork, halves
from worker.pipeline import (
    Calibration,
    CrfSettings,
    ModelCard,
    ModelError,
    MorphologySettings,
    Network,
    PipelineSettings,
    find_model,
    segment,
    site_roots,
)

BEFORE, AFTER, SHOWN = "temperature 1", "tuned temperature", "after the CRF"


@dataclass(frozen=True, slots=True)
class Judged:
    """One image: how good the mask is, and how unsure the pipeline was."""

    sample: Sample
    iou: float
    uncertainty: float


def measure_calibration(
    samples: Sequence[Sample], network: Network, on_image: Callable[[], None] | None = None
) -> tuple[dict[str, dict[str, Reliability]], list[Judged]]:
    """Reliability by data set and by :data:`BEFORE`, :data:`AFTER` and :data:`SHOWN`.

    The pixels are those of the effective area. The training domain plays no part in the
    reliability, and plays its part in the uncertainty.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    settings = PipelineSettings.for_card(network.card)
    bare = settings.model_copy(
        update={
            "crf": CrfSettings(engine="none"),
            "morphology": MorphologySettings(enabled=False),
        }
    )
    threshold = network.card.calibration.threshold
    cold = network.card.model_copy(
        update={"calibration": Calibration(temperature=1.0, threshold=threshold)}
    )
    counters: dict[str, dict[str, ReliabilityCounter]] = {}
    judged = []
    for sample in samples:
        frame = read_frame(sample)
        truth = read_truth(sample, frame)
        once = RememberingNetwork(network, network.card)
        alone = once.without_domain()
        answers = {
            BEFORE: segment(frame, once.recalibrated(cold).without_domain(), bare),
            AFTER: segment(frame, alone, bare),
            SHOWN: segment(frame, alone, settings),
        }
        own = counters.setdefault(sample.source, {name: ReliabilityCounter() for name in answers})
        for name, said in answers.items():
            area = said.crop.slices
            own[name].add(said.probability[area], truth[area])
        shown = segment(frame, once, settings)
        judged.append(Judged(sample, iou(shown.mask, truth), shown.uncertainty.score))
        if on_image:
            on_image()
    curves = {
        source: {name: counter.result() for name, counter in own.items()}
        for source, own in sorted(counters.items())
    }
    return curves, judged


def ranking(judged: Sequence[Judged]) -> dict[str, Any]:
    """How well uncertainty finds masks below :data:`BAD_IOU`, over all and by data set.

    `rank_correlation` is Spearman's, of uncertainty and IoU.
    """
    parts = {"all": list(judged)}
    for source in sorted({one.sample.source for one in judged}):
        parts[source] = [one for one in judged if one.sample.source == source]
    report = {}
    for name, part in parts.items():
        score = np.array([one.uncertainty for one in part])
        reached = np.array([one.iou for one in part])
        groups = [f"{one.sample.source}/{one.sample.group}" for one in part]
        report[name] = {
            "auroc": asdict(auroc(score, reached < BAD_IOU, groups)),
            "rank_correlation": float(spearmanr(score, reached)[0]) if len(part) > 1 else None,
        }
    return report


@click.command()
@model_option
@click.option(
    "--limit", type=click.IntRange(min=2), help="Held-out images of each data set; else all."
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Reliability plot to write, .png or .svg.",
)
@click.option("--dry-run", is_flag=True, help="Show the figures and leave the card as it is.")
@threads_option
def calibrate(
    model: str | None, limit: int | None, plot: Path | None, dry_run: bool, threads: int | None
) -> None:
    """Measure calibration and uncertainty on the held-out images, and write them into the card.

    The temperature is `sonoloop tune`'s, from one half of these images; uncertainty is reported
    for all of them and for the other half.
    """
    try:
        found = find_model(site_roots(), model)
        network = Network.load(found.folder, threads=threads)
        samples = held_out(network.card.training)
        if limit is not None:
            samples = spread(samples, limit)
        with Progress(
            TextColumn("calibrate"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("calibrate", total=len(samples))
            curves, judged = measure_calibration(samples, network, lambda: bar.advance(task))
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    _, check = halves(samples)
    report = {
        "calibration": {
            source: {name: curve.to_json() for name, curve in by_name.items()}
            for source, by_name in curves.items()
        },
        "uncertainty": {
            "held_out": ranking(judged),
            "check_half": ranking([one for one in judged if one.sample in check]),
        },
    }
    if plot is not None:
        draw_reliability(curves, plot)
    if not dry_run:
        card = network.card
        final = card.model_copy(update={"metrics": {**card.metrics, **report}})
        ModelCard.model_validate(final.model_dump()).write(found.folder)
    click.echo(json.dumps(report, indent=2))
