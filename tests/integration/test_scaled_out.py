"""The setup of docker-compose.yml: two API processes and two workers on PostgreSQL, S3 and Valkey.

Each process has its own data folder, as on separate machines, and they share data only through the
three servers.
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.accounts.service import first_admin
from app.accounts.tables import User
from app.core.blobs import open_blobs
from app.core.database import Database
from app.images.tables import Frame, Image, frame_key, mask_key, overlay_key, thumbnail_key
from app.jobs.tables import Job, JobState
from app.masks.tables import Mask
from app.site.records import verified_site_key
from app.status.records import fresh
from tests.behaviour.masks.sending import listening
from tests.integration.servers import ObjectStore, Postgres
from tests.processes import Processes, wait_until
from tests.running_site import model_blobs
from tests.synthetic import ultrasound_png

SITE_KEY = "one site key for every machine of this site"


class Machines(Processes):
    """Processes that share no folder."""

    def _start(self, name: str, module: list[str], **environment: str) -> subprocess.Popen[bytes]:
        own = self.folder / f"machine-{len(self.running)}"
        return super()._start(name, module, **{"SONOLOOP_DATA_DIR": str(own), **environment})

    def prepare(self) -> str:
        """Run what the compose file's one-shot service runs, and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app.serve.prepare"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def on_servers(folder: Path, database: Postgres, store: ObjectStore) -> Iterator[Machines]:
    """Yield machines on these servers, with an empty database."""
    site = Machines(
        folder, database_url=database.new_database(), site_key=SITE_KEY, **store.settings()
    )
    try:
        yield site
    finally:
        site.close()


def make_ready(site: Machines) -> Machines:
    """Start the broker, migrate the database and create the first admin."""
    site.start_broker()
    site.migrate()
    database = Database(site.settings.database)
    first_admin(database, site.settings, verified_site_key(database, site.settings))
    database.dispose()
    return site


@pytest.fixture
def unprepared(tmp_path: Path, postgres: Postgres, object_store: ObjectStore) -> Iterator[Machines]:
    """Machines on the servers that all tests share, with an empty database."""
    with on_servers(tmp_path / "site", postgres, object_store) as site:
        yield site


@pytest.fixture
def machines(unprepared: Machines) -> Machines:
    """Prepared machines with a broker; the test starts the API and the workers."""
    return make_ready(unprepared)


