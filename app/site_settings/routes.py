"""``/site-settings``: settings that an administrator changes while the site runs."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, SignedInAdmin, SiteAdmin
from app.core.problems import GUARDED, GUARDED_BODY
from app.core.state import AppState, DatabaseRead
from app.site_settings import service
from app.site_settings.records import follow
from app.site_settings.schemas import SiteSettings
from app.site_settings.values import Changeable

router = APIRouter(tags=["site settings"], route_class=GuardedRoute)


@router.get("/site-settings", responses=GUARDED)
def get_site_settings(principal: SiteAdmin, session: DatabaseRead, state: AppState) -> SiteSettings:
    """The settings that can be changed while the site runs, and where each value comes from."""
    return service.details(session, state)


@router.patch("/site-settings", responses=GUARDED_BODY)
def change_site_settings(
    body: Changeable, principal: SignedInAdmin, state: AppState
) -> SiteSettings:
    """Change settings, all or none. They apply at once in this process, within a second in other
    api processes, within five in the DICOM listener, and from the next job on in workers."""
    with state.database.write() as session:
        service.change(session, state, principal, body)
    follow(state)
    with state.database.read() as session:
        return service.details(session, state)
