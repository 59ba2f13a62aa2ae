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
"""Of a candidate: the same in 8 bits has `-int8` behind it, and names have 64 characters."""
ModelName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=LONGEST_NAME)
]


class Part(BaseModel):
    """What a part of the pool holds."""

    images: int = 0
    patients: int = Field(0, description="Images without a known patient count as one each.")
    lesion_free: int = 0


class ReadinessRemark(BaseModel):
    """What is missing or too little, with the figures that the sentence holds."""

    code: Literal[
        "no-parent",
        "no-weights",
        "few-training",
        "no-validation",
        "few-lesion-free",
        "few-validating",
        "few-testing",
    ]
    text: str = Field(description="The same in English.")
    count: int | None = Field(None, description="How many images or patients there are.")
    needed: int | None = Field(None, description="How many would be enough.")


class TrainingReadiness(BaseModel):
    """What a run would train on now, said before anything runs."""

    parts: dict[Split, Part]
    parent: str | None = Field(description="`NAME@VERSION` that serves and would be trained on.")
    problem: ReadinessRemark | None = Field(description="Why nothing can be trained now.")
    warnings: list[ReadinessRemark] = Field(description="What is too little, and what that means.")
    suggested_name: str
    suggested_version: str
    worker: bool = Field(description="Whether a worker that trains was seen lately.")


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
    outcome: dict[str, Any] | None
    snapshot_digest: str
    parts: dict[Split, Part]
    problem: ProblemDetails | None


class TrainingRunList(BaseModel):
    """Runs of a project, newest first."""

    items: list[TrainingRunDetails]
