"""The limit on one person's waiting jobs; the refusal says when to try again."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.core.settings import Settings
from app.jobs.tables import Job, JobState

RETRY_QUEUED = 15

_WAITING = select(func.count(), func.coalesce(func.sum(Job.input_bytes), 0)).where(
    Job.owner_id == bindparam("person", type_=Uuid),
    Job.awaited.in_([True, False]),  # both values, so that the index is used
    Job.state == JobState.QUEUED,
)


def require_place(session: Session, settings: Settings, person: UUID) -> int:
    """Refuse another job from somebody who has too many waiting.

    Returns:
        Bytes of the person's waiting uploads.

    Raises:
        Problem: 429 with ``Retry-After``.
    """
    count, size = session.execute(_WAITING, {"person": person}).one()
    if count >= settings.queued_jobs_per_person:
        raise over(
            "too-many-queued",
            f"{count:,} of your jobs wait already, as many as one person may have waiting. "
            "Send this when some are done.",
            RETRY_QUEUED,
        )
    return int(size)


def over(code: str, detail: str, seconds: int) -> Problem:
    """Return the problem for a person who has reached a quota."""
    return Problem(429, code, detail, headers={"Retry-After": str(seconds)})
