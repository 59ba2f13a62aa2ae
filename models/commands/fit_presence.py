"""`sonoloop fit-presence`: teach a model's card when to be silent, and how sure it may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.commands.options import model_option, threads_option
from models.data.samples import DataError, Sample
from models.evaluation.presence import MOST_LOST, fit, look
from models.evaluation.presence_report import Answered, answers, by_source
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.held_out import held_out, spread
from models.packaging.parting import parted
from worker.pipeline import (
    ModelCard,
    ModelError,
    Network,
    PipelineSettings,
    SiteModels,
)
from worker.pipeline.presence import PresenceModel


@click.command("fit-presence")
@model_option
@click.option(
    "--most-lost",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    default=MOST_LOST,
    show_default=True,
    help="Share of lesion images that the operating point may lose, as expected value.",
)
@click.option(
    "--most-lost-in-each",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=1.0,
    show_default=True,
    help="The same of each data set by itself.",
)
@click.option(
    "--limit", type=click.IntRange(min=2), help="Held-out images of each data set; else all."
)
@click.option("--dry-run", is_flag=True, help="Show the figures and leave the card as it is.")
@threads_option
def fit_presence(
    model: str | None,
    most_lost: float,
    most_lost_in_each: float,
    limit: int | None,
    dry_run: bool,
    threads: int | None,
) -> None:
    """Fit the probabilities of presence and the operating point, and write them into the card.

    Probabilities are fitted on one half of the held-out images, parted by patient, and on views of
    these whose lesion was taken out; the operating point is chosen on all of them, by probabilities
    that other patients gave. Figures are for the other half and for all. Where a half has fewer
    than 10 patients of a data set, all are fitted on, and figures are of images whose patients had
    no part in the fit. To be run after `sonoloop tune` and `sonoloop fit-domain`.
    """
    try:
        found = SiteModels().find(model)
        network = Network.load(found.folder, threads=threads)
        settings = PipelineSettings.for_card(network.card)
        samples = held_out(network.card.training)
        if limit is not None:
            samples = spread(samples, limit)
        parting = parted(samples)
        check = [] if parting.crossed else parting.judged
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bar:
            task = bar.add_task("fit", total=len(samples))
            once = RememberingNetwork(network, network.card)
            seen_alone = look(
                parting.fitted,
                once,
                settings,
                without_lesions=True,
                on_image=lambda: bar.advance(task),
            )
            others = look(check, once, settings, on_image=lambda: bar.advance(task))
            presence = fit(seen_alone, others, most_lost, most_lost_in_each)
            card = network.card.model_copy(update={"presence": presence})
            task = bar.add_task("report", total=len(samples))

            def answered(part: list[Sample], by: PresenceModel) -> list[Answered]:
                own = once.recalibrated(card.model_copy(update={"presence": by}))
                return answers(part, own, settings, lambda: bar.advance(task))

            seen = list[Answered]()
            for fitted, judged in parting.parts if parting.crossed else []:
                groups = {f"{one.source}/{one.group}" for one in fitted}
                known = [one for one in seen_alone if one.group in groups]
                seen += answered(judged, fit(known, (), most_lost, most_lost_in_each))
            if not parting.crossed:
                seen = answered(samples, presence)
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    half = set(check)
    report = {
        "judged": parting.to_json(),
        "images": {"tuning": len(parting.fitted), "check": len(check)},
        **({"check_half": by_source([o for o in seen if o.sample in half])} if half else {}),
        "held_out": by_source(seen),
    }
    if not dry_run:
        _write(found.folder, card, report)
    click.echo(json.dumps({"presence": presence.model_dump(mode="json"), **report}, indent=2))


def _write(folder: Path, card: ModelCard, report: dict[str, Any]) -> None:
    final = card.model_copy(update={"metrics": {**card.metrics, "presence": report}})
    ModelCard.model_validate(final.model_dump()).write(folder)
