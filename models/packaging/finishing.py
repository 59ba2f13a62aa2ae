"""Finishing a fine-tuned model before it may serve, and moving it into place in one step."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import click

from models.data.samples import DataError
from models.packaging.domain_card import fit_folder
from models.packaging.tuned_card import tune_folder
from models.training.config import TrainConfig, validation_samples
from worker.pipeline import ModelError, SiteModels

_UNFINISHED = "or give --unfinished to export it as it is"


class WithArea(Protocol):
    """The card notes used here."""

    @property
    def input_area(self) -> int | None:
        """Pixels of the network input; None for those of the training."""


def is_fine_tuned(config: TrainConfig) -> bool:
    """Return whether the run started from a model rather than ImageNet or random weights."""
    return config.initial_model is not None or config.initial_checkpoint is not None


def require_finishable(config: TrainConfig, notes: WithArea) -> None:
    """Refuse in advance what `finish_model` would refuse after the work.

    Raises:
        DataError: the input area differs from the parent's, so the parent was never measured at it;
            or the parent or the training data is missing.
    """
    if config.initial_model is not None:
        _require_area_of_parent(config, config.initial_model, notes)
    try:
        validation_samples(config.sources)
    except DataError as error:
        raise _without_data(str(error)) from error


def _require_area_of_parent(config: TrainConfig, name: str, notes: WithArea) -> None:
    try:
        parent = SiteModels().find(name).card
    except ModelError as error:
        raise DataError(
            f"The run started from {name}, whose input area cannot be read. "
            f"{error} Install it, {_UNFINISHED}."
        ) from error
    area = notes.input_area or config.input_area
    if area != parent.input.area:
        raise DataError(
            f"The model would look at {area} px; {parent.name} {parent.version}, from which it was "
            f"trained, looks at {parent.input.area}. Write `input_area: {parent.input.area}` into "
            f"the notes, {_UNFINISHED}."
        )


def finish_model(folder: Path) -> None:
    """Fit a model's temperature, pipeline and training domain on the data of its training.

    Raises:
        DataError: the data is missing or too little.
    """
    try:
        tune_folder(folder)
        fit_folder(folder)
    except click.ClickException as error:
        raise _without_data(error.message) from error


def _without_data(reason: str) -> DataError:
    return DataError(
        "The model is fine-tuned, and its temperature and training domain cannot be found. "
        f"{reason} Bring the data of its training back, {_UNFINISHED}."
    )


@contextmanager
def staged(zoo: Path) -> Iterator[Path]:
    """Yield a temporary folder for models beside those that serve; it is never searched."""
    zoo.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=zoo, prefix=".unfinished-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(made: Path, place: Path) -> None:
    """Move a model's folder into place, replacing an older one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    made.chmod(0o755)
    if place.exists():
        place.rename(made.with_name(f"{made.name}.old"))
    made.rename(place)
