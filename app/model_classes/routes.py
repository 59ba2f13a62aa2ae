"""``/models/{name}/{version}/classes``: where a model's classes go in a project."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.accounts.access import GuardedRoute, ProjectAdmin, ProjectReader
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.model_classes import service
from app.model_classes.schemas import ModelClassList, ModelClassTargets
from app.model_versions.service import version_of

Part = Annotated[str, Path(max_length=80)]

router = APIRouter(tags=["models"], route_class=GuardedRoute)


@router.get("/models/{name}/{version}/classes", responses=GUARDED | responses(404))
def get_model_classes(
    name: Part, version: Part, principal: ProjectReader, session: DatabaseRead
) -> ModelClassList:
    """Return the mapping of a version's classes to the project's."""
    model = version_of(session, f"{name}@{version}")
    return service.class_targets(session, principal.project, model)


@router.put("/models/{name}/{version}/classes", responses=GUARDED_BODY | responses(404))
def put_model_classes(
    name: Part,
    version: Part,
    body: ModelClassTargets,
    principal: ProjectAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> ModelClassList:
    """Set where they go, from the next answer on and for all versions of this model. The mapping
    of a class that is not named does not change."""
    model = version_of(session, f"{name}@{version}")
    service.set_class_targets(
        session, state.site_key, principal.actor, principal.project, model, body
    )
    return service.class_targets(session, principal.project, model)
