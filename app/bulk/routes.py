"""``/bulk-acts``: one act on many images, and how to undo it."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, GuardedRoute, ProjectReader, ProjectWriter, Writer
from app.accounts.idempotency import IdempotencyKey
from app.bulk import kept, service
from app.bulk.schemas import BulkErased, BulkResult, BulkUndone, Deletion, NewBulkAct
from app.bulk.undo import undo
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.post("/bulk-acts", status_code=201, responses=GUARDED_BODY | responses(404))
def act_on_images(
    body: NewBulkAct,
    principal: ProjectWriter,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> BulkResult:
    """Assign, approve, archive or delete many images: those named, or all that match a filter.
    Annotators can delete what they may delete; the other acts are for reviewers.

    Each image is handled separately; images that the act does not apply to are skipped and counted
    by reason. Deleted images can be restored for some days.
    """
    return service.do(state, principal, body, idempotency_key)


@router.delete("/bulk-acts/{bulk_act_id}", responses=GUARDED | responses(404))
def undo_bulk_act(bulk_act_id: UUID, principal: Writer, state: AppState) -> BulkUndone:
    """Undo an act of your own for all its images on which nobody has worked since. Admins can also
    restore what others deleted."""
    return undo(state, principal, bulk_act_id)


@router.get("/deleted-images", responses=GUARDED | responses(404))
def list_deletions(
    principal: ProjectReader,
    session: DatabaseRead,
    state: AppState,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Deletion]:
    """List deletions that can still be undone, newest first: your own, or all if you are an
    admin."""
    found = kept.deletions(session, state, principal, id_in_cursor(cursor), limit + 1)
    return page_of(found, limit, list)


@router.post("/bulk-acts/{bulk_act_id}/erasure", responses=GUARDED | responses(404, 409))
def erase_deleted_images(bulk_act_id: UUID, principal: Admin, state: AppState) -> BulkErased:
    """Erase the images of a deletion for good before they are due."""
    return kept.erase_now(state, principal, bulk_act_id)
