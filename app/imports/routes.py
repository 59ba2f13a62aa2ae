"""``/imports``: labels that were drawn elsewhere."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin
from app.accounts.idempotency import IdempotencyKey
from app.core.http import too_large
from app.core.pagination import Cursor, Limit, Page, encode_cursor, id_in_cursor
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, Reading, State, Writing
from app.core.uploads import digest_file, receive_form
from app.imports import service
from app.imports.schemas import Apply, ImportDetails

router = APIRouter(tags=["imports"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}


@router.post(
    "/imports",
    status_code=202,
    responses=GUARDED | responses(400, 413, 415, 429, 507),
    openapi_extra={"requestBody": BODY},
)
async def create_import(
    request: Request,
    principal: ProjectAdmin,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ImportDetails:
    """Send a ZIP of images and labels. It is checked first; nothing is stored before `apply`."""
    file, _ = await receive_form(request, "the archive")
    try:
        size, sha256 = await run_in_threadpool(digest_file, file)
        if size > state.settings.max_import_bytes:
            raise too_large(state.settings.max_import_bytes)
        import_id = await run_in_threadpool(
            service.accept, state, principal, file, size, sha256, idempotency_key
        )
    finally:
        await run_in_threadpool(file.close)
    return await run_in_threadpool(_details, state, import_id)


def _details(state: State, import_id: UUID) -> ImportDetails:
    with state.database.read() as session:
        return service.details(session, service.find(session, import_id))


@router.get("/imports", responses=GUARDED)
def list_imports(
    principal: ProjectAdmin, session: Reading, cursor: Cursor = None, limit: Limit = 50
) -> Page[ImportDetails]:
    """Imports of a project, newest first."""
    before = id_in_cursor(cursor)
    found = service.recent(session, principal.project, before, limit + 1)
    items = [service.details(session, entry) for entry in found[:limit]]
    more = len(found) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if more else None)


@router.get("/imports/{import_id}", responses=ONE)
def get_import(import_id: UUID, principal: Admin, session: Reading) -> ImportDetails:
    """One import with its report."""
    return service.details(session, service.find(session, import_id))


@router.post(
    "/imports/{import_id}/apply", status_code=202, responses=GUARDED_BODY | responses(404, 409)
)
def apply_import(
    import_id: UUID, body: Apply, principal: Admin, session: Writing, state: AppState
) -> ImportDetails:
    """Store what the check found good, as revisions of the caller. Lesions of classes that the
    project's label set does not have go where `mapping` says; none is guessed."""
    found = service.apply(session, state, principal, import_id, body)
    return service.details(session, found)


@router.delete("/imports/{import_id}", status_code=204, responses=ONE)
def delete_import(import_id: UUID, principal: Admin, session: Writing, state: AppState) -> None:
    """Delete an import's archive and report; what it stored stays."""
    service.remove(session, state, principal, import_id)
