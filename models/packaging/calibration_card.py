"""Measuring a model's calibration on held-out patients, and writing it into its card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.evaluation.calibration import Reliability, draw_reliability
from models.evaluation.calibration_report import measure_calibration, ranking
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.held_out import held_out, spread
from models.packaging.parting import parted
from models.packaging.tuning import calibrations_of
from worker.pipeline import ModelCard, Network


def calibrate_folder(
    folder: Path,
    limit: int | None = None,
    threads: int | None = None,
    *,
    plot: Path | None = None,
    dry_run: bool = False,
    counted: Callable[[int], None] = lambda images: None,
    on_image: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run `sonoloop calibrate` on the model in a folder and return its report.

    Args:
        limit: maximum number of held-out images of each data set; all by default.
        plot: reliability plot to write, .png or .svg.
        counted: called with the number of images to measure.
        on_image: called after each of them.

    Raises:
        DataError, ModelError: the model or its data cannot be used.
    """
    network = Network.load(folder, threads=threads)
    samples = held_out(network.card.training)
    if limit is not None:
        samples = spread(samples, limit)
    parting = parted(samples)
    counted(len(samples))
    others = None
    if parting.crossed:
        plain = RememberingNetwork(network, network.card).without_domain()
        others = calibrations_of(parting, plain)
    curves, judged = measure_calibration(samples, network, on_image, others)
    check = set(parting.judged)
    half = [one for one in judged if one.sample in check]
    report = {
        "calibration": _to_json(curves),
        "uncertainty": {
            "held_out": ranking(judged),
            **({} if parting.crossed else {"check_half": ranking(half)}),
        },
        "calibration_judged": parting.to_json(),
    }
    if plot is not None:
        draw_reliability(curves, plot)
    if not dry_run:
        card = network.card
        final = card.model_copy(update={"metrics": {**card.metrics, **report}})
        ModelCard.model_validate(final.model_dump()).write(folder)
    return report


def _to_json(curves: dict[str, dict[str, Reliability]]) -> dict[str, Any]:
    return {
        source: {name: curve.to_json() for name, curve in by_name.items()}
        for source, by_name in curves.items()
    }
