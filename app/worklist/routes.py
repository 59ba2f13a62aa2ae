"""``GET /images``: the worklist."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.access import GuardedRoute, ProjectReader
from app.core.pagination import Cursor, Limit
from app.core.problems import GUARDED
from app.core.state import AppState, Reading
from app.core.times import Time
from app.images.tables import ImageState
from app.projects.records import rules_of
from app.reviews.queues import Queue
from app.worklist import service
from app.worklist.schemas import ImagePage, LesionFilter, OwnerFilter, Sort, TextFilter

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.get("/images", responses=GUARDED)
def list_images(
    principal: ProjectReader,
    session: Reading,
    state: AppState,
    q: Annotated[
        str | None, Query(max_length=40, description="Beginning of a subject code or image id.")
    ] = None,
    image_state: Annotated[ImageState | None, Query(alias="state")] = None,
    model: Annotated[str | None, Query(max_length=80)] = None,
    lesions: LesionFilter | None = None,
    text: Annotated[
        TextFilter | None, Query(description="What is known of text in the picture.")
    ] = None,
    owner: OwnerFilter = OwnerFilter.ALL,
    created_from: Time | None = None,
    created_to: Time | None = None,
    queue: Annotated[
        Queue | None, Query(description="What waits for the caller, by what is to be done.")
    ] = None,
    reader: Annotated[
        UUID | None, Query(description="Read by that person; annotators name themselves.")
    ] = None,
    sort: Sort = Sort.PRIORITY,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ImagePage:
    """The worklist: images of a project that the caller may see, filtered and sorted."""
    filters = service.Filters(
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
    own_too = rules_of(session, principal.project, state.settings).self_approval
    return service.worklist(session, principal, filters, sort, cursor, limit, own_too=own_too)
