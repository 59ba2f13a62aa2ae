"""One run of the loop in one folder; started again, it goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from models.loop.candidate import write_candidate
from models.loop.mixing import Mixing, choose, mixed
from models.loop.recipe import (
    FEW_LESION_FREE,
    TRAIN,
    VALIDATION,
    Recipe,
    lesion_free,
    parts_of,
    training_config,
)
from models.loop.remarks import Remark
from models.loop.snapshot import lay_out
from models.packaging.parting import FEW_PATIENTS
from models.training.checkpoint import Checkpoint
from models.training.initial import zoo_weights
from models.training.trainer import Trainer
from worker.pipeline.card import ModelCard

TRAINED_AT, MIXED_AT = 0.75, 0.8
"""Shares of the whole run that are done after training and after mixing."""
BEGUN_AT = {
    "packaging": MIXED_AT,
    "calibrating": 0.81,
    "fitting the domain": 0.85,
    "quantising": 0.9,
}
"""And when each of the stages begins that come then."""
_PRESENCE = "presence."


@dataclass
class Standing:
    """How far a run has come.

    Attributes:
        fraction: of the whole, 0 to 1.
        seconds_left: of the training, by the steps so far; None before the first.
        curve: a record for each epoch.
    """

    stage: str = "reading"
    fraction: float = 0.0
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    seconds_left: float | None = None
    curve: list[dict[str, Any]] | None = None


Told = Callable[[Standing], None]


@dataclass(frozen=True)
class Outcome:
    """What a run made.

    Attributes:
        folder: of the candidate; None where the parent is better.
        notes: what whoever decides must know.
        in_8_bits: folder of the candidate in 8 bits; None where that was not made.
    """

    folder: Path | None
    mixing: Mixing
    notes: list[Remark]
    in_8_bits: Path | None = None


def run(recipe: Recipe, folder: Path, zoo: Path, told: Told = lambda standing: None) -> Outcome:
    """Fine-tune, mix, package.

    Args:
        folder: of checkpoints.
        zoo: where the candidate's folder is written.
        told: is called about once a second and after each epoch.

    Raises:
        DataError, CheckpointError, ConfigError, OutOfMemory, TrainingDiverged: each says what to
            do.
    """
    card = ModelCard.read(recipe.parent)
    standing = Standing()
    told(standing)
    parts = parts_of(recipe.data)
    parts = {fold: parts[fold] for fold in (TRAIN, VALIDATION)}
    recipe = recipe.model_copy(update={"data": lay_out(parts, recipe.data, folder)})
    parts = parts_of(recipe.data)
    with _found_as(recipe.parent, folder, card):
        config = training_config(recipe, card)
        parent = zoo_weights(f"{card.name}@{card.version}", config.network, config.classes)
        trainer = Trainer(config, folder)
        _train(trainer, standing, told)
        best = trainer.best_path if config.patience else trainer.checkpoint_path
        trained = Checkpoint.read(best)
    free = lesion_free(parts[TRAIN])
    tuned = trained.average
    notes = list[Remark]()
    if free < FEW_LESION_FREE and any(name.startswith(_PRESENCE) for name in parent):
        tuned = _with_presence_of(parent, tuned)
        text = (
            f"Training images without a lesion: {free}. Whether there is one at all is still the "
            "parent's answer."
        )
        notes.append(Remark("presence-of-parent", text, {"count": free}))
    patients = len({one.group for one in parts[VALIDATION]})
    standing.stage, standing.seconds_left = "mixing", None

    def mixed_so_far(share: float) -> None:
        standing.fraction = TRAINED_AT + share * (MIXED_AT - TRAINED_AT)
        told(standing)

    mixing = choose(
        config.network,
        tuned,
        parent,
        trainer.validation,
        recipe.data.name,
        card.input.area,
        judged=patients >= FEW_PATIENTS,
        labels=config.class_labels,
        new_classes=config.classes != card.class_names,
        progress=mixed_so_far,
    )
    if mixing.share == 0:
        why = Remark(
            "parent-better", "No mixture is better than the parent on the validation images."
        )
        if not mixing.judged:
            why = Remark(
                "parent-better-of-few",
                f"Patients who validate: {patients}; {FEW_PATIENTS} are needed to choose by. The "
                "parent is better on their images.",
                {"patients": patients, "needed": FEW_PATIENTS},
            )
        return Outcome(None, mixing, [*notes, why])

    def stage(name: str) -> None:
        standing.stage, standing.fraction = name, BEGUN_AT[name]
        told(standing)

    stage("packaging")
    counts = {
        "training_images": len(parts[TRAIN]),
        "training_lesion_free": free,
        "validation_images": len(parts[VALIDATION]),
        "validation_patients": patients,
    }
    if config.classes:
        classes = list(config.classes)
        text = f"It tells classes apart: {', '.join(classes)}."
        notes.append(Remark("classes", text, {"classes": classes}))
    weights = mixed(tuned, parent, mixing.share)
    made = write_candidate(recipe, card, trained, weights, mixing, counts, zoo, stage)
    return Outcome(made.folder, mixing, [*notes, *made.notes], made.in_8_bits)


def _train(trainer: Trainer, standing: Standing, told: Told) -> None:
    standing.stage, standing.epochs = "training", trainer.config.epochs
    standing.curve = trainer.curves
    began, before = time.monotonic(), trainer.epoch * trainer.steps_per_epoch
    last = 0.0

    def step(epoch: int, step: int, steps: int, loss: float) -> None:
        nonlocal last
        done = epoch * steps + step
        standing.epoch, standing.loss = epoch + 1, round(loss, 5)
        standing.fraction = TRAINED_AT * done / trainer.steps
        seconds = (time.monotonic() - began) / max(1, done - before)
        standing.seconds_left = round(seconds * (trainer.steps - done), 1)
        if time.monotonic() - last > 1:
            last = time.monotonic()
            told(standing)

    def epoch_done() -> None:
        standing.curve = trainer.curves
        told(standing)

    if not trainer.finished:
        trainer.run(step, epoch_done)
    standing.fraction = TRAINED_AT
    told(standing)


def _with_presence_of(parent: dict[str, Tensor], tuned: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        n: parent[n] if n.startswith(_PRESENCE) and n in parent else t for n, t in tuned.items()
    }


@contextmanager
def _found_as(parent: Path, folder: Path, card: ModelCard) -> Iterator[None]:
    """Let training find the parent by its name, wherever its folder lies."""
    root = folder / "parent"
    place = root / card.name / card.version
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(parent, place)
    before = os.environ.get("SONOLOOP_MODELS_DIR")
    os.environ["SONOLOOP_MODELS_DIR"] = str(root.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ["SONOLOOP_MODELS_DIR"]
        else:
            os.environ["SONOLOOP_MODELS_DIR"] = before


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write so that a reader sees the old file or the new one, whole."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(path)


def document(standing: Standing) -> dict[str, Any]:
    """As a supervisor reads it."""
    return asdict(standing)
