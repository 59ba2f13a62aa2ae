"""One run of the loop in one folder; started again, it continues where it stopped."""

from __future__ import annotations

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
from models.loop.mixing import MOST_LOST, TIE, Mixing, choose, mixed
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

AFTER_TRAINING = 4.0
"""Number of training epochs that take about as long as everything after training."""
BEGUN_AT = {
    "mixing": 0.0,
    "packaging": 0.2,
    "calibrating": 0.24,
    "fitting the domain": 0.4,
    "quantising": 0.6,
}
"""Share of the work after training that is done when a stage begins."""
_PRESENCE = "presence."


@dataclass
class Standing:
    """Progress of a run.

    Attributes:
        fraction: completed fraction of the run, 0 to 1.
        seconds_left: estimated from the time so far; None before the first step.
        curve: one record per epoch.
    """

    stage: str = "reading"
    fraction: float = 0.0
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    seconds_left: float | None = None
    curve: list[dict[str, Any]] | None = None


Told = Callable[[Standing], None]


class _Pace:
    """Estimates the time left from the time that this process has taken so far."""

    def __init__(self, epochs: int, fraction_trained: float) -> None:
        self.trained_at = epochs / (epochs + AFTER_TRAINING)
        self._before = self.trained_at * fraction_trained
        self._began = time.monotonic()

    def put(self, standing: Standing, *, trained: float = 1.0, after: float = 0.0) -> None:
        """Report the progress: the completed share of training, and of the work after it."""
        standing.fraction = self.trained_at * trained + (1 - self.trained_at) * after
        done, seconds = standing.fraction - self._before, time.monotonic() - self._began
        standing.seconds_left = round(seconds / done * (1 - standing.fraction), 1) if done else None


@dataclass(frozen=True)
class Outcome:
    """The result of a training run.

    Attributes:
        folder: the candidate's folder; None if no mixture is better than the parent.
        notes: remarks for the person who decides about it.
        in_8_bits: folder of the 8-bit version; None if it was not made.
    """

    folder: Path | None
    mixing: Mixing
    notes: list[Remark]
    in_8_bits: Path | None = None


def run(recipe: Recipe, folder: Path, zoo: Path, told: Told = lambda standing: None) -> Outcome:
    """Fine-tune, mix, package.

    Args:
        folder: folder for checkpoints.
        zoo: folder in which the candidate's folder is written.
        told: called about once a second and after each epoch.

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
        pace = _train(trainer, standing, told)
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

    def stage(name: str, share: float = 0.0) -> None:
        standing.stage = name
        pace.put(standing, after=BEGUN_AT[name] + share * BEGUN_AT["packaging"])
        told(standing)

    stage("mixing")

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
        progress=lambda share: stage("mixing", share),
    )
    if mixing.share == 0:
        why = _nothing(mixing, patients, replays=bool(recipe.replay))
        return Outcome(None, mixing, [*notes, why])

    stage("packaging")
    counts = {
        "training_images": len(parts[TRAIN]),
        "training_lesion_free": free,
        "validation_images": len(parts[VALIDATION]),
        "validation_patients": patients,
    }
    if recipe.replay:
        old = [one for source in config.sources[1:] for one in source.samples((TRAIN,))]
        counts["replayed_images"] = len(old)
    if config.classes:
        classes = list(config.classes)
        text = f"It tells classes apart: {', '.join(classes)}."
        notes.append(Remark("classes", text, {"classes": classes}))
    weights = mixed(tuned, parent, mixing.share)
    made = write_candidate(recipe, card, trained, weights, mixing, counts, zoo, stage)
    return Outcome(made.folder, mixing, [*notes, *made.notes], made.in_8_bits)


def _nothing(mixing: Mixing, patients: int, *, replays: bool) -> Remark:
    """Return why nothing is packaged. Equal figures are not a gain."""
    kept = f" without losing more than {MOST_LOST:g} on what is replayed" if replays else ""
    values: dict[str, Any] = {"replays": replays, "most": MOST_LOST}
    if mixing.judged:
        text = f"No mixture gains more than {TIE:g} over the parent on the validation images{kept}."
        return Remark("no-gain", text, {**values, "tie": TIE})
    text = (
        f"Patients who validate: {patients}; {FEW_PATIENTS} are needed to choose by. Neither half "
        f"nor a quarter of the new weights gains over the parent on their images{kept}."
    )
    return Remark("no-gain-of-few", text, {**values, "patients": patients, "needed": FEW_PATIENTS})


def _train(trainer: Trainer, standing: Standing, told: Told) -> _Pace:
    standing.stage, standing.epochs = "training", trainer.config.epochs
    standing.curve = trainer.curves
    pace = _Pace(trainer.config.epochs, trainer.epoch / trainer.config.epochs)
    last = 0.0

    def step(epoch: int, step: int, steps: int, loss: float) -> None:
        nonlocal last
        standing.epoch, standing.loss = epoch + 1, round(loss, 5)
        pace.put(standing, trained=(epoch * steps + step) / trainer.steps)
        if time.monotonic() - last > 1:
            last = time.monotonic()
            told(standing)

    def epoch_done() -> None:
        standing.curve = trainer.curves
        told(standing)

    if not trainer.finished:
        trainer.run(step, epoch_done)
    pace.put(standing)
    told(standing)
    return pace


def _with_presence_of(parent: dict[str, Tensor], tuned: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        n: parent[n] if n.startswith(_PRESENCE) and n in parent else t for n, t in tuned.items()
    }


@contextmanager
def _found_as(parent: Path, folder: Path, card: ModelCard) -> Iterator[None]:
    """Let training find the parent by its name, wherever its folder is."""
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


def document(standing: Standing) -> dict[str, Any]:
    """Return the progress as JSON for the supervisor."""
    return asdict(standing)
