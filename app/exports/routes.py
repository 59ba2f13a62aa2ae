"""``/exports``: archives of the training pool."""

import re
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import ADMIN, Admin, GuardedRoute, ProjectAdmin
from app.accounts.downloads import while_allowed
from app.accounts.idempotency import IdempotencyKey
from app.core import audit
from app.core.caching import REVALIDATE, unchanged
from app.core.methods import is_head
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, GUARDED_BODY, Problem, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.exports import selection, service
from app.exports.schemas import ExportDetails, ExportOrder, ExportPreview

router = APIRouter(tags=["exports"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
ZIP = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@router.post("/exports", status_code=201, responses=GUARDED_BODY)
def create_export(
    body: ExportOrder,
    principal: ProjectAdmin,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ExportDetails:
    """Export masks that people approved, with their images. This fixes the selection of masks."""
    export = service.create(session, state, principal, body, idempotency_key)
    return service.details(session, export)


@router.post("/exports/preview", responses=GUARDED_BODY)
def preview_export(
    body: ExportOrder, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> ExportPreview:
    """Preview an export; nothing is created."""
    rule = service.text_rule(state.settings, body)
    selection.assign_splits(session, principal.project, body.filters)
    names = (
        selection.lesion_names(session, principal.project, body.filters, rule)
        if body.lesion_names
        else []
    )
    return ExportPreview(
        counts=selection.count(session, principal.project, body.filters, rule),
        may_include_suspected_text=service.may_include(state.settings),
        lesion_names=names,
    )


@router.get("/exports", responses=GUARDED)
def list_exports(
    principal: ProjectAdmin, session: DatabaseRead, cursor: Cursor = None, limit: Limit = 50
) -> Page[ExportDetails]:
    """List the exports of a project, newest first."""
    found = service.recent(session, principal.project, id_in_cursor(cursor), limit + 1)
    return page_of(found, limit, lambda rows: [service.details(session, row) for row in rows])


# `:uuid`, so that "preview" in /exports/preview does not match as an export's id.
@router.get("/exports/{export_id:uuid}", responses=ONE)
def get_export(export_id: UUID, principal: Admin, session: DatabaseRead) -> ExportDetails:
    """Return one export and its progress."""
    return service.details(session, service.find(session, export_id))


@router.delete("/exports/{export_id:uuid}", status_code=204, responses=ONE)
def delete_export(
    export_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """Delete an export and its archive; if it is being written, it is stopped."""
    service.remove(session, state, principal, export_id)


@router.post("/exports/{export_id:uuid}/cancel", responses={**ONE, **responses(409)})
def cancel_export(
    export_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> ExportDetails:
    """Stop a waiting or running export; what was written is removed."""
    return service.details(session, service.cancel(session, state, principal, export_id))


@router.get(
    "/exports/{export_id}/archive",
    response_class=Response,
    responses={
        200: ZIP,
        206: {"description": "Partial Content", **ZIP},
        304: {"description": "Not modified"},
        **ONE,
        **responses(409, 410, 416),
    },
)
def get_archive(
    export_id: UUID,
    request: Request,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
    range_: Annotated[
        str | None,
        Header(
            alias="Range", max_length=200, description="One range of bytes, to resume a download."
        ),
    ] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
) -> Response:
    """Return the archive as a ZIP. An interrupted download can be resumed with `Range`."""
    export = service.find(session, export_id)
    service.refuse_expired(export)
    if export.size_bytes is None:
        raise Problem(409, "not-finished", "This export is not finished; wait for its job.")
    size, etag = export.size_bytes, f'"{export.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": REVALIDATE,
        "Content-Disposition": f'attachment; filename="sonoloop-{export.format}-{export.id}.zip"',
    }
    if unchanged(request, etag):
        return Response(status_code=304, headers=headers)
    start, end, status = 0, size, 200
    wanted = byte_range(range_, size) if range_ and if_range in (None, etag) else None
    if wanted:
        (start, end), status = wanted, 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if start == 0 and not is_head(request):
        audit.record(
            session, state.site_key, principal.actor, "export.downloaded", "export", export_id
        )
    headers["Content-Length"] = str(end - start)
    pieces = service.archive(session, state.blobs, export, start, end)
    still = partial(service.require_still, state, export_id)
    return StreamingResponse(
        while_allowed(request, state, ADMIN, pieces, still),
        status,
        headers,
        "application/zip",
    )


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the last byte + 1 of a ``Range`` header (RFC 9110, 14.1.2).

    None if the header must be ignored: several ranges, another unit, or invalid.

    Raises:
        Problem: 416 if the archive has no byte of the range.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise Problem(
            416,
            "range-not-satisfiable",
            f"The archive has {size} bytes; ask for a range within it.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end
