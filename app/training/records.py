"""Folders of ended runs: each contains pictures of the pool, and must not stay."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.core.database import Database
from app.core.ids import now
from app.core.settings import Settings
from app.jobs.tables import Job, JobState
from app.training.tables import TrainingRun

log = logging.getLogger(__name__)


def run_folder(settings: Settings, run_id: UUID) -> Path:
    """Return the folder of a run on the machine that trains."""
    return settings.data_dir / "training" / str(run_id)


def drop_leftovers(database: Database, settings: Settings) -> int:
    """Delete this machine's folders of runs that are over; return how many.

    A worker deletes its run's folder itself, unless it died: its run was then given up or
    cancelled. A run that may be retried can resume from its folder for as long as failed uploads
    are kept.
    """
    root = settings.data_dir / "training"
    if not root.is_dir():
        return 0
    kept_since = now() - timedelta(seconds=settings.failed_upload_seconds)
    query = (
        select(TrainingRun.id)
        .join(Job, Job.id == TrainingRun.job_id)
        .where(
            or_(
                Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
                and_(Job.retryable.is_(True), Job.finished_at > kept_since),
            )
        )
    )
    before = list(root.iterdir())
    with database.read() as session:
        kept = {str(run_id) for run_id in session.scalars(query)}
    gone = [folder for folder in before if folder.name not in kept]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
        log.info("training run %s is over; its folder was deleted", folder.name)
    return len(gone)
