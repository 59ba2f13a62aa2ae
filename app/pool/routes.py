"""``/pool``: the training pool in numbers."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.accounts.access import Guard, Principal, Scope
from app.accounts.tables import Role
from app.core.problems import GUARDED
from app.core.state import AppState, Reading
from app.pool import measures, service
from app.pool.schemas import PoolDetails

router = APIRouter(tags=["pool"])

REVIEWER_READ = Guard(Role.REVIEWER, Scope.READ)


@router.get("/pool", responses=GUARDED)
def get_pool(
    principal: Annotated[Principal, Depends(REVIEWER_READ)], state: AppState, session: Reading
) -> PoolDetails:
    """Counts, sizes, sources and balance of the approved masks."""
    measures.take_note(state.database)
    return service.details(session)
