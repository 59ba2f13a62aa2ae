"""The sweeper: repeats messages, takes jobs back from dead workers, deletes what nobody needs.

Every api process runs one. Each step is a transaction that any number of processes may run at once.
"""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from time import monotonic

from sqlalchemy import and_, delete, func, or_, select, update
from starlette.concurrency import run_in_threadpool

from app.accounts.tables import IdempotencyRecord, OneTimeLink, SignInFailure, SignInSession
from app.bulk import trash
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE, TRAIN_QUEUE
from app.core.database import after_commit
from app.core.ids import now
from app.core.state import State
from app.corrections import presence
from app.deployments.imports import verify_shipped
from app.drift import service as drift
from app.hooks.records import note_end
from app.housekeeping.orphans import drop_orphans
from app.imports.service import drop_old
from app.jobs import records as lost
from app.jobs.service import queue_again
from app.jobs.tables import Job, JobKind, JobState, source_key
from app.local_labels import records as local_labels
from app.masks.jobs import MEASURE
from app.masks.tables import Mask
from app.retention import service as retention
from app.segment.results import forget
from app.shadows.service import see_to
from app.training.records import drop_leftovers
from app.uploads import service as uploads
from app.usage.counting import count_images

log = logging.getLogger(__name__)

NOTIFY_AGAIN = timedelta(seconds=5)
HOUSEKEEPING_SECONDS = 300
KEEP_KEYS = timedelta(hours=48)
MEASURE_AGAIN = timedelta(hours=1)
BATCH = 200


async def sweep_forever(state: State) -> None:
    """Sweep until cancelled; a sweep that fails is logged and tried again."""
    housekeeping = monotonic()
    while True:
        await asyncio.sleep(state.settings.sweep_seconds)
        try:
            await run_in_threadpool(sweep_jobs, state)
            if monotonic() >= housekeeping:
                housekeeping = monotonic() + HOUSEKEEPING_SECONDS
                await run_in_threadpool(keep_house, state)
        except Exception:
            log.exception("a sweep failed; the next one tries again")


def sweep_jobs(state: State) -> None:
    """Take back expired leases, repeat messages for waiting jobs, drop data of ended ones."""
    take_back(state)
    notify_again(state)
    drop_sources(state)
    drop_transient(state)
    count_images(state)
    see_to(state)


def take_back(state: State) -> int:
    """Queue running jobs whose lease expired, or fail them after too many tries; return how
    many."""
    with state.database.write() as session:
        jobs = session.scalars(
            select(Job)
            .where(Job.state == JobState.RUNNING, Job.lease_until < now())
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for job in jobs:
            lost.take_back(session, state.broker, job)
            note_end(session, state.broker, job, job.state)
    return len(jobs)


def notify_again(state: State) -> int:
    """Repeat messages of queued jobs, which may be lost; return how many were sent.

    As long as the broker holds at least as many messages as there are waiting jobs, none is lost.
    """
    return sum(
        _notify_queue(state, queue) for queue in (SEGMENT_QUEUE, BACKGROUND_QUEUE, TRAIN_QUEUE)
    )


def _notify_queue(state: State, queue: str) -> int:
    # A job that was given back for some time may not be taken before that time is over.
    due = or_(Job.lease_until.is_(None), Job.lease_until < now())
    waits = and_(Job.state == JobState.QUEUED, Job.queue == queue, due)
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id)
            .where(waits, Job.notified_at < now() - NOTIFY_AGAIN)
            .order_by(Job.turn, Job.id)
            .limit(BATCH)
        ).all()
        if not ids:
            return 0
        waiting = session.scalar(select(func.count()).where(waits)) or 0
    if state.broker.queue_length(queue) >= waiting:
        return 0
    notified = []
    for job_id in ids:
        if not state.broker.notify(queue):
            break
        notified.append(job_id)
    if notified:
        with state.database.write() as session:
            session.execute(update(Job).where(Job.id.in_(notified)).values(notified_at=now()))
    return len(notified)


def drop_sources(state: State) -> int:
    """Delete uploads of jobs that ended; those of jobs that may be retried are kept for a while."""
    keep_since = now() - timedelta(seconds=state.settings.failed_upload_seconds)
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id)
            .where(
                Job.input_bytes > 0,
                or_(
                    Job.state.in_([JobState.DONE, JobState.CANCELLED]),
                    and_(Job.state == JobState.FAILED, Job.retryable.is_(False)),
                    and_(Job.state == JobState.FAILED, Job.finished_at < keep_since),
                ),
            )
            .limit(BATCH)
        ).all()
    for job_id in ids:
        state.blobs.delete(source_key(job_id))
    if ids:
        with state.database.write() as session:
            session.execute(
                update(Job).where(Job.id.in_(ids)).values(input_bytes=0, retryable=False)
            )
    return len(ids)


def drop_transient(state: State) -> int:
    """Delete ``store=false`` jobs whose result nobody fetched in time."""
    before = now() - timedelta(seconds=state.settings.transient_seconds)
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id).where(Job.kind == JobKind.SEGMENT, Job.finished_at < before).limit(BATCH)
        ).all()
    for job_id in ids:
        forget(state, job_id)
    return len(ids)


def keep_house(state: State) -> None:
    """Run the slower part of the sweep, less often."""
    with state.database.write() as session:
        session.execute(delete(SignInSession).where(SignInSession.expires_at < now()))
        session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < now()))
        presence.sweep(session)
        local_labels.drop_orphans(session)
        window = timedelta(seconds=state.settings.sign_in_window_seconds)
        session.execute(delete(SignInFailure).where(SignInFailure.at < now() - window))
        session.execute(
            delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now() - KEEP_KEYS)
        )
    drop_old(state)
    uploads.drop_old(state)
    trash.purge(state)
    measure_again(state)
    drift.look(state)
    retention.look(state)
    drop_leftovers(state.database, state.settings)
    verify_shipped(state)
    drop_orphans(state, timedelta(seconds=state.settings.orphan_grace_seconds))


def measure_again(state: State) -> int:
    """Queue measurements again that failed an hour ago (for example on a full disk); return their
    number.

    Nobody waits for a measurement, so nobody would retry it.
    """
    with state.database.write() as session:
        jobs = session.scalars(
            select(Job)
            .where(
                Job.state == JobState.FAILED,
                Job.kind == JobKind.MEASURE,
                Job.finished_at < now() - MEASURE_AGAIN,
                Job.image_id.is_not(None),
            )
            .order_by(Job.finished_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        about = {MEASURE.read(job).mask_id: job for job in jobs}
        query = select(Mask.id).where(Mask.id.in_(about), Mask.result.is_(None))
        again = [about[mask_id] for mask_id in session.scalars(query)]
        for job in again:
            queue_again(session, job)
            after_commit(session, partial(state.broker.notify, job.queue))
    return len(again)
