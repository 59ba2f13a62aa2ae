"""The configuration of a training run, read from a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.architectures.encoder import INPUT_MULTIPLE
from models.architectures.networks import DeepLabV3PlusConfig, NetworkConfig
from models.data.augment import AugmentSettings
from models.data.classes import ClassLabels, Words
from models.data.samples import Sample, in_folds, leave_out, read_samples, without_lesion
from worker.pipeline.card import MOST_CLASSES, NAME_PATTERN, VERSION_PATTERN

_MODEL_PATTERN = f"{NAME_PATTERN[:-1]}(@{VERSION_PATTERN[1:-1]})?$"
_Model = TypeVar("_Model", bound=BaseModel)


class ConfigError(Exception):
    """A configuration cannot be used; the message says what to change."""


def read_yaml(kind: type[_Model], path: Path, what: str) -> _Model:
    """Read a configuration from a YAML file.

    Args:
        what: what the file should hold, for the error message.

    Raises:
        ConfigError: the file is missing, is not YAML, or holds a value that is not allowed.
    """
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path} is not a {what}: {error}") from error


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceConfig(_Frozen):
    """A data set in the layout of `models.data.samples.read_samples`."""

    folder: Path
    train_folds: tuple[int, ...]
    validation_folds: tuple[int, ...]
    share: float = Field(default=1.0, gt=0, le=8)
    """Share of the training samples that each epoch draws. Above 1, samples occur more than once
    in an epoch, each time in another view."""
    lesion_free_share: float | None = Field(default=None, ge=0, le=8)
    """The same for samples known to show no lesion, if these need another share."""
    inserted: float = Field(default=0.0, ge=0, le=1)
    """Probability that a view of a lesion-free sample gets the lesion of another sample."""
    inserted_from: tuple[str, ...] = ()
    """Names of the data sets that these lesions come from."""
    painted_out: float = Field(default=0.0, ge=0, le=1)
    """Probability that a view shows no marks of readers (`models.data.reader_marks`)."""
    borrowed: float = Field(default=0.0, ge=0, le=1)
    """Probability that a view gets the marks of another training image."""
    borrowed_from: tuple[str, ...] = ()
    """Names of the data sets that these marks come from: from images that show a lesion and are not
    unmarked according to the table's column `marks`."""
    healthy: dict[str, tuple[str, ...]] = {}
    """Values by table column that mean "no lesion", whatever the masks outline."""
    without: dict[str, tuple[str, ...]] = {}
    """Samples left out of training, such as all images of one scanner: values by table column."""
    class_column: str | None = None
    """The table's column that names the class of everything in an image's mask; by default
    `classes/` gives the classes (`models.data.classes`)."""
    class_names: dict[str, str] = {}
    """The network's name of a class by the data set's name, if they differ."""
    labelled: tuple[str, ...] = ()
    """Classes that were looked for in every image of the data set; all by default."""

    @property
    def words(self) -> Words:
        """How the data set names classes."""
        return Words(self.class_column, self.class_names, self.labelled)

    def samples(self, folds: tuple[int, ...]) -> list[Sample]:
        """Return the samples of some folds.

        Raises:
            DataError: the data set or a fold is missing.
        """
        return without_lesion(in_folds(read_samples(self.folder), folds), self.healthy)

    def training(self) -> list[Sample]:
        """Return the samples to train on.

        Raises:
            DataError: the data set or a fold is missing, or no sample has a value of `without`.
        """
        return leave_out(self.samples(self.train_folds), self.without)


def training_samples(sources: Sequence[SourceConfig]) -> list[Sample]:
    """Return the training samples of all sources.

    Raises:
        DataError: as in :meth:`SourceConfig.training`.
    """
    return [s for source in sources for s in source.training()]


def validation_samples(sources: Sequence[SourceConfig]) -> list[Sample]:
    """Return the held-out samples of all sources.

    Raises:
        DataError: a data set or fold is missing.
    """
    return [s for source in sources for s in source.samples(source.validation_folds)]


