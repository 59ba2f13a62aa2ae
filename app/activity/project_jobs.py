"""``/project-jobs``: all jobs of a project, for its admins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin
from app.activity import oversight
from app.activity.schemas import JobCounts, ProjectJob
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.jobs.tables import JobState

router = APIRouter(tags=["jobs"], route_class=GuardedRoute)

ACT = {**GUARDED, **responses(404, 409)}


@router.get("/project-jobs", responses=GUARDED)
def list_project_jobs(
    principal: ProjectAdmin,
    session: DatabaseRead,
    app_state: AppState,
    state: Annotated[
        JobState | None, Query(description="Default: jobs that wait, run or have failed.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ProjectJob]:
    """List everybody's jobs of a project, newest first."""
    key, before = app_state.site_key, id_in_cursor(cursor)
    jobs = oversight.listed(session, key, principal, state, before, limit + 1)
    return page_of(jobs, limit, list)


@router.get("/project-job-counts", responses=GUARDED)
def count_project_jobs(principal: ProjectAdmin, session: DatabaseRead) -> JobCounts:
    """Count a project's waiting, running and failed jobs."""
    return oversight.counts(session, principal.project)


@router.delete("/project-jobs/{job_id}", status_code=204, responses=ACT)
def cancel_project_job(
    job_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """Stop a waiting or running job of anybody in the project."""
    oversight.cancel(session, state, principal, job_id)


@router.post("/project-jobs/{job_id}/retry", status_code=202, responses=ACT)
def retry_project_job(
    job_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> ProjectJob:
    """Queue a job of anybody in the project again after a failure on our side."""
    return oversight.retry(session, state, principal, job_id)
