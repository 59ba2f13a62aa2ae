"""`/healthz` for whatever restarts processes, `/readyz` for whatever sends them requests."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.access import Public
from app.core.problems import responses
from app.core.settings import VERSION
from app.core.state import AppState
from app.status.checks import all_checks, public
from app.status.monitor import Monitor
from app.status.schemas import CheckOut, Health, Readiness

router = APIRouter(tags=["status"], dependencies=[Public])
_making = threading.Lock()


def get_monitor(request: Request, state: AppState) -> Monitor:
    """Return the process's monitor, created on first use."""
    with _making:
        monitor = getattr(request.app.state, "monitor", None)
        if not isinstance(monitor, Monitor):
            monitor = request.app.state.monitor = Monitor(all_checks(state))
        return monitor


@router.get("/healthz", responses=responses(422))
async def healthz() -> Health:
    """This process answers. It checks nothing else, so it also answers without a database."""
    return Health(version=VERSION)


_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Readiness, "description": "Not ready; `fix` says what to do."},
    **responses(422),
}


@router.get("/readyz", responses=_NOT_READY)
def readyz(response: Response, monitor: Annotated[Monitor, Depends(get_monitor)]) -> Readiness:
    """Database, broker, blobs, a worker that answers, and a loaded model with its provider."""
    checks = monitor.report()
    answering = all(check.ok or check.answering for check in checks)
    if not answering:
        response.status_code = 503
    ready = all(check.ok for check in checks)
    return Readiness(
        status="ready" if ready else "degraded" if answering else "not ready",
        checks=[CheckOut(**public(check)) for check in checks],
    )
