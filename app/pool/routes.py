"""``/pool``: the training pool in numbers."""

from fastapi import APIRouter

from app.accounts.access import ProjectReviewer
from app.core.problems import GUARDED
from app.core.state import AppState, Reading
from app.pool import measures, service
from app.pool.schemas import PoolDetails

router = APIRouter(tags=["pool"])


@router.get("/pool", responses=GUARDED)
def get_pool(principal: ProjectReviewer, state: AppState, session: Reading) -> PoolDetails:
    """Counts, sizes, sources and balance of a project's approved masks."""
    measures.take_note(state.database)
    return service.details(session, principal.project)
