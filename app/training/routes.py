"""``/training-runs``: training a candidate on a project's pool."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.training import service
from app.training.schemas import (
    NewTrainingRun,
    TrainingReadiness,
    TrainingRunDetails,
    TrainingRunList,
)

router = APIRouter(tags=["models"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


@router.get("/training-readiness", responses=GUARDED)
def get_readiness(
    principal: ProjectAdmin, session: DatabaseRead, state: AppState
) -> TrainingReadiness:
    """Return the pool that a run would train on now, what it lacks, and the consequences."""
    return service.readiness(session, state.settings, principal.project)


@router.get("/training-runs", responses=GUARDED)
def list_training_runs(principal: ProjectAdmin, session: DatabaseRead) -> TrainingRunList:
    """Runs of a project, newest first."""
    return TrainingRunList(items=service.recent(session, principal.project))


@router.post("/training-runs", status_code=202, responses=GUARDED_BODY | responses(409))
def start_training(
    body: NewTrainingRun, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> TrainingRunDetails:
    """Take a snapshot of the pool and train a candidate on it, with the default recipe."""
    return service.details(session, service.start(session, state, principal, body))


@router.get("/training-runs/{training_run_id}", responses=ONE)
def get_training_run(
    training_run_id: UUID, principal: Admin, session: DatabaseRead
) -> TrainingRunDetails:
    """One run with its curve."""
    return service.details(session, service.find(session, training_run_id))


@router.delete("/training-runs/{training_run_id}", responses=ONE | responses(409))
def cancel_training(
    training_run_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> TrainingRunDetails:
    """Stop a run. It ends within seconds, and nothing of it is kept."""
    run = service.cancel(session, state, principal, training_run_id)
    return service.details(session, run)
