"""``/label-sets``: the classes of lesions and the attributes of lesions and images."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, AnywhereReader, GuardedRoute, SiteAdmin
from app.accounts.idempotency import IdempotencyKey
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.label_sets import service
from app.label_sets.ready import READY
from app.label_sets.schemas import (
    LabelSetChoice,
    LabelSetDetails,
    LabelSetList,
    LabelSetUpdate,
    NewLabelSet,
    ReadySet,
    ReadySetList,
)

router = APIRouter(tags=["label sets"], route_class=GuardedRoute)

ONE = GUARDED | responses(404)


@router.get("/label-sets", responses=GUARDED)
def list_label_sets(principal: AnywhereReader, session: DatabaseRead) -> LabelSetList:
    """Sets that the caller's projects follow, with classes and attributes; site admins see all."""
    found = (
        service.every(session)
        if principal.user.site_admin
        else service.followed(session, principal)
    )
    return LabelSetList(items=service.details(session, *found))


@router.get("/ready-label-sets", responses=GUARDED)
def list_ready_label_sets(principal: SiteAdmin) -> ReadySetList:
    """Sets that come with the program; `POST /label-sets` can start from one by its key."""
    return ReadySetList(
        items=[
            ReadySet(
                key=one.key,
                name=one.name,
                source=one.source,
                classes=len(one.classes),
                attributes=len(one.attributes),
            )
            for one in READY
        ]
    )


@router.post("/label-sets", status_code=201, responses=GUARDED_BODY)
def create_label_set(
    body: NewLabelSet,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> LabelSetDetails:
    """Make a set; no project follows it until it is chosen."""
    made = service.make(session, state, principal, body, idempotency_key)
    return service.details(session, made)[0]


@router.put("/label-sets/{label_set_id}", responses=GUARDED_BODY | responses(404, 409))
def change_label_set(
    label_set_id: UUID,
    body: LabelSetUpdate,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> LabelSetDetails:
    """Replace a set's contents. A class used by drawings cannot be deleted, only archived."""
    changed = service.change(session, state, principal, label_set_id, body)
    return service.details(session, changed)[0]


@router.put("/projects/{project_id}/label-set", responses=GUARDED_BODY | responses(404, 409))
def choose_label_set(
    project_id: UUID,
    body: LabelSetChoice,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> LabelSetDetails:
    """Check a project's new drawings against this set; existing drawings keep their classes."""
    found = service.follow(session, state, principal, project_id, body.label_set_id)
    return service.details(session, found)[0]
