"""Model versions and deployments as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.schemas import NAME_PATTERN
from app.core.problems import ProblemDetails
from app.images.schemas import Person
from app.jobs.tables import JobKind, JobState
from app.model_versions.tables import Standing

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=NAME_PATTERN, strip_whitespace=True),
]


class ModelState(StrEnum):
    """The stage of a version, from candidate to retirement."""

    CANDIDATE = "candidate"
    EVALUATED = "evaluated"
    """Compared with the version that served then, but never promoted."""
    SHADOW = "shadow"
    """It runs beside the version that serves; only admins see its answers."""
    SERVING = "serving"
    RETIRED = "retired"
    REJECTED = "rejected"
    BROKEN = "broken"


class ModelSummary(BaseModel):
    """One version of a model, with its card."""

    name: str
    version: str
    title: str
    sha256: str = Field(description="SHA-256 of the graph.")
    digest: str | None = Field(
        description=(
            "Digest of the list of all files; null if this site has no files of the version."
        )
    )
    parent: str | None = Field(description="Digest of the version that it was trained from.")
    state: ModelState
    reason: str | None = Field(description="Why it may not serve.")
    is_default: bool = Field(description="It serves projects that have no deployment of their own.")
    available: bool = Field(description="Whether it may answer when requested by name.")
    verification: dict[str, Any] | None = Field(description="What its verification measured.")
    verified_at: datetime | None
    registered_at: datetime
    card: dict[str, Any] = Field(description="The model card: data, metrics, licences, limits.")


class ModelList(BaseModel):
    """All versions of all models."""

    items: list[ModelSummary]


class DeploymentDetails(BaseModel):
    """One decision that a version serves."""

    id: UUID
    model: str
    version: str
    digest: str | None
    everywhere: bool = Field(
        description="True: deployed for the whole site; false: for the project."
    )
    serving: bool = Field(description="It serves the project now.")
    created_at: datetime
    created_by: Person | None = Field(description="Null: the software, by a setting.")
    reason: str
    evaluation_id: UUID | None = Field(description="The evaluation that the decision was based on.")
    confirmed_by: Person | None = Field(
        description="The second admin, for a version that did not pass the gate."
    )


class DeploymentList(BaseModel):
    """The current and former deployments of a project and of the site, newest first."""

    items: list[DeploymentDetails]


class Rollback(BaseModel):
    """A rollback to the version that served before."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    everywhere: bool = False


class Rejection(BaseModel):
    """A decision that a version never serves, with the reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ModelJob(BaseModel):
    """An import or a verification of a model."""

    id: UUID
    kind: JobKind
    state: JobState
    stage: str | None
    progress: float
    created_at: datetime
    model: str | None = Field(description="`NAME@VERSION`, once known.")
    standing: Standing | None = Field(description="The result, once the job is done.")
    reason: str | None
    problem: ProblemDetails | None


class ModelJobList(BaseModel):
    """Imports and verifications of models."""

    items: list[ModelJob]


class Rerun(BaseModel):
    """Untouched predictions that another version made."""

    waiting: int = Field(description="Images of which that is so now.")
    state: JobState | None = Field(description="State of the last job; null if there was none.")
    total: int
    done: int
