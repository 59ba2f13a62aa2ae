"""Calibrating a model, choosing its pipeline, and writing both into its card."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from models.data.samples import DataError
from models.evaluation.metrics import summarise
from models.evaluation.per_image import ImageResult, evaluate_samples
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.held_out import held_out
from models.packaging.parting import Parting, parted
from models.packaging.tuning import Tuned, passes, score, tune_like, tune_pipeline
from worker.pipeline import ModelError, Network, PipelineSettings, SiteModels
from worker.pipeline.settings import TtaName

CHOSEN = "chosen"


def tune_folder(
    folder: Path,
    tta: TtaName | None = None,
    threads: int | None = None,
    *,
    like: str | None = None,
    dry_run: bool = False,
) -> Path | None:
    """Run `sonoloop tune` on the model in a folder; return the card if it was written.

    Raises:
        click.ClickException: the model or its data cannot be used.
    """
    console = Console(stderr=True)
    try:
        # Masks are tuned as if every image were like the training images.
        network = Network.load(folder, threads=threads).without_domain()
        parting = parted(held_out(network.card.training))
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console
        ) as bar:
            task = bar.add_task("tune", total=len(parting.fitted) * (1 if like else passes()))
            remembering = RememberingNetwork(network, network.card)
            chosen = tta or network.card.pipeline.tta

            def advance() -> None:
                bar.advance(task)

            if like is None:
                tuned = tune_pipeline(parting, remembering, advance, chosen)
            else:
                settings = PipelineSettings.for_card(SiteModels().find(like).card)
                tuned = tune_like(parting, remembering, settings, advance, chosen)
            card = network.card.model_copy(
                update={"calibration": tuned.calibration, "pipeline": tuned.settings}
            )
            remembering = remembering.recalibrated(card)
            variants = {CHOSEN: tuned.settings, **tuned.candidates}
            measured = len(parting.fitted) + len(parting.judged)
            task = bar.add_task("report", total=measured * len(variants))
            results = {
                name: [
                    evaluate_samples(
                        parting.fitted, remembering, settings, lambda: bar.advance(task)
                    ),
                    judged_results(
                        parting, tuned, remembering, settings, lambda: bar.advance(task)
                    ),
                ]
                for name, settings in variants.items()
            }
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    settings = tuned.settings
    fitted, judged = results[CHOSEN]
    if parting.crossed:
        on = "all validation images; those of other patients have a veto on denoising and CRF"
        figures = {"validation": by_source(judged)}
    else:
        on = (
            "half of the validation groups, by a hash of the group; the other half has a veto on "
            "denoising and CRF"
        )
        figures = {
            "validation": by_source([*fitted, *judged]),
            "validation_check_half": by_source(judged),
        }
    before = {key: one for key, one in card.metrics.items() if key != "validation_check_half"}
    metrics = {
        **before,
        **figures,
        "tuning": {
            "on": on,
            **({"like": like} if like else {}),
            "judged": parting.to_json(),
            "images": {"tuning": len(parting.fitted), "check": len(parting.judged)},
            "ablation": ablation(variants, results),
        },
    }
    _print(console, metrics["tuning"]["ablation"])
    if dry_run:
        click.echo(json.dumps({"pipeline": settings.model_dump(mode="json"), **metrics}, indent=2))
        return None
    final = card.model_copy(update={"pipeline": settings, "metrics": metrics})
    # Copies are not validated; a card that readers would refuse must not be written.
    return type(final).model_validate(final.model_dump()).write(folder)


def judged_results(
    parting: Parting,
    tuned: Tuned,
    network: RememberingNetwork,
    settings: PipelineSettings,
    on_image: Callable[[], None],
) -> list[ImageResult]:
    """Run these settings on each judged image, with temperature and threshold of other patients."""
    found = []
    for (_, judged), calibration in zip(parting.parts, tuned.crossed, strict=True):
        card = network.card.model_copy(update={"calibration": calibration})
        own = settings.model_copy(update={"threshold": calibration.threshold})
        found += evaluate_samples(judged, network.recalibrated(card), own, on_image)
    return found


def by_source(results: Sequence[ImageResult]) -> dict[str, dict[str, float | int]]:
    """Summarise each data set's lesion images, and how often the others are outlined."""
    report = {}
    for source in sorted({result.sample.source for result in results}):
        metrics = [r.metrics for r in results if r.sample.source == source]
        free = [m for m in metrics if not m.truth]
        lesions = [m for m in metrics if m.truth]
        report[source] = {
            **(summarise(lesions) if lesions else {}),
            **(
                {
                    "lesion_free_count": len(free),
                    "lesion_free_outlined": sum(m.predicted > 0 for m in free) / len(free),
                }
                if free
                else {}
            ),
        }
    return report


def ablation(
    variants: dict[str, PipelineSettings], results: dict[str, list[list[ImageResult]]]
) -> list[dict[str, Any]]:
    """Return one row per variant: scores on the images for choosing and on those for judging, and
    the difference from the chosen settings."""
    reference = variants[CHOSEN].model_dump(mode="json")
    rows = []
    for name, settings in variants.items():
        values = settings.model_dump(mode="json")
        tuning, check = (score(part) for part in results[name])
        rows.append(
            {
                "settings": name,
                "lesion_iou_tuning": tuning.lesion_iou,
                "lesion_iou_check": check.lesion_iou,
                "boundary_f_tuning": tuning.boundary_f,
                "boundary_f_check": check.boundary_f,
                "differs": {key: value for key, value in values.items() if value != reference[key]},
            }
        )
    return rows


def _print(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(title="Mean over data sets; on patients that did not choose in brackets")
    for heading in ("settings", "lesion IoU", "boundary F"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row["settings"],
            f"{row['lesion_iou_tuning']:.4f} ({row['lesion_iou_check']:.4f})",
            f"{row['boundary_f_tuning']:.4f} ({row['boundary_f_check']:.4f})",
        )
    console.print(table)
