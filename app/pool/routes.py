"""``/pool``: the training pool in numbers."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import ProjectReviewer, SiteAdmin
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseRead
from app.pool import measures, service, use
from app.pool.schemas import LabelSetUse, PoolDetails

router = APIRouter(tags=["pool"])


@router.get("/pool", responses=GUARDED)
def get_pool(principal: ProjectReviewer, state: AppState, session: DatabaseRead) -> PoolDetails:
    """Counts, sizes, sources and balance of a project's approved masks."""
    measures.take_note(state.database)
    return service.details(session, principal.project)


@router.get(
    "/label-sets/{label_set_id}/use", tags=["label sets"], responses=GUARDED | responses(404)
)
def get_label_set_use(
    label_set_id: UUID, principal: SiteAdmin, session: DatabaseRead
) -> LabelSetUse:
    """Counts of lesions by class and attribute: those in use are archived, not deleted."""
    return use.of_label_set(session, label_set_id)