@pytest.fixture
def database_server() -> Iterator[Postgres]:
    """A PostgreSQL server for this test alone, which may kill it."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def mortal(
    tmp_path: Path, database_server: Postgres, object_store: ObjectStore
) -> Iterator[Machines]:
    """Like `machines`, on a database server that the test may kill."""
    with on_servers(tmp_path / "site", database_server, object_store) as site:
        yield make_ready(site)


def client(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def send(api: httpx.Client, seed: int) -> str:
    """Upload one of the test's images without waiting and return the job's id."""
    answer = api.post(
        "/segment?wait=0",
        content=ultrasound_png(240, 320, seed=seed),
        headers={"Idempotency-Key": f"image-{seed}"},
    )
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json().get("id") or answer.json()["job_id"])


def result(api: httpx.Client, job_id: str, seconds: float = 120) -> dict[str, Any]:
    """Wait until the job has ended and return it; tolerate a short outage of API or database."""

    def ended() -> dict[str, Any] | None:
        try:
            answer = api.get(f"/jobs/{job_id}")
        except httpx.HTTPError:
            return None
        if answer.status_code == 503:
            return None
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.json()["state"] in ("done", "failed") else None

    return dict(wait_until(ended, seconds, f"for job {job_id}"))


def assert_consistent(site: Machines, jobs: set[str]) -> None:
    """Check that each job has one result and that the blobs are exactly those that rows name."""
    database, blobs = Database(site.settings.database), open_blobs(site.settings)
    with database.read() as session:
        states = {str(job.id): job.state for job in session.scalars(select(Job))}
        assert set(states) == jobs
        assert set(states.values()) == {JobState.DONE}
        counts = session.execute(select(Mask.job_id, func.count()).group_by(Mask.job_id)).all()
        assert {str(job_id): count for job_id, count in counts} == dict.fromkeys(jobs, 1)
        assert session.scalar(select(func.count()).select_from(Frame)) == len(jobs)
        named = {
            key
            for image in session.scalars(select(Image))
            for key in (frame_key(image.id, None), thumbnail_key(image.id, None))
        }
        masks = list(session.scalars(select(Mask)))
        named |= {mask_key(mask.image_id, mask.id) for mask in masks} | model_blobs(session)
        drawn = {overlay_key(mask.image_id, None, mask.id) for mask in masks}
    database.dispose()

    def swept() -> bool:  # overlays exist only if requested
        return {blob.key for blob in blobs.list()} - drawn == named

    wait_until(swept, what="for the sources to be swept")


def test_what_one_api_takes_another_gives_and_tells_of(machines: Machines) -> None:
    _, first_url = machines.start_api()
    _, second_url = machines.start_api()
    machines.start_worker()
    machines.start_worker()
    token = machines.token()
    with client(first_url, token) as first, client(second_url, token) as second:

        def ready() -> bool:
            return all(api.get("/readyz").status_code == 200 for api in (first, second))

        wait_until(ready, what="for both apis to be ready")
        with listening(second) as listener:
            jobs = {send(first, seed) for seed in range(8)}
            assert len(jobs) == 8
            for job_id, state in product(jobs, ("queued", "done")):
                listener.hears("job", partial(says, job_id, state), seconds=120)
        images = set()
        for job_id in jobs:
            done = result(second, job_id)
            assert done["state"] == "done", str(done)
            image_id = done["image_id"]
            images.add(image_id)
            for what in ("frame", "mask", "overlay", "thumbnail"):
                here, there = (api.get(f"/images/{image_id}/{what}") for api in (first, second))
                assert here.status_code == there.status_code == 200, (what, here.text)
                assert here.content == there.content
        assert len(images) == 8
        # The same idempotency key at the other API returns the same job.
        assert send(second, 0) in jobs
    database = Database(machines.settings.database)
    with database.read() as session:
        workers = {worker.host + str(worker.pid) for worker in fresh(session)}
    database.dispose()
    assert len(workers) == 2 * machines.settings.worker_concurrency
    assert_consistent(machines, jobs)


def says(job_id: str, state: str, told: dict[str, Any]) -> bool:
    """Return whether an event reports this job in this state."""
    return bool(told["id"] == job_id and told["state"] == state)


def passes(api: httpx.Client, check: str) -> bool:
    """Return whether this check of `/readyz` passes; a worker may take longer to recover."""
    return any(one["name"] == check and one["ok"] for one in api.get("/readyz").json()["checks"])


@pytest.mark.timeout(600)
def test_every_upload_ends_in_a_result_while_parts_of_every_kind_die(
    mortal: Machines, database_server: Postgres
) -> None:
    machines = mortal
    first_process, first_url = machines.start_api()
    _, second_url = machines.start_api()
    first_worker = machines.start_worker()
    machines.start_worker()
    token = machines.token()
    with client(first_url, token) as first, client(second_url, token) as second:
        wait_until(lambda: second.get("/readyz").status_code == 200, what="for readiness")
        with ThreadPoolExecutor(4) as pool:
            jobs = set(pool.map(lambda seed: send(first, seed), range(12)))
        machines.kill(first_process)
        machines.kill(first_worker)
        jobs |= {send(second, seed) for seed in range(12, 16)}
        assert machines.broker is not None
        machines.kill(machines.broker)
        machines.start_broker()
        database_server.kill()
        database_server.start()

        wait_until(partial(passes, second, "database"), what="for the database")
        machines.start_worker()  # as a process supervisor would, in place of the killed one
        jobs |= {send(second, seed) for seed in range(16, 20)}
        assert len(jobs) == 20
        for job_id in jobs:
            done = result(second, job_id)
            assert done["state"] == "done", str(done)
    # Killed workers leave orphaned blobs; other workers have produced their results.
    machines.run("sweep", "--older-than", "0")
    assert_consistent(machines, jobs)


def ends(machines: Machines) -> list[str]:
    """Return the errors of an API process and a worker that refuse to start."""
    environment = {**machines.environment, "SONOLOOP_PORT": "0"}
    said = []
    for module in (["app.serve.api"], ["app", "worker"]):
        command = [sys.executable, "-m", *module]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 1, done.stderr
        said.append(done.stderr)
    return said


def test_a_machine_with_another_site_key_is_refused(machines: Machines) -> None:
    machines.environment["SONOLOOP_SITE_KEY"] = "some other key, long enough to be a key"
    assert all("site key is not the one" in words for words in ends(machines))


def test_a_machine_says_what_an_unprepared_database_lacks(unprepared: Machines) -> None:
    unprepared.start_broker()
    for words in ends(unprepared):
        assert "sonoloop migrate" in words
        assert "Traceback" not in words


def test_preparing_twice_changes_nothing(unprepared: Machines) -> None:
    unprepared.prepare()

    def people() -> list[User]:
        database = Database(unprepared.settings.database)
        with database.read() as session:
            found = list(session.scalars(select(User)))
        database.dispose()
        return found

    (admin,) = people()
    assert unprepared.prepare() == "The database is ready.\n"
    assert [(one.id, one.password_hash) for one in people()] == [(admin.id, admin.password_hash)]
