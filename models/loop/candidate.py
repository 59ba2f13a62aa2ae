"""A candidate's folder: graph, weights, the parent's pipeline, a training domain."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from torch import Tensor

from models.loop.mixing import Mixing
from models.loop.recipe import Recipe
from models.packaging.domain_card import fit_folder
from models.packaging.export import CardNotes, export_checkpoint
from models.training.checkpoint import Checkpoint
from worker.pipeline.card import ModelCard, file_sha256
from worker.pipeline.domain import DOMAIN_FILE


def write_candidate(
    recipe: Recipe,
    parent: ModelCard,
    run: Checkpoint,
    weights: dict[str, Tensor],
    mixing: Mixing,
    counts: dict[str, int],
    zoo: Path,
) -> tuple[Path, list[str]]:
    """Write `zoo/<name>/<version>`.

    Args:
        run: that fine-tuned.
        weights: of the mixture.
        counts: of the snapshot, for the card.

    Returns:
        The folder, and what whoever decides about the candidate must know.
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
        limits=[*parent.limits, "Trained further on one site's pool; judge it there."],
    )
    export_checkpoint(replace(run, average=weights), notes, zoo)
    folder = zoo / recipe.name / recipe.version
    card = ModelCard.read(folder)
    training: dict[str, Any] = {
        **card.training,
        "parent": name,
        "mixing": {"share": mixing.share, "judged": mixing.judged, "curve": mixing.curve},
    }
    _write(
        folder,
        card,
        calibration=parent.calibration,
        pipeline=parent.pipeline,
        presence=parent.presence,
        training=training,
    )
    said = []
    if not mixing.judged:
        said = [f"Too few patients validate to choose by: {mixing.share:.0%} of the new weights."]
    said += _domain(folder, recipe.parent)
    card = ModelCard.read(folder)
    _write(folder, card, training=_without_folders(card.training))
    return folder, said


def _domain(folder: Path, parent: Path) -> list[str]:
    """Fit the training domain; where there is too little data the parent's is kept."""
    try:
        fit_folder(folder)
    except click.ClickException as error:
        source = parent / DOMAIN_FILE
        if not source.is_file():
            return [f"The candidate has no training domain: {error.message}"]
        shutil.copyfile(source, folder / DOMAIN_FILE)
        card = ModelCard.read(folder)
        files = {**card.files, DOMAIN_FILE: file_sha256(folder / DOMAIN_FILE)}
        _write(folder, card, files=files)
        return [f"The training domain is the parent's: {error.message}"]
    return []


def _without_folders(training: dict[str, Any]) -> dict[str, Any]:
    """Names of data sets, and nothing of where they lay on the machine that trained."""
    config = dict(training["config"])
    config["sources"] = [
        {**source, "folder": Path(source["folder"]).name} for source in config["sources"]
    ]
    return {**training, "config": config}


def _write(folder: Path, card: ModelCard, **changes: Any) -> None:
    ModelCard.model_validate(card.model_copy(update=changes).model_dump()).write(folder)
