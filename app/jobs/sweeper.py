"""The sweeper: rings again, takes jobs back from the dead, deletes what nobody needs.

Every api process runs one. Each step is a transaction that any number of them may run at once.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from time import monotonic
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from starlette.concurrency import run_in_threadpool

from app.accounts.tables import IdempotencyRecord, OneTimeLink, SignInFailure, SignInSession
from app.core.blobs import BlobInfo, FolderBlobs
from app.core.database import after_commit
from app.core.ids import now
from app.core.state import State
from app.exports.tables import Export
from app.images.tables import Image, frame_key, mask_key, overlay_key, thumbnail_key
from app.imports.service import drop_old
from app.imports.tables import Import
from app.jobs import lost
from app.jobs.service import forget
from app.jobs.tables import Job, JobKind, JobState, kinds_in, queue_of, source_key
from app.jobs.turns import next_turn
from app.masks import presence
from app.masks.tables import Mask

log = logging.getLogger(__name__)

RING_AGAIN = timedelta(seconds=5)
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
    """Take back expired leases, ring for waiting jobs, drop what has ended."""
    take_back(state)
    ring_again(state)
    drop_sources(state)
    drop_transient(state)


def take_back(state: State) -> int:
    """Queue running jobs whose lease ran out, or fail them after too many tries; how many."""
    with state.database.write() as session:
        jobs = session.scalars(
            select(Job)
            .where(Job.state == JobState.RUNNING, Job.lease_until < now())
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for job in jobs:
            lost.take_back(session, state.bell, job)
    return len(jobs)


def ring_again(state: State) -> int:
    """Ring for queued jobs whose message may be lost; how many were rung for.

    While the broker still holds at least as many messages as jobs wait, none is lost.
    """
    return sum(_ring_queue(state, queue) for queue in sorted({queue_of(kind) for kind in JobKind}))


def _ring_queue(state: State, queue: str) -> int:
    waits = and_(
        Job.state == JobState.QUEUED,
        Job.kind.in_(kinds_in(queue)),
    )
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id)
            .where(waits, Job.rung_at < now() - RING_AGAIN)
            .order_by(Job.turn, Job.id)
            .limit(BATCH)
        ).all()
        if not ids:
            return 0
        waiting = session.scalar(select(func.count()).where(waits)) or 0
    if state.bell.queue_length(queue) >= waiting:
        return 0
    rung = []
    for job_id in ids:
        if not state.bell.ring(queue):
            break
        rung.append(job_id)
    if rung:
        with state.database.write() as session:
            session.execute(update(Job).where(Job.id.in_(rung)).values(rung_at=now()))
    return len(rung)


def drop_sources(state: State) -> int:
    """Delete uploads of jobs that ended; those that may be tried again are kept for a while."""
    keep_since = now() - timedelta(seconds=state.settings.failed_upload_seconds)
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id)
            .where(
                Job.has_source.is_(True),
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
                update(Job).where(Job.id.in_(ids)).values(has_source=False, retryable=False)
            )
    return len(ids)


def drop_transient(state: State) -> int:
    """Forget ``store=false`` jobs whose result nobody fetched in time."""
    before = now() - timedelta(seconds=state.settings.transient_seconds)
    with state.database.read() as session:
        ids = session.scalars(
            select(Job.id).where(Job.store.is_(False), Job.finished_at < before).limit(BATCH)
        ).all()
    for job_id in ids:
        forget(state, job_id)
    return len(ids)


def keep_house(state: State) -> None:
    """What need not be done every few seconds."""
    with state.database.write() as session:
        session.execute(delete(SignInSession).where(SignInSession.expires_at < now()))
        session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < now()))
        presence.sweep(session)
        window = timedelta(seconds=state.settings.sign_in_window_seconds)
        session.execute(delete(SignInFailure).where(SignInFailure.at < now() - window))
        session.execute(
            delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now() - KEEP_KEYS)
        )
    drop_old(state)
    measure_again(state)
    drop_orphans(state, timedelta(seconds=state.settings.orphan_grace_seconds))


def measure_again(state: State) -> int:
    """Queue measurements again that failed an hour ago (a full disk, say); how many.

    Nobody waits for one and so nobody would ask for another try.
    """
    with state.database.write() as session:
        jobs = session.scalars(
            select(Job)
            .join(Mask, Mask.id == Job.mask_id)
            .where(
                Job.state == JobState.FAILED,
                Job.kind == JobKind.MEASURE,
                Job.finished_at < now() - MEASURE_AGAIN,
                Mask.result.is_(None),
            )
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=Job)
        ).all()
        for job in jobs:
            job.state, job.attempts, job.rung_at = JobState.QUEUED, 0, now()
            job.problem = job.finished_at = None
            job.turn = next_turn(job)
            after_commit(session, partial(state.bell.ring, queue_of(job.kind)))
    return len(jobs)


def drop_orphans(state: State, grace: timedelta) -> int:
    """Delete blobs older than ``grace`` that no row names; how many.

    A worker or an api that was killed between writing a blob and committing its row leaves one.
    """
    before = now() - grace
    if isinstance(state.blobs, FolderBlobs):
        state.blobs.delete_partial(before)
    old = (blob for blob in state.blobs.list() if blob.modified < before)
    dropped = 0
    while batch := list(islice(old, BATCH)):
        for key in orphans(state, batch):
            state.blobs.delete(key)
            dropped += 1
    if dropped:
        log.info("%d orphan blobs deleted", dropped)
    return dropped


def orphans(state: State, blobs: list[BlobInfo]) -> Iterator[str]:
    """The keys among these that no row names."""
    named = {blob.key: _ids(blob.key) for blob in blobs}
    ids = {identifier for group in named.values() for identifier in group}
    with state.database.read() as session:
        rows = session.execute(select(Image.id, Image.picture_id).where(Image.id.in_(ids)))
        images = {row.id: row.picture_id for row in rows}
        masks = set(session.scalars(select(Mask.id).where(Mask.id.in_(ids))))
        exports = set(
            session.scalars(
                select(Export.id).where(Export.id.in_(ids), Export.expired_at.is_(None))
            )
        )
        imports = set(
            session.scalars(select(Import.id).where(Import.id.in_(ids), Import.has_archive))
        )
        uploads, transient = set(), set()
        for job in session.execute(
            select(Job.id, Job.has_source, Job.store).where(Job.id.in_(ids))
        ):
            uploads |= {job.id} if job.has_source else set()
            transient |= set() if job.store else {job.id}
    owners = {
        "uploads": uploads,
        "transient": transient,
        "exports": exports,
        "imports": imports,
    }
    for key, group in named.items():
        kind = key.split("/")[0]
        if kind == "images":
            kept = _is_named(key, group, images, masks)
        else:
            kept = bool(group) and group[0] in owners.get(kind, set())
        if not kept:
            yield key


def _is_named(
    key: str, group: list[UUID], images: dict[UUID, UUID | None], masks: set[UUID]
) -> bool:
    """Whether a picture or a mask of an image is the one that its rows name now."""
    if not group or group[0] not in images:
        return False
    image_id, picture = group[0], images[group[0]]
    mask_id = group[-1] if group[-1] in masks else None
    if mask_id is None:
        return key in (frame_key(image_id, picture), thumbnail_key(image_id, picture))
    return key in (mask_key(image_id, mask_id), overlay_key(image_id, picture, mask_id))


def _ids(key: str) -> list[UUID]:
    """The ids in a key: of the image or job, then of the picture and the mask."""
    found = []
    for part in key.split("/"):
        try:
            found.append(UUID(part.split(".")[0]))
        except ValueError:
            continue
    return found
