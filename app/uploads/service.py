"""Storing parts of files until they are complete. Nothing here reads their contents."""

import tempfile
from collections.abc import Iterable
from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.principal import Principal
from app.core.database import WriteSession
from app.core.http import too_large
from app.core.ids import new_id, now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.jobs.quotas import RETRY_QUEUED, over
from app.uploads.schemas import UploadDetails
from app.uploads.tables import PartialUpload, part_key

SPOOL_BYTES = 4 * 1024 * 1024
BATCH = 200


def begin(
    session: WriteSession, state: State, principal: Principal, size: int, key: str | None
) -> PartialUpload:
    """Begin a new file, or return the one that this key began.

    Raises:
        Problem: 413 larger than the limit, 429 the caller has too much under way.
    """
    if size > state.settings.max_upload_bytes:
        raise too_large(state.settings.max_upload_bytes)
    asked = fingerprint("upload", principal.project, size)
    known = recall(session, principal, key, asked, "upload", PartialUpload)
    if known is not None:
        return session.get_one(PartialUpload, known)
    mine = PartialUpload.owner_id == principal.user.id, PartialUpload.job_id.is_(None)
    under_way = session.scalar(select(func.sum(PartialUpload.size)).where(*mine)) or 0
    if under_way + size > state.settings.queued_bytes_per_person:
        raise over(
            "too-much-queued",
            "Files that you have begun to send are as large as all that one person may have "
            "waiting. Finish one of them, or delete it.",
            RETRY_QUEUED,
        )
    new = PartialUpload(
        id=new_id(), project_id=principal.project, owner_id=principal.user.id, size=size
    )
    session.add(new)
    session.flush()
    remember(session, principal, key, asked, "upload", new.id)
    return new


def find(
    session: Session, principal: Principal, upload_id: UUID, *, lock: bool = False
) -> PartialUpload:
    """Return the caller's own file.

    Raises:
        Problem: 404.
    """
    found = session.get(PartialUpload, upload_id, with_for_update=lock)
    if (
        found is None
        or found.owner_id != principal.user.id
        or found.project_id != principal.project
    ):
        raise not_found("upload")
    return found


def add_part(
    state: State, principal: Principal, upload_id: UUID, offset: int, part: IO[bytes], size: int
) -> UploadDetails:
    """Store the next part; once this returns, it survives any crash.

    Raises:
        Problem: 404; 409 it does not begin where the last one ended; 422 it is empty, or exceeds
            the file's size.
        BlobStoreFullError: nothing was kept.
    """
    with state.database.read() as session:
        _check(find(session, principal, upload_id), offset, size)
    part_id = str(new_id())
    key = part_key(upload_id, part_id)
    state.blobs.put(key, part)
    try:
        with state.database.write() as session:
            row = find(session, principal, upload_id, lock=True)
            _check(row, offset, size)
            row.parts = [*row.parts, part_id]
            row.received += size
            return details(row)
    except Problem:
        state.blobs.delete(key)
        raise


def _check(row: PartialUpload, offset: int, size: int) -> None:
    if offset != row.received:
        raise Problem(
            409,
            "wrong-offset",
            f"{row.received:,} of {row.size:,} bytes are here; send the part that begins there.",
            received=row.received,
        )
    if not 0 < size <= row.size - row.received:
        raise Problem(
            422,
            "wrong-part",
            "A part has at least one byte and does not go beyond the end of the file.",
        )


def whole(state: State, principal: Principal, upload_id: UUID) -> IO[bytes] | UUID:
    """Return the file, at its start and to be closed by the caller, or the job that it became.

    Raises:
        Problem: 404; 409 parts are missing; 410 they were deleted meanwhile.
    """
    with state.database.read() as session:
        row = find(session, principal, upload_id)
    if row.job_id is not None:
        return row.job_id
    if row.received < row.size:
        raise Problem(
            409,
            "upload-incomplete",
            f"{row.received:,} of {row.size:,} bytes are here; send the rest first.",
            received=row.received,
        )
    file = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  (closed by the caller)
    try:
        for part_id in row.parts:
            for piece in state.blobs.stream(part_key(upload_id, part_id)):
                file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def became(state: State, upload_id: UUID, job_id: UUID) -> None:
    """Record the job that a file became, and delete its parts.

    If the process is killed before this, the same request finds the file complete again.
    """
    with state.database.write() as session:
        row = session.get(PartialUpload, upload_id, with_for_update=True)
        parts = row.parts if row else []
        if row is not None:
            row.job_id, row.parts = job_id, []
    _delete_parts(state, upload_id, parts)


def remove(state: State, principal: Principal, upload_id: UUID) -> None:
    """Delete an upload; the job that it became stays.

    Raises:
        Problem: 404.
    """
    with state.database.write() as session:
        row = find(session, principal, upload_id, lock=True)
        parts = row.parts
        session.delete(row)
    _delete_parts(state, upload_id, parts)


def drop_old(state: State) -> int:
    """Delete files that were begun long ago; return how many."""
    before = now() - timedelta(seconds=state.settings.failed_upload_seconds)
    with state.database.write() as session:
        rows = session.scalars(
            select(PartialUpload)
            .where(PartialUpload.created_at < before)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            session.delete(row)
    for row in rows:
        _delete_parts(state, row.id, row.parts)
    return len(rows)


def _delete_parts(state: State, upload_id: UUID, parts: Iterable[str]) -> None:
    for part_id in parts:
        state.blobs.delete(part_key(upload_id, part_id))


def details(row: PartialUpload) -> UploadDetails:
    """Return a file in parts as JSON."""
    return UploadDetails(id=row.id, size=row.size, received=row.received, job_id=row.job_id)
