"""Expiry of exports with a picture from before a redaction: they can no longer be fetched."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sqlalchemy import delete, select

from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.exports.tables import Export, ExportItem, ExportPart, export_prefix
from app.jobs.tables import Job, JobState, announce
from worker.runtime import Runtime


def expire_exports(session: WriteSession, runtime: Runtime, image_id: UUID) -> list[UUID]:
    """Expire every export that has, or may be writing, the image's old pixels; return their ids.

    An export that no worker has started stays. Its job is locked too, so a worker that takes it at
    this moment waits for the commit and reads the new pixels.
    """
    holds = select(ExportItem.export_id).where(ExportItem.image_id == image_id)
    jobs = session.scalars(
        select(Job)
        .join(Export, Export.job_id == Job.id)
        .where(Export.id.in_(holds), Export.expired_at.is_(None))
        .with_for_update(of=Job)
        .execution_options(populate_existing=True)
    ).all()
    expired = []
    for job in jobs:
        if job.state == JobState.QUEUED and job.attempts == 0 and job.started_at is None:
            continue
        export = session.scalars(select(Export).where(Export.job_id == job.id)).one()
        export.expired_at = now()
        expired.append(export.id)
        session.execute(delete(ExportPart).where(ExportPart.export_id == export.id))
        if not job.state.final:  # its worker finds its lease gone and stores nothing
            job.state, job.finished_at = JobState.CANCELLED, now()
            job.lease_token = job.lease_until = None
            after_commit(session, partial(announce, runtime.broker, job))
        after_commit(session, partial(_delete, runtime, export_prefix(export.id)))
    session.flush()
    return expired


def _delete(runtime: Runtime, prefix: str) -> None:
    for blob in list(runtime.blobs.list(prefix)):
        runtime.blobs.delete(blob.key)
