"""Rows of evaluations, as the API stores them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts.tables import User
from app.core.broker import BACKGROUND_QUEUE
from app.core.ids import new_id, now
from app.evaluations.tables import Evaluation, FrozenSet, SetRole
from app.jobs.tables import Job, JobKind, JobState
from app.model_versions.tables import ModelVersion, Standing
from app.projects.tables import DEFAULT_PROJECT
from app.promotions.tables import PromotionRequest
from tests.running_site import Site


def add_evaluation(
    site: Site,
    owner: User,
    project_id: UUID = DEFAULT_PROJECT,
    *,
    model: str = "absent@2.0.0",
    serving: str = "absent@1.0.0",
    sets: tuple[UUID, ...] = (),
    verdict: dict[str, Any] | None = None,
) -> UUID:
    """Store an evaluation that is queued, or done with a verdict; return its id."""
    evaluation_id, job_id = new_id(), new_id()
    name, _, version = model.partition("@")
    serving_name, _, serving_version = serving.partition("@")
    with site.database.write() as session:
        job = Job(
            id=job_id,
            kind=JobKind.EVALUATE,
            queue=BACKGROUND_QUEUE,
            state=JobState.DONE if verdict else JobState.QUEUED,
            parameters={"evaluation_id": str(evaluation_id)},
            project_id=project_id,
            owner_id=owner.id,
        )
        evaluation = Evaluation(
            id=evaluation_id,
            project_id=project_id,
            job_id=job_id,
            created_by_id=owner.id,
            model_name=name,
            model_version=version,
            serving_name=serving_name,
            serving_version=serving_version,
            set_ids=[str(one) for one in sets],
            look=1,
            verdict=verdict,
        )
        for row in (job, evaluation):
            session.add(row)
            session.flush()
    return evaluation_id


def add_reference_set(site: Site, owner: User, project_id: UUID = DEFAULT_PROJECT) -> UUID:
    """Store a reference set without images; return its id."""
    set_id = new_id()
    with site.database.write() as session:
        session.add(
            FrozenSet(
                id=set_id,
                project_id=project_id,
                role=SetRole.REFERENCE,
                name=f"Set {set_id}",
                digest=set_id.hex * 2,
                items=[],
                counts={"images": 0, "patients": 0, "lesion_free": 0},
                created_by_id=owner.id,
            )
        )
    return set_id


def add_promotion_request(site: Site, owner: User, project_id: UUID = DEFAULT_PROJECT) -> UUID:
    """Store a request for a rejected version, made after all accounts were created; return its
    id."""
    request_id = new_id()
    with site.database.write() as session:
        if session.get(ModelVersion, ("absent", "2.0.0")) is None:
            session.add(
                ModelVersion(
                    name="absent",
                    version="2.0.0",
                    sha256="0" * 64,
                    card={},
                    standing=Standing.REJECTED,
                )
            )
            session.flush()
        session.add(
            PromotionRequest(
                id=request_id,
                project_id=project_id,
                everywhere=False,
                model_name="absent",
                model_version="2.0.0",
                serving_name="absent",
                serving_version="1.0.0",
                shut="It is worse.",
                reason="Needed.",
                created_by_id=owner.id,
                created_at=now() + timedelta(minutes=1),
            )
        )
    return request_id
