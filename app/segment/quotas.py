"""How much one person may have waiting and stored; who is over it is told when to come again."""

from uuid import UUID

from sqlalchemy import func, select

from app.core.problems import Problem
from app.core.settings import MIB
from app.core.state import State
from app.images.tables import Image
from app.jobs.tables import Job, JobState

RETRY_QUEUED = 15
RETRY_STORED = 3600


def require_room(state: State, person: UUID) -> None:
    """Refuse one more upload of somebody who has too much already.

    Asked before the upload is read, so uploads that come at the same moment may all pass.

    Raises:
        Problem: 429 with ``Retry-After``.
    """
    settings = state.settings
    with state.database.read() as session:
        # Both values of `awaited` are named for the sake of the index.
        mine = (Job.owner_id == person, Job.awaited.in_([True, False]))
        waiting = select(func.count(), func.coalesce(func.sum(Job.input_bytes), 0)).where(
            *mine, Job.state == JobState.QUEUED
        )
        count, size = session.execute(waiting).one()
        stored = 0
        if settings.images_per_person:
            mine_stored = select(func.count()).where(Image.owner_id == person)
            stored = session.scalar(mine_stored) or 0
    if count >= settings.queued_jobs_per_person:
        raise _over(
            "too-many-queued",
            f"{count:,} of your jobs wait already, as many as one person may have waiting. "
            "Send this when some are done.",
            RETRY_QUEUED,
        )
    if size >= settings.queued_bytes_per_person:
        raise _over(
            "too-much-queued",
            f"Your uploads that wait have {size // MIB:,} MiB, as many as one person may have "
            "waiting. Send this when some are done.",
            RETRY_QUEUED,
        )
    if settings.images_per_person and stored >= settings.images_per_person:
        raise _over(
            "too-much-stored",
            f"You have {stored:,} images, as many as one person may keep here. Delete some, or "
            "ask your administrator for more room.",
            RETRY_STORED,
        )


def _over(code: str, detail: str, seconds: int) -> Problem:
    return Problem(429, code, detail, headers={"Retry-After": str(seconds)})
