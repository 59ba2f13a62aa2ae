"""Jobs whose worker died: one more try, then an end with a reason."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.core.broker import BrokerClient
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.problems import Problem
from app.jobs.tables import Job, JobState, announce

MOST_DEATHS = 2
"""Tries of a job whose workers die. The first may have died of anything; two die of the job."""


def take_back(session: WriteSession, broker: BrokerClient, job: Job) -> None:
    """Queue a job again whose worker is gone, or fail it where that happened before.

    Args:
        session: the job's row is locked in it.
        broker: gets a message once the change is committed.
        job: running, of a worker that does not renew its lease any more.
    """
    job.lease_token = job.lease_until = None
    job.progress, job.stage = 0.0, None
    if job.attempts < MOST_DEATHS:
        job.state, job.notified_at = JobState.QUEUED, now()
        after_commit(session, partial(broker.notify, job.queue))
    else:
        job.state, job.finished_at = JobState.FAILED, now()
        # An upload may be what the workers died of, and may name a patient: it does not wait on
        # disk. The sweeper deletes it within seconds.
        job.retryable = job.input_bytes == 0
        job.problem = gave_up(job).document()
    after_commit(session, partial(announce, broker, job))


def fail(session: WriteSession, broker: BrokerClient, job: Job, problem: Problem) -> None:
    """End a job whose worker is gone; another try would only repeat it."""
    job.lease_token = job.lease_until = None
    job.progress, job.stage = 0.0, None
    job.state, job.finished_at, job.retryable = JobState.FAILED, now(), False
    job.problem = problem.document()
    after_commit(session, partial(announce, broker, job))


def running(session: WriteSession, message_id: UUID) -> Job | None:
    """The job, locked, that a worker has taken when this message woke it."""
    query = select(Job).where(Job.state == JobState.RUNNING, Job.message_id == message_id)
    return session.scalar(query.with_for_update())


def what_to_do(job: Job) -> str:
    """Advice for a job that failed for an unknown reason; its upload is deleted by then."""
    return "Send the image again" if job.input_bytes else "Try again"


def gave_up(job: Job) -> Problem:
    """Return the problem of a job whose worker died at every attempt."""
    return Problem(
        500,
        "job-gave-up",
        f"The worker stopped {job.attempts} times while it worked on this. "
        f"{what_to_do(job)}; if it happens again, tell your administrator.",
        title="Processing did not finish",
    )
