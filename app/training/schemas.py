"""Training as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.problems import ProblemDetails
from app.images.schemas import Person
from app.images.tables import Split
from app.jobs.tables import JobState

LONGEST_NAME = 59
"""The longest name of a candidate, in characters: a name has 64, the 8-bit form adds `-int8`."""
ModelName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=LONGEST_NAME)
]


class Part(BaseModel):
    """Numbers of images and patients in a part of the pool."""

    images: int = 0
    patients: int = Field(0, description="Images without a known patient count as one each.")
    lesion_free: int = 0


class ReadinessRemark(BaseModel):
    """A remark about something missing or insufficient, with the figures in its sentence."""

    code: Literal[
        "no-parent",
        "no-weights",
        "few-training",
        "no-validation",
        "few-lesion-free",
        "few-validating",
        "few-testing",
        "few-of-class",
        "unknown-patients",
        "no-reference",
    ]
    text: str = Field(description="The remark in English.")
    count: int | None = Field(None, description="The current number of images or patients.")
    needed: int | None = Field(None, description="How many would be enough.")
    name: str | None = Field(None, description="Name of the class concerned.")


class TrainedClass(BaseModel):
    """A class that the network would distinguish."""

    id: UUID
    name: str
    images: int = Field(description="Images of the training part that show it.")


class ReplayedSet(BaseModel):
    """Images of another project that are also trained on, so that they are not forgotten."""

    name: str = Field(description="Name of the reference set whose project it is.")
    images: int
    patients: int


class LogEntry(BaseModel):
    """An entry in a run's log: a stage that began, or an epoch that ended."""

    at: datetime
    stage: str | None = Field(None, description="`resumed` if a killed run was continued.")
    epoch: int | None = None
    loss: float | None = None
    score: float | None = Field(
        None, description="Mean IoU on the images of the pool that validate."
    )


class TrainingReadiness(BaseModel):
    """The data and the parent that a run would train on now, shown before anything runs."""

    parts: dict[Split, Part]
    classes: list[TrainedClass] = Field(description="Empty if the project has one class.")
    replay: list[ReplayedSet]
    parent: str | None = Field(description="`NAME@VERSION` that serves and would be trained on.")
    problem: ReadinessRemark | None = Field(description="Why nothing can be trained now.")
    warnings: list[ReadinessRemark] = Field(
        description="What there is too little of, and what that means."
    )
    suggested_name: str
    suggested_version: str
    worker: bool = Field(description="Whether a worker that trains was seen recently.")


class NewTrainingRun(BaseModel):
    """A run with the default recipe."""

    model_config = ConfigDict(extra="forbid")

    name: ModelName | None = None
    epochs: int = Field(12, ge=1, le=200)


class TrainingRunDetails(BaseModel):
    """A run."""

    id: UUID
    state: JobState
    stage: str | None
    progress: float
    created_at: datetime
    created_by: Person
    parent: str
    model: str
    epochs: int
    epoch: int
    loss: float | None
    seconds_left: float | None
    curve: list[dict[str, Any]]
    log: list[LogEntry]
    outcome: dict[str, Any] | None
    snapshot_digest: str
    parts: dict[Split, Part]
    classes: list[str]
    replay: list[ReplayedSet]
    problem: ProblemDetails | None


class TrainingRunList(BaseModel):
    """Runs of a project, newest first."""

    items: list[TrainingRunDetails]
