"""Fitting the presence models of a model's card, judging them, and writing them into the card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.data.samples import Sample
from models.evaluation.presence import MOST_LOST, find, fit
from models.evaluation.presence_report import Answered, answers, by_source
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.held_out import held_out, spread
from models.packaging.parting import Parting, parted
from worker.pipeline import ModelCard, Network, PipelineSettings
from worker.pipeline.presence import PresenceModel

OnImage = Callable[[], None]


def fit_presence_folder(
    folder: Path,
    most_lost: float = MOST_LOST,
    most_lost_in_each: float = 1.0,
    limit: int | None = None,
    threads: int | None = None,
    *,
    dry_run: bool = False,
    counted: Callable[[int], None] = lambda images: None,
    on_image: OnImage | None = None,
) -> dict[str, Any]:
    """Run `sonoloop fit-presence` on the model in a folder and return its report.

    Args:
        limit: maximum number of held-out images of each data set; all by default.
        counted: called with the number of images to process and then judge.
        on_image: called after each of them.

    Raises:
        DataError, ModelError: the model or its data cannot be used.
    """
    network = Network.load(folder, threads=threads)
    settings = PipelineSettings.for_card(network.card)
    samples = held_out(network.card.training)
    if limit is not None:
        samples = spread(samples, limit)
    parting = parted(samples)
    counted(2 * len(samples))
    once = RememberingNetwork(network, network.card)
    presence, by_part = fit_parted(parting, once, most_lost, most_lost_in_each, on_image)
    card = network.card.model_copy(update={"presence": presence})
    if parting.crossed:
        seen = list[Answered]()
        for (_, judged), own in zip(parting.parts, by_part, strict=True):
            under = once.recalibrated(card.model_copy(update={"presence": own}))
            seen += answers(judged, under, settings, on_image)
    else:
        seen = answers(samples, once.recalibrated(card), settings, on_image)
    half = set[Sample]() if parting.crossed else set(parting.judged)
    report = {
        "judged": parting.to_json(),
        "images": {"tuning": len(parting.fitted), "check": len(half)},
        **({"check_half": by_source([o for o in seen if o.sample in half])} if half else {}),
        "held_out": by_source(seen),
    }
    if not dry_run:
        final = card.model_copy(update={"metrics": {**card.metrics, "presence": report}})
        ModelCard.model_validate(final.model_dump()).write(folder)
    return {"presence": presence.model_dump(mode="json"), **report}


def fit_parted(
    parting: Parting,
    network: RememberingNetwork,
    most_lost: float,
    most_lost_in_each: float,
    on_image: OnImage | None = None,
) -> tuple[PresenceModel, list[PresenceModel]]:
    """Fit the presence model for the card, and one on other patients for each part of the split.

    With two halves both are the same: fitted on one half, with the operating point chosen on both
    by probabilities from models fitted on other patients.

    Raises:
        DataError: there are too few images of either kind, or the network has no presence head.
    """
    settings = PipelineSettings.for_card(network.card)
    seen = find(parting.fitted, network, settings, without_lesions=True, on_image=on_image)
    if not parting.crossed:
        others = find(parting.judged, network, settings, on_image=on_image)
        presence = fit(seen, others, most_lost, most_lost_in_each)
        return presence, [presence]
    by_part = []
    for fitted, _ in parting.parts:
        groups = {f"{one.source}/{one.group}" for one in fitted}
        known = [one for one in seen if one.group in groups]
        by_part.append(fit(known, (), most_lost, most_lost_in_each))
    return fit(seen, (), most_lost, most_lost_in_each), by_part
