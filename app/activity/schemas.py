"""Jobs of a project as JSON, as its admins see them."""

from pydantic import BaseModel, Field

from app.accounts.schemas import PersonName
from app.jobs.schemas import JobFacts
from app.local_labels.schemas import LocalName


class ProjectJob(JobFacts):
    """A job of anybody in a project, as the project's admins see it."""

    owner: PersonName
    local: LocalName | None = Field(
        description="Local name of the upload or of its image; of a failed upload for 30 days."
    )
    retryable: bool = Field(description="It failed and may be retried.")


class JobCounts(BaseModel):
    """Numbers of jobs in the states that may need attention."""

    queued: int = 0
    running: int = 0
    failed: int = 0
