"""``/storage``: where the site's storage goes."""

from fastapi import APIRouter

from app.accounts.access import SiteAdmin
from app.core.problems import GUARDED
from app.core.state import AppState, DatabaseRead
from app.usage.schemas import SiteStorage
from app.usage.storage import storage

router = APIRouter(tags=["site settings"])


@router.get("/storage", responses=GUARDED)
def get_storage(principal: SiteAdmin, session: DatabaseRead, state: AppState) -> SiteStorage:
    """Bytes by project and by use, and how many of them could be freed."""
    return storage(session, state)
