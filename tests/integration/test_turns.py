"""People's jobs take turns, however many each has queued, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.accounts.tables import User
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE, BrokerClient
from app.core.database import Database
from app.core.database_cli import upgrade
from app.core.ids import new_id, now
from app.core.settings import Settings
from app.jobs.tables import Job, JobKind, JobState
from app.jobs.turns import AWAITED_STEP, OTHER_STEP, insert_in_turn, next_turn
from app.projects.tables import DEFAULT_PROJECT
from tests.integration.servers import Postgres
from worker.tasks.lease import NEXT, Lease

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@dataclass
class Queue:
    """A database with jobs, and a worker's method of taking them."""

    database: Database
    broker: BrokerClient

    def person(self) -> UUID:
        user = User(id=new_id(), name="A. Person", email=f"{new_id().hex}@x.org")
        with self.database.write() as session:
            session.add(user)
        return user.id

    def send(
        self, owner: UUID, count: int = 1, *, waits: bool = False, kind: JobKind = JobKind.INGEST
    ) -> list[UUID]:
        """Queue jobs as an upload or another action of a person does, and return their ids."""
        queue = BACKGROUND_QUEUE if kind == JobKind.EXPORT else SEGMENT_QUEUE
        awaited = waits or kind != JobKind.INGEST
        jobs = [
            Job(
                id=new_id(),
                project_id=DEFAULT_PROJECT,
                owner_id=owner,
                kind=kind,
                queue=queue,
                awaited=awaited,
            )
            for _ in range(count)
        ]
        with self.database.write() as session:
            for job in jobs:
                insert_in_turn(session, job)
        return [job.id for job in jobs]

    def take(self, queue: str = SEGMENT_QUEUE) -> Lease | None:
        return Lease.take(self.database, self.broker, queue, 30)

    def end(self, lease: Lease) -> None:
        with self.database.write() as session:
            lease.claim(session, state=JobState.DONE, lease_token=None, lease_until=None)

    def owners(self, most: int = 1_000) -> list[UUID]:
        """Run the waiting jobs one by one, and return their owners in that order."""
        order = []
        while len(order) < most and (lease := self.take()):
            order.append(lease.job.owner_id)
            self.end(lease)
        return order


@pytest.fixture(params=["sqlite", "postgresql"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queue]:
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url=url, redis_url=NOBODY_LISTENS
    )
    upgrade(settings)
    database, broker = Database(settings.database), BrokerClient(settings)
    yield Queue(database, broker)
    broker.close()
    database.dispose()


def test_one_image_comes_next_though_hundreds_of_another_person_wait(queue: Queue) -> None:
    many, one = queue.person(), queue.person()
    queue.send(many, 400)
    for _ in range(5):
        lease = queue.take()
        assert lease
        queue.end(lease)
    running = queue.take()
    assert running and running.job.owner_id == many
    queue.send(one, waits=False)
    assert one in queue.owners(most=2)


def test_two_with_many_take_turns_and_the_past_does_not_count(queue: Queue) -> None:
    first, second = queue.person(), queue.person()
    queue.send(first, 60)
    assert set(queue.owners(most=40)) == {first}
    queue.send(second, 20)
    order = queue.owners()
    assert len(order) == 40
    for start in range(0, 38, 2):
        assert set(order[start : start + 4]) == {first, second}, order


def test_a_person_who_always_has_one_more_does_not_starve_others(queue: Queue) -> None:
    busy, other = queue.person(), queue.person()
    queue.send(other, 3)
    queue.send(busy, 2, waits=True)
    order: list[UUID] = []
    while other in (waiting := owners_waiting(queue)) and len(order) < 100:
        assert waiting
        lease = queue.take()
        assert lease
        order.append(lease.job.owner_id)
        if lease.job.owner_id == busy:
            queue.send(busy, waits=True)
        queue.end(lease)
    assert order.count(other) == 3
    assert len(order) <= 3 * (OTHER_STEP // AWAITED_STEP + 1) + 3


def owners_waiting(queue: Queue) -> set[UUID]:
    with queue.database.read() as session:
        return set(session.scalars(select(Job.owner_id).where(Job.state == JobState.QUEUED)))


def test_what_a_person_waits_for_comes_before_their_own_bulk(queue: Queue) -> None:
    person = queue.person()
    queue.send(person, 20)
    running = queue.take()
    assert running
    (asked,) = queue.send(person, waits=True)
    saved = queue.send(person, kind=JobKind.MEASURE)
    following = [queue.take(), queue.take()]
    assert {lease.job.id for lease in following if lease} == {asked, *saved}


def test_a_queue_takes_its_own_kinds_only(queue: Queue) -> None:
    person = queue.person()
    (export,) = queue.send(person, kind=JobKind.EXPORT)
    assert queue.take(SEGMENT_QUEUE) is None
    (image,) = queue.send(person)
    lease, long = queue.take(SEGMENT_QUEUE), queue.take(BACKGROUND_QUEUE)
    assert lease and long
    assert (lease.job.id, long.job.id) == (image, export)


def test_a_job_given_back_waits_a_moment_and_then_comes_first(queue: Queue) -> None:
    person = queue.person()
    first, second = queue.send(person, 2)
    lease = queue.take()
    assert lease and lease.job.id == first
    lease.give_back()
    following = queue.take()
    assert following and following.job.id == second
    assert queue.take() is None
    with queue.database.write() as session:
        session.execute(update(Job).values(lease_until=now() - timedelta(seconds=1)))
    again = queue.take()
    assert again and again.job.id == first and again.job.attempts == 2


def test_one_that_is_queued_anew_comes_behind_todays_clock_not_yesterdays(queue: Queue) -> None:
    first, second = queue.person(), queue.person()
    queue.send(first, 30)
    *_, last = queue.send(first)
    queue.owners()
    queue.send(second, 3)  # the clock is at 0 again because nothing was waiting
    with queue.database.write() as session:
        job = session.get_one(Job, last)
        job.state, job.turn = JobState.QUEUED, next_turn(job)
    assert first in queue.owners(most=2)


def test_many_workers_take_every_job_once(queue: Queue) -> None:
    sent = {job for _ in range(4) for job in queue.send(queue.person(), 25)}

    def work(_: int) -> list[UUID]:
        mine = []
        while lease := queue.take():
            mine.append(lease.job.id)
        return mine

    with ThreadPoolExecutor(8) as workers:
        taken = [job for mine in workers.map(work, range(8)) for job in mine]
    assert len(taken) == len(sent)
    assert set(taken) == sent


def test_neither_queueing_nor_taking_reads_the_whole_queue(queue: Queue) -> None:
    """The query plans use every column of the indices: no sort, no scan."""
    if not queue.database.is_sqlite:
        pytest.skip("the planner of PostgreSQL scans small tables whatever there is")
    plans = []
    next_job = select(NEXT).params(from_queue=SEGMENT_QUEUE, at=now())
    job = Job(
        project_id=DEFAULT_PROJECT,
        owner_id=new_id(),
        kind=JobKind.INGEST,
        queue=SEGMENT_QUEUE,
        awaited=False,
    )
    with queue.database.read() as session:
        for statement in (select(next_turn(job)), next_job):
            sql = statement.compile(queue.database.engine, compile_kwargs={"literal_binds": True})
            rows = session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))
            plans += [row.detail for row in rows]
    reads = [plan for plan in plans if "TABLE" in plan or "job" in plan.lower()]
    assert len(reads) >= 5, plans
    assert all("SEARCH" in plan and "INDEX ix_job_" in plan for plan in reads), plans
    assert not [plan for plan in plans if "TEMP B-TREE" in plan], plans
