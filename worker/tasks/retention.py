"""Applying the retention rules of a project.

Works in slices, each a transaction with its counts, so that a killed run continues where it
stopped. Rules are read again for each slice, so that a removed rule stops at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import delete, select

from app.bulk.records import put_aside, take_out
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core import audit
from app.core.audit import SYSTEM
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.corrections.records import erase
from app.exports.tables import Export, export_prefix
from app.images.tables import Image
from app.jobs.tables import Job, JobState
from app.projects.tables import RetentionAction, RetentionKind, RetentionRule
from app.retention.jobs import RETENTION, RetentionOutcome
from app.retention.records import Reach, due, how_many, in_force
from worker.runtime import Runtime
from worker.tasks.lease import Lease, Progress

SLICE = 50


def retain(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Put aside or delete everything that the project's rules cover now.

    Raises:
        LostLeaseError: stopped, or another worker has the job.
    """
    started, project_id = now(), lease.job.project_id
    asked = RETENTION.read(lease.job)
    counts = dict(asked.counts)
    with runtime.database.read() as session:
        left = sum(
            how_many(session, project_id, Reach.of(rule), started)[0]
            for rule in in_force(session, project_id, started)
        )
    total = sum(counts.values()) + left
    while True:
        progress("tidying", sum(counts.values()) / max(1, total))
        with runtime.database.write() as session:
            kind, number = _slice(session, runtime, project_id, asked.act_id, lease)
            if kind is None:
                break
            counts[kind] = counts.get(kind, 0) + number
            # One more slice is progress: only attempts that do nothing count as failed.
            parameters = asked.model_copy(update={"counts": counts}).model_dump(mode="json")
            lease.claim(session, attempts=0, parameters=parameters)
    with runtime.database.write() as session:
        audit.record(
            session, runtime.site_key, SYSTEM, "retention.run", "project", project_id, **counts
        )
        result = RetentionOutcome(counts=counts).model_dump(mode="json")
        lease.end(session, JobState.DONE, result=result)


def _slice(
    session: WriteSession, runtime: Runtime, project_id: UUID, act_id: UUID, lease: Lease
) -> tuple[RetentionKind | None, int]:
    """Apply the first rule that still covers something to a slice; return rule and count."""
    act = session.get(BulkAct, act_id, with_for_update=True)
    if act is not None and act.undone_at is not None:  # people undo what this run does
        return None, 0
    for rule in in_force(session, project_id, now()):
        found = due(project_id, Reach.of(rule), now()).limit(SLICE)
        ids = list(session.scalars(found))
        if ids:
            return rule.kind, ACTS[rule.kind](session, runtime, rule, act_id, ids)
    return None, 0


def _images(
    session: WriteSession, runtime: Runtime, rule: RetentionRule, act_id: UUID, ids: list[UUID]
) -> int:
    # Locked and queried once more: somebody may have drawn on one meanwhile.
    held = select(Image).where(Image.id.in_(ids)).order_by(Image.id).with_for_update()
    images = {image.id: image for image in session.scalars(held)}
    still = due(rule.project_id, Reach.of(rule), now()).where(Image.id.in_(images))
    chosen = [images[one] for one in session.scalars(still)]
    if rule.action is RetentionAction.ARCHIVE:
        for image in chosen:
            put_aside(session, runtime, SYSTEM, image, now())
        return len(chosen)
    if chosen and session.get(BulkAct, act_id) is None:
        session.add(
            BulkAct(
                id=act_id,
                project_id=rule.project_id,
                created_by_id=rule.set_by_id,
                kind=BulkKind.DELETE,
                finished=True,
                skipped={},
            )
        )
        session.flush()
    for image in chosen:
        former = take_out(session, runtime, SYSTEM, image)
        session.add(BulkActImage(bulk_act_id=act_id, image_id=image.id, former=former))
        session.flush()
    return len(chosen)


def _erase(
    session: WriteSession, runtime: Runtime, rule: RetentionRule, act_id: UUID, ids: list[UUID]
) -> int:
    held = select(Image).where(Image.id.in_(ids)).order_by(Image.id).with_for_update()
    images = {image.id: image for image in session.scalars(held)}
    still = due(rule.project_id, Reach.of(rule), now()).where(Image.id.in_(images))
    chosen = list(session.scalars(still))
    for one in chosen:
        audit.record(session, runtime.site_key, SYSTEM, "image.erased", "image", one)
        erase(session, runtime, images[one])
    return len(chosen)


def _exports(
    session: WriteSession, runtime: Runtime, rule: RetentionRule, act_id: UUID, ids: list[UUID]
) -> int:
    held = select(Export).where(Export.id.in_(ids)).order_by(Export.id).with_for_update(of=Export)
    exports = session.scalars(held).all()  # one that a person has since deleted is gone
    for export in exports:
        one = export.id
        session.delete(export)
        audit.record(session, runtime.site_key, SYSTEM, "export.deleted", "export", one)
        after_commit(session, partial(_delete_blobs, runtime, export_prefix(one)))
    return len(exports)


def _delete_blobs(runtime: Runtime, prefix: str) -> None:
    for blob in list(runtime.blobs.list(prefix)):
        runtime.blobs.delete(blob.key)


def _jobs(
    session: WriteSession, runtime: Runtime, rule: RetentionRule, act_id: UUID, ids: list[UUID]
) -> int:
    session.execute(delete(Job).where(Job.id.in_(ids)))
    return len(ids)


Act = Callable[[WriteSession, Runtime, RetentionRule, UUID, list[UUID]], int]

ACTS: dict[RetentionKind, Act] = {
    RetentionKind.NEVER_SUBMITTED: _images,
    RetentionKind.RETURNED: _images,
    RetentionKind.DELETED_IMAGES: _erase,
    RetentionKind.EXPORTS: _exports,
    RetentionKind.JOBS: _jobs,
}
