"""The model of one fold, exported and calibrated on other data sets, and what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from models.cross_validation.config import CrossValidation
from models.evaluation.presence import ImageFinding, find
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.domain import embeddings, fit, varied_embeddings
from models.packaging.domain_card import by_source, widening, write_domain
from models.packaging.export import CardNotes, export_checkpoint
from models.packaging.held_out import held_out, sources_of, spread
from models.packaging.parting import Parting, halves
from models.packaging.tuning import tune_like
from models.training.checkpoint import Checkpoint
from models.training.config import training_samples
from worker.pipeline import Network, PipelineSettings, SiteModels
from worker.pipeline.card import CARD_FILE

_NAME, _VERSION = "cross-validated", "1.0.0"
_FINDINGS = "findings.json"

OnImage = Callable[[], None]


@dataclass(frozen=True)
class Findings:
    """What a fold's network outlines, with every outline drawn, in images not trained on.

    Attributes:
        tuning: findings in one half of the held-out patients of the other data sets, and in views
            of these images without their lesions.
        check: findings in the other half.
        own: findings in the fold, and in views of its images without their lesions.
    """

    tuning: list[ImageFinding]
    check: list[ImageFinding]
    own: list[ImageFinding]


@dataclass(frozen=True)
class _Stored:
    config: dict[str, Any]
    """The part of the configuration that the findings depend on."""
    findings: Findings


_STORED = TypeAdapter(_Stored)


def model_folder(folder: Path) -> Path:
    """Return the folder of a fold's model."""
    return folder / "models" / _NAME / _VERSION


def measured(config: CrossValidation, folder: Path) -> Findings | None:
    """Return a fold's findings if they were already measured with the same configuration."""
    try:
        stored = _STORED.validate_json((folder / _FINDINGS).read_bytes())
    except (FileNotFoundError, ValidationError):  # none yet, or written by an older version
        return None
    return stored.findings if stored.config == _needed(config) else None


def _needed(config: CrossValidation) -> dict[str, Any]:
    return config.model_dump(mode="json", include={"source", "training", "like", "domain_limit"})


def measure(
    config: CrossValidation,
    fold: int,
    folder: Path,
    checkpoint: Path,
    threads: int | None = None,
    on_image: OnImage | None = None,
) -> Findings:
    """Make the model of a fold, and store its findings.

    Temperature, threshold and the limit of the training domain are fitted on half of the held-out
    patients of the other data sets: no image of `config.source` is used for them.

    Args:
        folder: the fold's folder; gets the model and its findings.
        checkpoint: checkpoint of its training.
        on_image: called after each image.

    Raises:
        CheckpointError, DataError, ExportError, ModelError: a part is missing or cannot be used.
    """
    folder_of_model = model_folder(folder)
    if not (folder_of_model / CARD_FILE).exists():
        _export(Checkpoint.read(checkpoint), folder)
    network = Network.load(folder_of_model, threads=threads).without_domain()
    card = network.card
    tuning, check = halves(held_out(card.training))
    once = RememberingNetwork(network, card)
    like = PipelineSettings.for_card(SiteModels().find(config.like).card)
    tuned = tune_like(Parting(tuning, [], (), {}), once, like, on_image, like.tta)
    card = card.model_copy(update={"calibration": tuned.calibration, "pipeline": tuned.settings})
    once = once.recalibrated(card)
    settings = PipelineSettings.for_card(card)
    training = spread(training_samples(sources_of(card.training)), config.domain_limit)
    seen = [
        embeddings(training, network, settings, on_image),
        varied_embeddings(training, network, widening(card), on_image),
    ]
    near = [embeddings(part, once, settings) for part in by_source(tuning)]
    network.domain = fit(np.concatenate(seen), near)
    told = {"limit": network.domain.limit, "fitted_on": {"images": len(training)}}
    once = once.recalibrated(write_domain(folder_of_model, card, network.domain, told))
    found = Findings(
        tuning=find(tuning, once, settings, without_lesions=True, on_image=on_image),
        check=find(check, once, settings, on_image=on_image),
        own=find(config.held_out(fold), once, settings, without_lesions=True, on_image=on_image),
    )
    part = folder / f".{_FINDINGS}.part"
    part.write_bytes(_STORED.dump_json(_Stored(_needed(config), found)))
    part.replace(folder / _FINDINGS)
    return found


def _export(checkpoint: Checkpoint, folder: Path) -> None:
    network = checkpoint.config.network
    notes = CardNotes(
        name=_NAME,
        version=_VERSION,
        title="One fold of a cross-validation",
        intended_use="Measuring a recipe; not for use.",
        architecture=network.title,
        encoder=network.encoder_title,
        command="sonoloop cross-validate",
    )
    export_checkpoint(checkpoint, notes, folder / "models")
