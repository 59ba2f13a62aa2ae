"""Jobs whose worker died: one more attempt, then failure with a reason."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.core.broker import BrokerClient
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.problems import Problem
from app.jobs.tables import Job, JobState, announce

MOST_DEATHS = 2
"""Attempts at a job whose workers die. One may die of anything; two died of the job."""


def take_back(session: WriteSession, broker: BrokerClient, job: Job) -> None:
    """Queue a job again whose worker is gone, or fail it if that happened before.

    Args:
        session: has locked the job's row.
        broker: gets a message once the change is committed.
        job: a running job whose worker no longer renews its lease.
    """
    job.lease_token = job.lease_until = None
    job.progress, job.stage = 0.0, None
    if job.attempts < MOST_DEATHS:
        job.state, job.notified_at = JobState.QUEUED, now()
        after_commit(session, partial(broker.notify, job.queue))
    else:
        job.state, job.finished_at = JobState.FAILED, now()
        # The upload may have killed the workers, and may name a patient, so it does not stay on
        # disk. The sweeper deletes it within seconds.
        job.retryable = job.input_bytes == 0
        job.problem = gave_up(job).document()
    after_commit(session, partial(announce, broker, job))


def fail(session: WriteSession, broker: BrokerClient, job: Job, problem: Problem) -> None:
    """Fail a job whose worker is gone; another attempt would only repeat the failure."""
    job.lease_token = job.lease_until = None
    job.progress, job.stage = 0.0, None
    job.state, job.finished_at, job.retryable = JobState.FAILED, now(), False
    job.problem = problem.document()
    after_commit(session, partial(announce, broker, job))


def running(session: WriteSession, message_id: UUID) -> Job | None:
    """Return, locked, the job that a worker took when this message woke it, or None."""
    query = select(Job).where(Job.state == JobState.RUNNING, Job.message_id == message_id)
    return session.scalar(query.with_for_update())


def what_to_do(job: Job) -> str:
    """Return advice for a job that failed for an unknown reason and whose upload was deleted."""
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
