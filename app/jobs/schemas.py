"""Jobs as JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.problems import ProblemDetails
from app.jobs.tables import JobKind, JobState


class JobLinks(BaseModel):
    """Addresses that belong to a job."""

    self: str
    image: str | None = None
    mask: str | None = None
    overlay: str | None = None
    retry: str | None = None


class JobFacts(BaseModel):
    """The facts of a job that are the same for every caller."""

    id: UUID
    kind: JobKind
    state: JobState
    stage: str | None
    progress: float = Field(ge=0, le=1)
    position: int | None = Field(description="Jobs ahead of this one in the queue; 0 is next.")
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    model_name: str | None
    image_id: UUID | None
    duplicate: bool = Field(description="The same pixels are already stored, as `image_id`.")
    problem: ProblemDetails | None


class JobSummary(JobFacts):
    """A job without its result."""

    links: JobLinks
