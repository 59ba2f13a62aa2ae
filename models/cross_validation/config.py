"""The configuration of a cross-validation, read from a YAML file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.data.samples import Sample
from models.training.config import ConfigError, TrainConfig, read_yaml


class CrossValidation(BaseModel):
    """A recipe, and the data set whose folds are held out in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Name of the data set."""
    folds: tuple[int, ...] = Field(min_length=2)
    training: Path
    """Configuration of `sonoloop train`. Its held-out samples of the other data sets are used to
    fit temperature, threshold, training domain and presence."""
    like: str
    """Model whose denoising, CRF and cleaning are used, `NAME` or `NAME@VERSION`."""
    domain_limit: int = Field(ge=2)
    """Number of training images of each data set that the training domain is fitted on."""
    most_lost: float = Field(gt=0, lt=1)
    """Share of lesion images that the operating point may lose, as expected value."""
    most_lost_in_each: float = Field(default=1.0, gt=0, le=1)
    """The same within each data set."""

    @model_validator(mode="after")
    def _each_fold_once(self) -> Self:
        if len(set(self.folds)) < len(self.folds):
            raise ValueError("a fold is named twice")
        return self

    @classmethod
    def read(cls, path: Path) -> CrossValidation:
        """Read a YAML file.

        Raises:
            ConfigError: the file is missing, is not YAML, or holds a value that is not allowed.
        """
        return read_yaml(cls, path, "cross-validation")

    def without(self, fold: int) -> TrainConfig:
        """Return the training without any image of a fold.

        Raises:
            ConfigError: it cannot be read, or does not learn from this fold and others.
        """
        return without_fold(TrainConfig.read(self.training), self.source, fold)

    def held_out(self, fold: int) -> list[Sample]:
        """Return the samples of a fold.

        Raises:
            ConfigError: the training cannot be read.
            DataError: the fold is missing.
        """
        sources = TrainConfig.read(self.training).sources
        (source,) = (one for one in sources if one.folder.name == self.source)
        return source.samples((fold,))


def without_fold(config: TrainConfig, source: str, fold: int) -> TrainConfig:
    """Return a training that neither learns from a data set's fold nor validates on the data set.

    Raises:
        ConfigError: it does not learn from that fold and others.
    """
    named = Counter(one.folder.name for one in config.sources)
    if named[source] != 1:
        raise ConfigError(f"The training must learn from the data set {source} once.")
    sources = []
    for one in config.sources:
        if one.folder.name == source:
            rest = tuple(number for number in one.train_folds if number != fold)
            if not rest or fold not in one.train_folds:
                raise ConfigError(
                    f"The training must learn from fold {fold} of {source} and from others; "
                    "then it can be left out."
                )
            one = one.model_copy(update={"train_folds": rest, "validation_folds": ()})
        sources.append(one)
    return config.model_copy(update={"sources": tuple(sources)})
