"""The model card: what a model is, how it was made, and how to run it.

A model is a folder `<name>/<version>/` with `model.onnx` and `card.json`.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.core.disk import write_whole
from worker.pipeline.presence import PresenceModel
from worker.pipeline.settings import PipelineSettings

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
VERSION_PATTERN = r"^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,40})?$"

MOST_CLASSES = 63
"""Maximum number of classes of one model."""

FileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelError(Exception):
    """A model cannot be used; the message says what to do."""


class BrokenModelError(ModelError):
    """A model was run and its output is unusable; another image may work."""


class Architecture(BaseModel):
    """The architecture of the network."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    encoder: str
    output_stride: int = Field(gt=0)
    parameters: int = Field(ge=0)
    """Number of trained parameters."""
    macs: int = Field(ge=0)
    """Multiply-accumulate operations at the card's input area."""


class InputSpec(BaseModel):
    """The graph's input: raw RGB; normalisation happens inside the graph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    color: Literal["RGB"] = "RGB"
    range: tuple[float, float] = (0.0, 255.0)
    area: int = Field(default=65536, ge=1024, le=16_777_216)
    """Number of pixels that the effective area is resized to, keeping its aspect."""
    multiple: int = Field(default=32, ge=1, le=256)
    """Height and width are padded to multiples of this."""


class Calibration(BaseModel):
    """Logit to probability to label: `sigmoid(logit / temperature) >= threshold`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=1.0, gt=0)
    threshold: float = Field(default=0.5, gt=0, lt=1)


class ModelClass(BaseModel):
    """A class of lesions that a model distinguishes from others."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80)
    """The name used in label sets: it matches a project's class of the same name, ignoring case."""


class ModelCard(BaseModel):
    """`card.json`, checked.

    The pipeline's threshold must be the calibrated one: with two thresholds in one card, a figure
    could describe something other than what users get.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME_PATTERN)
    version: str = Field(pattern=VERSION_PATTERN)
    title: str
    intended_use: str
    created: date
    sha256: Sha256
    """Digest of `model.onnx`."""
    files: dict[FileName, Sha256] = Field(default_factory=dict)
    """Other files in the folder that belong to this graph, such as its weights for training."""
    architecture: Architecture
    classes: tuple[ModelClass, ...] = Field(default=(), max_length=MOST_CLASSES)
    """Classes of channels 1, 2, … of the graph's logits; channel 0 is background. Empty: the graph
    has one channel, the logit of a lesion of any kind."""
    input: InputSpec = InputSpec()
    calibration: Calibration = Calibration()
    pipeline: PipelineSettings = PipelineSettings()
    """Settings recommended for this model."""
    presence: PresenceModel | None = None
    """Calibration of a network with a presence head."""
    data: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, Any] = Field(default_factory=dict)
    licences: list[Any] = Field(default_factory=list)
    limits: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if self.pipeline.threshold != self.calibration.threshold:
            raise ValueError(
                f"pipeline.threshold is {self.pipeline.threshold} but calibration.threshold is "
                f"{self.calibration.threshold}; write the calibrated one in both places"
            )
        return self

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        names = [one.name.casefold() for one in self.classes]
        if len(set(names)) < len(names):
            raise ValueError("two classes have the same name; give each channel a name of its own")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in channel order; empty if the model knows one kind of lesion."""
        return tuple(one.name for one in self.classes)

    @property
    def channels(self) -> int:
        """Number of channels of the graph's logits."""
        return 1 + len(self.classes)

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """Read `folder/card.json`.

        Raises:
            ModelError: the file is missing or not a valid card.
        """
        path = folder / CARD_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ModelError(
                f"No model card can be read at {path} ({error.strerror}); "
                "give a folder that holds model.onnx and card.json."
            ) from error
        except ValidationError as error:
            raise ModelError(f"The model card {path} is not valid: {error}") from error

    def write(self, folder: Path) -> Path:
        """Write `folder/card.json` atomically: a reader sees either the old card or the new one."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / CARD_FILE
        write_whole(path, (self.model_dump_json(indent=2) + "\n").encode())
        return path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
