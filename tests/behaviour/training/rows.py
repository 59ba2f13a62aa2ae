"""The row of a training run, as the API stores it."""

from uuid import UUID

from app.accounts.tables import User
from app.core.broker import TRAIN_QUEUE
from app.core.ids import new_id
from app.jobs.tables import Job, JobKind
from app.projects.tables import DEFAULT_PROJECT
from app.training.tables import PoolSnapshot, TrainingRun
from tests.running_site import Site


def add_training_run(site: Site, owner: User, project_id: UUID = DEFAULT_PROJECT) -> UUID:
    """Store a queued run; return its id."""
    run_id, job_id, snapshot_id = new_id(), new_id(), new_id()
    with site.database.write() as session:
        for row in (
            Job(
                id=job_id,
                kind=JobKind.TRAIN,
                queue=TRAIN_QUEUE,
                parameters={"run_id": str(run_id)},
                project_id=project_id,
                owner_id=owner.id,
            ),
            PoolSnapshot(
                id=snapshot_id, project_id=project_id, digest="0" * 64, items=[], counts={}
            ),
            TrainingRun(
                id=run_id,
                project_id=project_id,
                job_id=job_id,
                snapshot_id=snapshot_id,
                created_by_id=owner.id,
                parent_name="absent",
                parent_version="1.0.0",
                model_name="absent-pool",
                model_version="1.0.0",
                epochs=1,
            ),
        ):
            session.add(row)
            session.flush()
    return run_id