class PhaseConfig(_Frozen):
    """Some epochs at one window size."""

    epochs: int = Field(ge=1)
    size: int = Field(ge=32)
    """Side of the square training window, px; scale 1 brings an image to this area."""

    @model_validator(mode="after")
    def _size_fits_the_network(self) -> Self:
        if self.size % INPUT_MULTIPLE:
            raise ValueError(f"size must be a multiple of {INPUT_MULTIPLE}")
        return self


class UnlabelledConfig(_Frozen):
    """Images without masks, labelled during training by a mean teacher.

    See `models.training.semi_supervised`.
    """

    folders: tuple[Path, ...] = Field(min_length=1)
    """Images directly in each folder, or in its subfolder `images`."""
    batch_size: int = Field(default=8, ge=1)
    """Number of unlabelled images beside each labelled batch."""
    confidence: float = Field(default=0.9, gt=0.5, lt=1)
    """A pixel is labelled if the teacher's probability of either label is at least this."""
    weight: float = Field(default=1.0, gt=0)
    """Weight of the loss on these images after the ramp-up, relative to labelled ones."""
    ramp_up_share: float = Field(default=0.4, ge=0, le=1)
    """Share of the steps in which the weight rises from near 0."""


class TrainConfig(_Frozen):
    """A training run. The same configuration and data give the same weights on one CPU.

    Settings added later have defaults that leave older runs unchanged: a checkpoint holds its
    configuration, and older runs must be resumable.
    """

    seed: int = Field(default=0, ge=0)
    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    classes: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = Field(
        default=(), max_length=MOST_CLASSES
    )
    """Names of the classes that the network distinguishes, in the order of its channels; empty for
    a network with one lesion class."""
    network: NetworkConfig = DeepLabV3PlusConfig()
    initial_checkpoint: Path | None = None
    """Start from the averaged weights of this checkpoint: fine-tuning."""
    initial_others: tuple[Path, ...] = ()
    """Runs whose averaged weights are averaged with `initial_checkpoint`, with equal weights."""
    initial_model: str | None = Field(default=None, pattern=_MODEL_PATTERN)
    """Start from the weights of this model of the zoo, `NAME` or `NAME@VERSION`: fine-tuning."""
    initial_blend: float | None = Field(default=None, gt=0, lt=1)
    """With both a checkpoint and a model to start from: the share of the checkpoint in the mean of
    their weights. A network trained on few patients keeps what it learnt from them, and what its
    parent knew of others."""
    only_presence: bool = False
    """Train only the presence head; everything else, with the norms' statistics, stays fixed."""
    freeze_encoder_epochs: int = Field(default=0, ge=0)
    """Epochs at the start in which only the decoder learns; the encoder's norms stay fixed."""
    unlabelled: UnlabelledConfig | None = None
    augment: AugmentSettings = AugmentSettings()
    phases: tuple[PhaseConfig, ...] = Field(min_length=1)
    batch_size: int = Field(default=8, ge=2)
    learning_rate: float = Field(default=1e-3, gt=0)
    """Peak of the schedule, for the head."""
    encoder_rate_factor: float = Field(default=0.4, gt=0, le=1)
    """Learning rate of the pretrained encoder relative to that of the head."""
    weight_decay: float = Field(default=0.02, ge=0)
    schedule: Literal["one-cycle", "cosine"] = "one-cycle"
    """Both end at zero: one-cycle rises and falls along cosines, cosine rises linearly."""
    warmup_share: float = Field(default=0.06, gt=0, lt=1)
    """Share of the steps in which the rate rises."""
    presence_weight: float = Field(default=1.0, gt=0)
    """Weight of the presence head's loss, for a network that has one."""
    lesion_free_weight: float = Field(default=1.0, ge=0, le=1)
    """Weight of the outline's loss on views without a lesion. Below 1, an outline shows where a
    lesion would be, and the presence head predicts whether it is one."""
    hardest_weight: float = Field(default=0.0, ge=0)
    """Weight of the loss on the most lesion-like pixels in views without a lesion."""
    gradient_clip: float = Field(default=5.0, gt=0)
    """Maximum norm of the gradient."""
    ema_decay: float = Field(default=0.998, ge=0, lt=1)
    """Decay per step of the averaged weights, which are validated and exported."""
    validate_every: int = Field(default=1, ge=0)
    """Epochs between validations; the last epoch is always validated, but with 0 none is."""
    stop_after: int | None = Field(default=None, ge=1)
    """Epochs after which the run ends, in the middle of its schedule: a run that continues from
    there has its own schedule."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after this many validations without improvement; by default never."""
    input_area: int = Field(default=65536, ge=1024)
    """Pixels of the network input at inference, written into the card."""
    precision: Literal["bf16", "fp16", "fp32"] = "bf16"
    """Precision of convolutions and their gradients; fp16 is for GPUs that lack bf16."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: CUDA if there is a GPU."""
    loaders: int | None = Field(default=None, ge=0)
    """Threads that prepare batches ahead; by default 8 on a GPU and none on the CPU."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of each process; by default all cores, shared by the processes."""

    @model_validator(mode="before")
    @classmethod
    def _a_channel_for_each_class(cls, values: Any) -> Any:
        classes = values.get("classes") if isinstance(values, dict) else None
        if not classes or not isinstance(classes, list | tuple):
            return values
        channels = 1 + len(classes)
        network = values.get("network", DeepLabV3PlusConfig())
        if isinstance(network, BaseModel):
            return {**values, "network": network.model_copy(update={"channels": channels})}
        if isinstance(network, dict):
            return {**values, "network": {**network, "channels": channels}}
        return values

    @model_validator(mode="after")
    def _classes_fit(self) -> Self:
        if self.network.channels != 1 + len(self.classes):
            raise ValueError("name a class for each channel of the network but the first")
        if len({name.casefold() for name in self.classes}) < len(self.classes):
            raise ValueError("two classes have the same name")
        if self.classes and self.unlabelled is not None:
            raise ValueError("images without masks cannot be learnt from with classes")
        return self

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        both = bool(self.initial_checkpoint and self.initial_model)
        if both and self.initial_blend is None:
            raise ValueError(
                "give initial_checkpoint or initial_model, not both, or initial_blend with them"
            )
        if self.initial_others and not self.initial_checkpoint:
            raise ValueError("initial_others needs initial_checkpoint")
        if self.initial_blend is not None and not both:
            raise ValueError("initial_blend needs initial_checkpoint and initial_model")
        return self

    @model_validator(mode="after")
    def _there_is_a_head_to_learn(self) -> Self:
        if self.only_presence and not getattr(self.network, "presence", False):
            raise ValueError("only_presence needs a network with presence: true")
        return self

    @model_validator(mode="after")
    def _what_is_frozen_exists(self) -> Self:
        if self.freeze_encoder_epochs and not hasattr(self.network, "encoder"):
            raise ValueError(
                f"{self.network.architecture} has no encoder of its own to freeze; "
                "set freeze_encoder_epochs: 0"
            )
        return self

    @property
    def class_labels(self) -> ClassLabels | None:
        """Reads samples with the network's classes; None for a network with one lesion class."""
        if not self.classes:
            return None
        words = {source.folder.name: source.words for source in self.sources}
        return ClassLabels(self.classes, words)

    @property
    def last_epoch(self) -> int:
        """Number of epochs to run, unless validation stops the run earlier."""
        return min(self.epochs, self.stop_after or self.epochs)

    @property
    def epochs(self) -> int:
        """Number of epochs of all phases together, which the schedule covers."""
        return sum(phase.epochs for phase in self.phases)

    @property
    def largest_size(self) -> int:
        """The largest window side, px."""
        return max(phase.size for phase in self.phases)

    def size_at(self, epoch: int) -> int:
        """Return the window side of an epoch, counted from 0."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase.size
            epoch -= phase.epochs
        raise IndexError("the run has fewer epochs")

    @classmethod
    def read(cls, path: Path) -> TrainConfig:
        """Read a YAML file.

        Raises:
            ConfigError: the file is missing, is not YAML, or holds a value that is not allowed.
        """
        return read_yaml(cls, path, "training configuration")
