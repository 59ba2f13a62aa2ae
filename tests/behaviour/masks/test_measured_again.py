"""A measurement that failed because of an internal error is repeated."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Select, select

from app.core.ids import now
from app.core.state import State
from app.housekeeping.sweeper import MEASURE_AGAIN, measure_again
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask
from tests.behaviour.masks.sending import save
from tests.running_site import Site, stored_result


@pytest.fixture
def state(shared_site: Site) -> Iterator[State]:
    """The state of an API process that sweeps."""
    state = State.open(shared_site.settings)
    yield state
    state.close()


@pytest.fixture
def mask_id(shared_site: Site) -> UUID:
    """A person's revision that is waiting to be measured."""
    image_id = shared_site.add_image(shared_site.person("annotator"))
    return UUID(save(shared_site.browser("annotator"), image_id, 1).json()["id"])


def measuring(mask_id: UUID) -> Select[Job]:
    return select(Job).where(Job.parameters["mask_id"].as_string() == str(mask_id))


def fail(site: Site, mask_id: UUID, age: timedelta) -> None:
    with site.database.write() as session:
        job = session.scalars(
            select(Job).where(Job.parameters["mask_id"].as_string() == str(mask_id))
        ).one()
        job.state, job.attempts, job.finished_at = JobState.FAILED, 3, now() - age
        job.problem = {"code": "storage-full"}


def job(site: Site, mask_id: UUID) -> Job:
    with site.database.read() as session:
        return session.scalars(
            select(Job).where(Job.parameters["mask_id"].as_string() == str(mask_id))
        ).one()


def test_one_that_failed_an_hour_ago_is_queued_again(
    shared_site: Site, state: State, mask_id: UUID
) -> None:
    fail(shared_site, mask_id, MEASURE_AGAIN + timedelta(minutes=1))
    assert measure_again(state) == 1
    again = job(shared_site, mask_id)
    assert (again.kind, again.state, again.attempts) == (JobKind.MEASURE, JobState.QUEUED, 0)
    assert again.problem is None
    assert measure_again(state) == 0


def test_one_that_has_just_failed_or_was_measured_by_another_job_is_left(
    shared_site: Site, state: State, mask_id: UUID
) -> None:
    fail(shared_site, mask_id, timedelta(minutes=1))
    assert measure_again(state) == 0
    fail(shared_site, mask_id, MEASURE_AGAIN + timedelta(minutes=1))
    with shared_site.database.write() as session:
        session.get_one(Mask, mask_id).result = stored_result()
    assert measure_again(state) == 0
    assert job(shared_site, mask_id).state == JobState.FAILED
