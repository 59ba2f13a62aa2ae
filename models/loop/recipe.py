"""The recipe of a run of the loop, and the training configuration that follows from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from models.architectures.networks import NetworkConfig
from models.data.augment import AugmentSettings
from models.data.samples import (
    DataError,
    Sample,
    in_folds,
    read_class_picture,
    read_pixels,
    read_samples,
)
from models.packaging.parting import FEW_PATIENTS
from models.training.config import PhaseConfig, SourceConfig, TrainConfig
from models.training.weights import WEIGHTS_FILE
from worker.pipeline.card import NAME_PATTERN, VERSION_PATTERN, ModelCard
from worker.pipeline.engines import usable_cores

TRAIN, VALIDATION, TEST = 1, 2, 3
"""Folds of the data set in which a snapshot of the pool is stored."""
FEW_LESION_FREE = 10
"""With fewer training images without a lesion the presence head keeps the parent's weights."""

LONGEST_NAME = 59
"""Maximum length of a candidate's name: a name has up to 64 characters, and the 8-bit version
adds `-int8`."""

_NETWORK: TypeAdapter[NetworkConfig] = TypeAdapter(NetworkConfig)


class Recipe(BaseModel):
    """A run of the loop. The defaults are those that were measured (docs/models/loop.md).

    Attributes:
        data: snapshot of the pool, in the layout of `models.data.samples.read_samples`; fold 1
            is for training, 2 for validation, 3 is never used here.
        parent: folder of the model that is trained further, with its weights.
        replay: available data sets of the parent's training, same layout and folds.
        name: the candidate's name.
        epochs: maximum number of epochs.
        size: side of the training window, px.
        threads: CPU threads; by default all cores but one. Another number rounds sums differently.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path
    parent: Path
    replay: tuple[Path, ...] = ()
    name: str = Field(pattern=NAME_PATTERN, max_length=LONGEST_NAME)
    version: str = Field(pattern=VERSION_PATTERN)
    epochs: int = Field(default=12, ge=1, le=200)
    size: int = Field(default=256, ge=32)
    batch_size: int = Field(default=8, ge=2)
    learning_rate: float = Field(default=2e-4, gt=0)
    seed: int = Field(default=1, ge=0)
    threads: int | None = Field(default=None, ge=1)


def network_of(parent: Path) -> NetworkConfig:
    """Return the configuration of the network whose weights are in a model's folder.

    Raises:
        DataError: the folder has no weights to train further.
    """
    path = parent / WEIGHTS_FILE
    try:
        with safe_open(path, framework="pt") as stream:
            return _NETWORK.validate_json((stream.metadata() or {}).get("network", ""))
    except (OSError, SafetensorError, ValidationError) as error:
        raise DataError(
            f"{parent.parent.name} {parent.name} has no weights that can be trained further; "
            "promote or name a model that has, such as sonoloop-lite2."
        ) from error


def training_config(recipe: Recipe, card: ModelCard) -> TrainConfig:
    """Return the configuration of the fine-tuning.

    Raises:
        DataError: the parent has no weights, or a part of the data is empty.
    """
    network = network_of(recipe.parent)
    parts = parts_of(recipe.data)
    few = len({one.group for one in parts[VALIDATION]}) < FEW_PATIENTS
    sources = [
        SourceConfig(folder=recipe.data, train_folds=(TRAIN,), validation_folds=(VALIDATION,))
    ]
    for folder in recipe.replay:
        # As many of the old images as of the new, so that neither is forgotten.
        old = max(1, len(in_folds(read_samples(folder), (TRAIN,))))
        share = min(1.0, len(parts[TRAIN]) / old / len(recipe.replay))
        sources.append(
            SourceConfig(
                folder=folder, train_folds=(TRAIN,), validation_folds=(VALIDATION,), share=share
            )
        )
    classes = classes_of(parts[TRAIN]) or card.class_names
    presence = bool(getattr(network, "presence", False))
    return TrainConfig(
        seed=recipe.seed,
        sources=tuple(sources),
        classes=classes,
        network=network,
        initial_model=f"{card.name}@{card.version}",
        freeze_encoder_epochs=min(2, recipe.epochs - 1) if hasattr(network, "encoder") else 0,
        augment=AugmentSettings(removed=0.2 if presence else 0.0),
        phases=(PhaseConfig(epochs=recipe.epochs, size=recipe.size),),
        batch_size=min(recipe.batch_size, max(2, len(parts[TRAIN]))),
        learning_rate=recipe.learning_rate,
        schedule="cosine",
        warmup_share=0.1,
        ema_decay=0.99,
        patience=None if few else 4,
        input_area=card.input.area,
        threads=recipe.threads or max(1, usable_cores() - 1),
    )


def parts_of(data: Path) -> dict[int, list[Sample]]:
    """Return the samples of a snapshot by fold.

    Raises:
        DataError: there are no samples for training or for validation.
    """
    samples = read_samples(data)
    parts = {
        fold: [one for one in samples if one.fold == fold] for fold in (TRAIN, VALIDATION, TEST)
    }
    for fold, what in ((TRAIN, "training"), (VALIDATION, "validation")):
        if not parts[fold]:
            raise DataError(
                f"The pool has no {what} image. Patients are parted by chance; approve images of "
                "more patients."
            )
    return parts


def classes_of(samples: list[Sample]) -> tuple[str, ...]:
    """Return the classes that the samples show, in their data set's order; empty if it names none.

    Raises:
        DataError: a picture of classes cannot be read.
    """
    seen: set[int] = set()
    for sample in samples:
        if sample.classes is not None:
            seen |= set(np.unique(read_class_picture(sample.classes)).tolist())
    names = samples[0].class_names if samples else ()
    return tuple(name for number, name in enumerate(names, 1) if number in seen)


def lesion_free(samples: list[Sample]) -> int:
    """Return the number of samples that show no lesion."""
    return sum(not read_pixels(one).mask.any() for one in samples)
