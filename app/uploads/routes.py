"""``/uploads``: a large file in parts, so that a broken connection loses only one of them."""

import tempfile
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from app.accounts.access import GuardedRoute, ProjectSegmenter, Segmenter
from app.accounts.idempotency import IdempotencyKey
from app.core.http import too_large
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.slots import Slot
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.uploads import service
from app.uploads.schemas import PART_BYTES, NewUpload, UploadDetails

router = APIRouter(prefix="/uploads", tags=["segment"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", status_code=201, responses=GUARDED_BODY | responses(413, 429))
def begin_upload(
    body: NewUpload,
    principal: ProjectSegmenter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> UploadDetails:
    """Announce a file that will come in parts; the same `Idempotency-Key` returns the same file,
    with the bytes received so far.

    Once it is complete, `POST /segment` takes a form with `upload` in place of `file`. Unfinished
    files are deleted after a day.
    """
    row = service.begin(session, state, principal, body.size, idempotency_key)
    return service.details(row)


@router.get("/{upload_id}", responses=ONE)
def get_upload(upload_id: UUID, principal: Segmenter, session: DatabaseRead) -> UploadDetails:
    """The part of a file that has arrived."""
    return service.details(service.find(session, principal, upload_id))


@router.patch(
    "/{upload_id}", responses=ONE | responses(409, 413, 422, 429, 507), openapi_extra=BODY
)
async def add_part(
    upload_id: UUID,
    request: Request,
    principal: Segmenter,
    state: AppState,
    offset: Annotated[int, Query(ge=0, le=2**53, description="Byte at which the part begins.")],
) -> UploadDetails:
    """Send the next part as the whole body. It is stored once this is answered; if the connection
    breaks, the part is not stored and has to be sent again."""
    person = principal.user.id
    with (
        state.slots.hold(Slot.UPLOAD, person, state.settings.uploads_per_person),
        tempfile.SpooledTemporaryFile(service.SPOOL_BYTES) as file,
    ):
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > PART_BYTES:
                raise too_large(PART_BYTES)
            await run_in_threadpool(file.write, chunk)
        file.seek(0)
        return await run_in_threadpool(
            service.add_part, state, principal, upload_id, offset, file, size
        )


@router.delete("/{upload_id}", status_code=204, responses=ONE)
def delete_upload(upload_id: UUID, principal: Segmenter, state: AppState) -> None:
    """Delete an upload; the job that it became stays."""
    service.remove(state, principal, upload_id)
