"""``GET /images``: the worklist."""

from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Header, Query

from app.accounts.access import GuardedRoute, ProjectReader
from app.core.pagination import Cursor, Limit
from app.core.problems import GUARDED
from app.core.state import AppState, DatabaseRead
from app.core.times import Time
from app.images.tables import ImageState
from app.local_labels.records import search
from app.projects.records import rules_of
from app.reviews.queues import Queue
from app.worklist import service
from app.worklist.schemas import ImagePage, LesionFilter, OwnerFilter, Sort, TextFilter
from app.worklist.search import classes_named

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.get("/images", responses=GUARDED)
def list_images(
    principal: ProjectReader,
    session: DatabaseRead,
    state: AppState,
    q: Annotated[
        str | None, Query(max_length=40, description="Beginning of a subject code or image id.")
    ] = None,
    image_state: Annotated[ImageState | None, Query(alias="state")] = None,
    model: Annotated[
        str | None, Query(max_length=120, description="`NAME` or `NAME@VERSION`.")
    ] = None,
    lesions: LesionFilter | None = None,
    text: Annotated[
        TextFilter | None, Query(description="What is known of text in the picture.")
    ] = None,
    owner: OwnerFilter = OwnerFilter.ALL,
    created_from: Time | None = None,
    created_to: Time | None = None,
    queue: Annotated[
        Queue | None, Query(description="Work that waits for the caller, by what is to be done.")
    ] = None,
    reader: Annotated[
        UUID | None, Query(description="Read by that person; annotators name themselves.")
    ] = None,
    text_search: Annotated[
        str | None,
        Header(
            alias="Sonoloop-Search",
            max_length=300,
            description="Part of a file's name, a case, a subject code, an image "
            "id, a note or the name of a class; percent-encoded UTF-8. In a header, "
            "because addresses are written into logs and histories.",
        ),
    ] = None,
    sort: Sort = Sort.PRIORITY,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ImagePage:
    """The worklist: images of a project that the caller may see, filtered and sorted."""
    wanted = unquote(text_search, errors="replace").replace("\0", "") if text_search else None
    named = search(session, state.site_key, principal.project, wanted) if wanted else []
    filters = service.Filters(
        wanted=wanted,
        named=named,
        classes=classes_named(session, principal.project, wanted) if wanted else [],
        q=q,
        state=image_state,
        model=model,
        lesions=lesions,
        text=text,
        owner=owner,
        created_from=created_from,
        created_to=created_to,
        queue=queue,
        reader=reader,
    )
    rules = rules_of(session, principal.project, state.settings)
    return service.worklist(
        session, state.site_key, principal, filters, sort, cursor, limit, rules=rules
    )
