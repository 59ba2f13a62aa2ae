"""``/text-search``: looking for text in pictures that were stored before a worker did."""

from fastapi import APIRouter

from app.accounts.access import GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.redaction import search
from app.redaction.schemas import NewTextSearch, TextSearch

router = APIRouter(prefix="/text-search", tags=["redaction"], route_class=GuardedRoute)


@router.get("", responses=GUARDED)
def get_text_search(principal: ProjectAdmin, session: DatabaseRead) -> TextSearch:
    """Number of images in which nobody has looked for text, and the progress of the last search."""
    return search.details(session, principal)


@router.post("", status_code=202, responses={**GUARDED_BODY, **responses(409)})
def search_text(
    body: NewTextSearch, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> TextSearch:
    """Look for text in every stored image of a project in which nobody has looked.

    A worker does it beside its other work. What looks like text is marked as suspected. One search
    of a project runs at a time; asking again while it does gives that one.
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
