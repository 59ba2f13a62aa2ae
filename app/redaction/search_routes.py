"""``/text-search``: searching for text in pictures that were stored without a search."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.redaction import search
from app.redaction.schemas import NewTextSearch, TextSearch

router = APIRouter(prefix="/text-search", tags=["redaction"], route_class=GuardedRoute)


@router.get("", responses=GUARDED)
def get_text_search(principal: ProjectAdmin, session: DatabaseRead) -> TextSearch:
    """Number of images never searched for text, and the progress of the last search."""
    return search.details(session, principal)


@router.post("", status_code=202, responses={**GUARDED_BODY, **responses(409)})
def search_text(
    body: NewTextSearch, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> TextSearch:
    """Look for text in every stored image of a project that was never searched.

    A worker does it beside its other work. Areas that look like text are marked as suspected. A
    project has one search at a time; a request while it runs returns that one.
    """
    search.order(session, state, principal, body)
    return search.details(session, principal)


@router.delete("", responses={**GUARDED, **responses(409)})
def cancel_text_search(
    principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> TextSearch:
    """Stop the search; what it has found so far stays."""
    search.cancel(session, state, principal)
    return search.details(session, principal)
