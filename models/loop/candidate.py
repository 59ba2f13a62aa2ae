"""A candidate's folder: graph, weights, and a card with its own and its parent's parts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from models.loop.fitting import (
    Fitted,
    fit_calibration,
    fit_domain,
    fit_presence,
    in_8_bits,
    limits_besides,
    measure_reliability,
    note,
    write,
)
from models.loop.mixing import Mixing
from models.loop.recipe import Recipe
from models.loop.remarks import Remark
from models.packaging.export import CardNotes, export_checkpoint
from models.training.checkpoint import Checkpoint
from worker.pipeline.card import ModelCard

JUDGE_IT = "Trained further on one site's pool; judge it there."


@dataclass(frozen=True)
class Candidate:
    """A packaged candidate.

    Attributes:
        folder: the candidate's folder.
        in_8_bits: folder of the 8-bit version; None if it was not made.
        notes: remarks for the person who decides about the candidate.
    """

    folder: Path
    in_8_bits: Path | None
    notes: list[Remark]


def write_candidate(
    recipe: Recipe,
    parent: ModelCard,
    run: Checkpoint,
    weights: dict[str, Tensor],
    mixing: Mixing,
    counts: dict[str, int],
    zoo: Path,
    told: Callable[[str], None],
) -> Candidate:
    """Write `zoo/<name>/<version>`, and the 8-bit version beside it.

    Args:
        run: the fine-tuning run.
        weights: weights of the mixture.
        counts: counts of the snapshot, for the card.
        told: called with each stage.
    """
    name = f"{parent.name}@{parent.version}"
    notes = CardNotes(
        name=recipe.name,
        version=recipe.version,
        title=f"{parent.title}, trained further on this site's pool",
        intended_use=parent.intended_use,
        architecture=parent.architecture.name,
        encoder=parent.architecture.encoder,
        command="sonoloop loop run",
        input_area=parent.input.area,
        tta=parent.pipeline.tta,
        data={"pool": counts, "parent": parent.data},
        licences=parent.licences,
        limits=list(dict.fromkeys([*limits_besides(parent), JUDGE_IT])),
    )
    folder = zoo / recipe.name / recipe.version
    shutil.rmtree(folder, ignore_errors=True)  # left by an attempt that was killed
    export_checkpoint(replace(run, average=weights), notes, zoo)
    card = ModelCard.read(folder)
    training: dict[str, Any] = {
        **card.training,
        "parent": name,
        "mixing": {"share": mixing.share, "judged": mixing.judged, "curve": mixing.curve},
    }
    changes = {
        "calibration": parent.calibration,
        "pipeline": parent.pipeline,
        "presence": parent.presence,
        "training": training,
    }
    write(folder, card.model_copy(update=changes))
    said = list[Remark]()
    if not mixing.judged:
        text = f"Too few patients validate to choose by: {mixing.share:.0%} of the new weights."
        said = [Remark("share-not-judged", text, {"share": mixing.share})]
    fitted = _fitted(folder, recipe.parent, told)
    told("quantising")
    small, about = in_8_bits(folder, zoo, fitted)
    for made in (folder, small):
        if made is not None:
            card = ModelCard.read(made)
            write(made, card.model_copy(update={"training": _without_folders(card.training)}))
    return Candidate(folder, small, [*said, *(one.said for one in fitted.values()), about])


def _fitted(folder: Path, parent: Path, told: Callable[[str], None]) -> dict[str, Fitted]:
    """Fit the candidate's own parts, in the order in which they depend on each other."""
    told("calibrating")
    fitted = {"calibration": fit_calibration(folder)}
    told("fitting the domain")
    fitted["domain"] = fit_domain(folder, parent)
    presence = fit_presence(folder, "the parent's")
    if presence is not None:
        fitted["presence"] = presence
    note(folder, fitted)
    measure_reliability(folder)
    return fitted


def _without_folders(training: dict[str, Any]) -> dict[str, Any]:
    """Keep the names of data sets, but not their paths on the machine that trained."""
    config = dict(training["config"])
    config["sources"] = [
        {**source, "folder": Path(source["folder"]).name} for source in config["sources"]
    ]
    return {**training, "config": config}
