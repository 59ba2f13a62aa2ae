"""``/imports``: labels drawn elsewhere."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin
from app.accounts.idempotency import IdempotencyKey
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite, State
from app.core.uploads import form_body, received
from app.imports import service
from app.imports.schemas import Apply, ImportDetails

router = APIRouter(tags=["imports"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


@router.post(
    "/imports",
    status_code=202,
    responses=GUARDED | responses(400, 413, 415, 429, 507),
    openapi_extra=form_body(),
)
async def create_import(
    request: Request,
    principal: ProjectAdmin,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ImportDetails:
    """Send a ZIP of images and labels. It is checked first; nothing is stored until `apply`."""
    most = state.settings.max_import_bytes
    async with received(request, "the archive", most) as (upload, _):
        import_id = await run_in_threadpool(
            service.accept, state, principal, upload, idempotency_key
        )
    return await run_in_threadpool(_details, state, import_id)


def _details(state: State, import_id: UUID) -> ImportDetails:
    with state.database.read() as session:
        return service.details(session, service.find(session, import_id))


@router.get("/imports", responses=GUARDED)
def list_imports(
    principal: ProjectAdmin, session: DatabaseRead, cursor: Cursor = None, limit: Limit = 50
) -> Page[ImportDetails]:
    """List the imports of a project, newest first."""
    found = service.recent(session, principal.project, id_in_cursor(cursor), limit + 1)
    return page_of(found, limit, lambda rows: [service.details(session, row) for row in rows])


@router.get("/imports/{import_id}", responses=ONE)
def get_import(import_id: UUID, principal: Admin, session: DatabaseRead) -> ImportDetails:
    """Return one import with its report."""
    return service.details(session, service.find(session, import_id))


@router.post(
    "/imports/{import_id}/apply", status_code=202, responses=GUARDED_BODY | responses(404, 409)
)
def apply_import(
    import_id: UUID, body: Apply, principal: Admin, session: DatabaseWrite, state: AppState
) -> ImportDetails:
    """Store the labels that passed the check as revisions of the caller. `mapping` assigns classes
    that the project's label set does not have; no class is guessed."""
    found = service.apply(session, state, principal, import_id, body)
    return service.details(session, found)


@router.delete("/imports/{import_id}", status_code=204, responses=ONE)
def delete_import(
    import_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """Delete an import's archive and report; what it stored stays."""
    service.remove(session, state, principal, import_id)
