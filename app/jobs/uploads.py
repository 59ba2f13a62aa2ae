"""Accepting an upload: its bytes are stored first, then its row is inserted."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from app.accounts.idempotency import recall, remember
from app.accounts.principal import Principal
from app.core import audit
from app.core.audit_actions import Action
from app.core.database import Base, WriteSession
from app.core.ids import new_id
from app.core.state import State
from app.core.uploads import Upload
from app.jobs.kinds import Kind, P, R
from app.jobs.service import enqueue
from app.jobs.tables import Job, source_key


def keep(
    state: State,
    principal: Principal,
    upload: Upload,
    blob: str,
    made: tuple[str, type[Base], UUID],
    insert: Callable[[WriteSession], None],
    *,
    asked: str,
    key: str | None,
) -> UUID:
    """Store an upload and insert its row. Once this returns, both survive any crash.

    Args:
        blob: key of the upload's bytes.
        made: the row's kind of object, its table, and its new id.
        insert: inserts the row, in the transaction that records the request.
        asked: fingerprint of what the request asks for.
        key: the request's idempotency key.

    Returns:
        The object's id, or an older object's if the key was used before.

    Raises:
        Problem: 410, 422 as `recall` does.
        BlobStoreFullError: nothing was kept.
    """
    object_type, table, object_id = made
    state.blobs.put(blob, upload.file)
    with state.database.write(otherwise=partial(state.blobs.delete, blob)) as session:
        known = recall(session, principal, key, asked, object_type, table)
        if known is None:
            insert(session)
            remember(session, principal, key, asked, object_type, object_id)
    if known is not None:
        state.blobs.delete(blob)
    return known or object_id


def keep_as_job(
    state: State,
    principal: Principal,
    upload: Upload,
    kind: Kind[P, R],
    parameters: P,
    *,
    project_id: UUID,
    event: Action,
    asked: str,
    key: str | None,
) -> UUID:
    """Store an upload and queue the job that reads it.

    Args:
        event: the event that the audit log records.
        asked: fingerprint of what the request asks for.
        key: the request's idempotency key.

    Returns:
        The job's id, or an older job's if the key was used before.

    Raises:
        Problem: 410, 422 as `recall` does.
        BlobStoreFullError: nothing was kept.
    """
    job_id = new_id()

    def insert(session: WriteSession) -> None:
        enqueue(
            session,
            state,
            kind,
            parameters,
            job_id=job_id,
            project_id=project_id,
            owner_id=principal.user.id,
            input_bytes=upload.size,
        )
        audit.record(
            session, state.site_key, principal.actor, event, "job", job_id, bytes=upload.size
        )

    made = ("job", Job, job_id)
    return keep(state, principal, upload, source_key(job_id), made, insert, asked=asked, key=key)
