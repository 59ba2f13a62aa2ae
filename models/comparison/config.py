"""The configuration of a comparison, read from a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.architectures.networks import NetworkConfig
from models.classical import METHODS
from models.data.augment import AugmentSettings
from models.data.samples import Sample, leave_out
from models.training.config import (
    ConfigError,
    PhaseConfig,
    SourceConfig,
    TrainConfig,
    read_yaml,
)
from worker.pipeline import PipelineSettings
from worker.pipeline.card import NAME_PATTERN

_PRETRAINED_RATE_FACTOR = 0.4


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(_Frozen):
    """The budget that every network may spend on training."""

    steps: int = Field(ge=1)
    """Optimisation steps, rounded up to whole checkpoints."""
    checkpoint_steps: int = Field(default=25, ge=1)
    """Steps between checkpoints: the most that a kill can cost. Each stretch draws new images."""
    curve_steps: int | None = Field(default=None, ge=1)
    """Steps between points of the validation curve, rounded up to whole checkpoints; by default
    only its end."""
    batch_size: int = Field(default=8, ge=2)
    size: int = Field(default=256, ge=32)
    """Side of the square training window, px."""
    seed: int = Field(default=0, ge=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    ema_decay: float = Field(default=0.998, ge=0, lt=1)
    precision: Literal["bf16", "fp32"] = "bf16"
    augment: AugmentSettings = AugmentSettings()


class MethodConfig(_Frozen):
    """One row of the table: a network to train, a classical method, a model, or a variant."""

    name: str = Field(pattern=NAME_PATTERN)
    network: NetworkConfig | None = None
    """Trained within the budget."""
    classical: str | None = None
    """A key of `models.classical.METHODS`; its settings are chosen on training images."""
    model: str | None = None
    """NAME or NAME@VERSION of a finished model, whatever it was trained with."""
    of: str | None = None
    """Another row, whose network this one runs with one change."""
    against: str | None = None
    """Another row that this one is compared with; by default that of `of`."""
    pipeline: dict[str, Any] = Field(default_factory=dict)
    """Changes to the settings that the card recommends, such as `{crf: {engine: grid}}`."""
    input_area: int | None = Field(default=None, ge=1024)
    """Pixels of the network input instead of the card's, for a model or a variant."""
    learning_rate: float | None = Field(default=None, gt=0)
    """Instead of the budget's."""
    without: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    """Samples that a network is not trained on: values by column, by data set name."""
    seeds: tuple[int, ...] = ()
    """Seeds with which a network is trained again, besides the budget's."""
    seed: int | None = Field(default=None, ge=0)
    """Instead of the budget's, for a row of :meth:`repeats`."""
    adds: str | None = None
    """The part that this row has and its reference row lacks, in words for the report."""
    removes: str | None = None
    """The part that this row lacks and its reference row has, in words for the report."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        kinds = [self.network, self.classical, self.model, self.of]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError(f"{self.name} needs exactly one of network, classical, model and of")
        if self.classical is not None and self.classical not in METHODS:
            raise ValueError(f"there is no method {self.classical!r}; see {', '.join(METHODS)}")
        if self.of is not None and not self.pipeline and self.input_area is None:
            raise ValueError(f"{self.name} is a variant and needs pipeline or input_area")
        if self.input_area is not None and self.of is None and self.model is None:
            raise ValueError(f"{self.name} gets the comparison's input_area like every other")
        if (self.seeds or self.without) and self.network is None:
            raise ValueError(f"{self.name} is not trained here: it has neither seeds nor without")
        if ((self.adds or self.removes) and self.base is None) or (self.adds and self.removes):
            raise ValueError(
                f"{self.name}: a row that is compared with another says adds or removes, not both"
            )
        self.settings(PipelineSettings())
        return self

    @property
    def base(self) -> str | None:
        """The row that this one is compared with."""
        return self.against or self.of

    def repeats(self) -> list[MethodConfig]:
        """Return the same training with each of the other seeds, under separate names."""
        return [
            self.model_copy(update={"name": f"{self.name}-seed-{seed}", "seed": seed, "seeds": ()})
            for seed in self.seeds
        ]

    def settings(self, recommended: PipelineSettings) -> PipelineSettings:
        """Return the recommended settings with the changes of :attr:`pipeline`.

        Raises:
            pydantic.ValidationError: the pipeline does not know a change.
        """
        return PipelineSettings.model_validate(_changed(recommended.model_dump(), self.pipeline))


class CompareConfig(_Frozen):
    """A comparison: methods are trained on `train_folds`, measured on `validation_folds`."""

    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    budget: Budget
    methods: tuple[MethodConfig, ...] = Field(min_length=1)
    input_area: int = Field(default=65536, ge=1024)
    """Pixels of the network input at inference."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of the time measurement; training uses those of the environment."""
    by: tuple[str, ...] = ("class", "pathology", "device")
    """Columns of the sample tables by which figures are broken down."""
    organs: dict[str, str] = Field(default_factory=dict)
    """The organ of each data set, by the name of its folder."""
    near_duplicates: tuple[str, ...] = ()
    """Data sets whose groups are near-identical views, on which consistency is measured."""
    notes: tuple[str, ...] = ()
    """Sentences about the data that must accompany any figure."""
    fit_images: int = Field(default=100, ge=1)
    """Training images on which a classical method's settings are chosen."""
    bootstrap: int = Field(default=2000, ge=100)
    """Resamples of the groups for intervals."""

    @model_validator(mode="after")
    def _rows_are_known(self) -> Self:
        names = [method.name for method in self.methods]
        if len(set(names)) < len(names):
            raise ValueError("two methods have the same name")
        own = {m.name for m in self.methods if m.of is None and m.classical is None}
        folders = {source.folder.name for source in self.sources}
        for method in self.methods:
            if strange := method.without.keys() - folders:
                raise ValueError(f"{method.name} leaves out {sorted(strange)}, no data set of it")
            if method.of is not None and method.of not in own:
                raise ValueError(
                    f"{method.name} is a variant of {method.of!r}, which is no row with a network"
                )
            if method.against is not None and method.against not in set(names) - {method.name}:
                raise ValueError(
                    f"{method.name} is compared with {method.against!r}, which is no other row"
                )
        return self

    def method(self, name: str) -> MethodConfig:
        """Return the row with a name."""
        return next(method for method in self.methods if method.name == name)

    def runs(self) -> list[MethodConfig]:
        """All runs in order: rows without training, the others, then their other seeds."""
        first = sorted(self.methods, key=self.trains)
        return [*first, *(again for method in first for again in method.repeats())]

    def trains(self, method: MethodConfig) -> bool:
        """Return whether the row needs a network that is trained here."""
        return self.method(method.of or method.name).network is not None

    def training_of(self, method: MethodConfig, training: Sequence[Sample]) -> TrainConfig:
        """Return the training run of a network within the budget.

        An epoch is a stretch between two checkpoints, over newly drawn images.

        Args:
            method: a method with a network.
            training: the available training samples.

        Raises:
            ConfigError: there are fewer images than a batch holds, or the size does not fit.
            DataError: no image has a value of `without`.
        """
        budget, network = self.budget, method.network
        sources = tuple(
            s.model_copy(update={"without": method.without.get(s.folder.name, {})})
            for s in self.sources
        )
        training = _trained_on(sources, training)
        if network is None or len(training) < budget.batch_size:
            raise ConfigError("Give at least as many training images as a batch holds.")
        # One more image for each source, so that rounding does not remove a step.
        drawn = budget.checkpoint_steps * budget.batch_size + len(self.sources)
        share = min(1.0, drawn / len(training))
        sources = tuple(s.model_copy(update={"share": share * s.share}) for s in sources)
        stretch = _steps_per_epoch(sources, training, budget.batch_size)
        epochs = -(-budget.steps // stretch)
        try:
            return TrainConfig(
                seed=budget.seed if method.seed is None else method.seed,
                sources=sources,
                network=network,
                augment=budget.augment,
                phases=(PhaseConfig(epochs=epochs, size=budget.size),),
                batch_size=budget.batch_size,
                learning_rate=method.learning_rate or budget.learning_rate,
                encoder_rate_factor=_PRETRAINED_RATE_FACTOR if network.pretrained else 1.0,
                ema_decay=budget.ema_decay,
                validate_every=-(-(budget.curve_steps or budget.steps) // stretch),
                input_area=self.input_area,
                precision=budget.precision,
            )
        except ValidationError as error:
            raise ConfigError(f"{method.name} cannot be trained: {error}") from error

    def steps_of(self, run: TrainConfig, training: Sequence[Sample]) -> int:
        """Return the optimisation steps of a run of :meth:`training_of`."""
        training = _trained_on(run.sources, training)
        return run.epochs * _steps_per_epoch(run.sources, training, run.batch_size)

    @classmethod
    def read(cls, path: Path) -> CompareConfig:
        """Read a YAML file.

        Raises:
            ConfigError: the file is missing, is not YAML, or holds a value that is not allowed.
        """
        return read_yaml(cls, path, "comparison")


def _trained_on(sources: Sequence[SourceConfig], training: Sequence[Sample]) -> list[Sample]:
    """Return the training samples without those that a source leaves out."""
    return [
        sample
        for source in sources
        for sample in leave_out(
            [s for s in training if s.source == source.folder.name], source.without
        )
    ]


def _steps_per_epoch(
    sources: Sequence[SourceConfig], training: Sequence[Sample], batch_size: int
) -> int:
    """Return the steps per epoch as training counts them: source shares, in whole batches."""
    drawn = sum(
        round(sum(sample.source == source.folder.name for sample in training) * source.share)
        for source in sources
    )
    return max(1, drawn // batch_size)


def _changed(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the changes, which may be nested."""
    merged = dict(settings)
    for key, value in changes.items():
        inner = merged.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            merged[key] = _changed(inner, value)
        else:
            merged[key] = value
    return merged
