"""Every accepted upload ends in one result or one clear failure, whatever fails on the way."""

import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import psutil
import pytest
from sqlalchemy import func, select

from app.core.blobs import FolderBlobs
from app.core.broker import redis_client
from app.core.database import Database
from app.images.tables import Frame, Image, frame_key, mask_key, overlay_key, thumbnail_key
from app.jobs.tables import Job, JobState, source_key
from app.masks.tables import Mask
from tests.disks import fill, small_disk
from tests.faults.conftest import Product, prepare
from tests.processes import Processes, children, opened, wait_until
from tests.running_site import frame_of, model_blobs
from tests.synthetic import png_bytes, ultrasound, ultrasound_png

LARGE = 3200
"""Side in px of an image that keeps a worker busy for half a second or more."""


def send(client: httpx.Client, data: bytes, key: str | None = None) -> str:
    """Upload without waiting and return the job's id."""
    headers = {"Idempotency-Key": key} if key else None
    answer = client.post("/segment?wait=0", content=data, headers=headers)
    assert answer.status_code in (200, 202), answer.text
    body = answer.json()
    return str(body.get("id") or body["job_id"])


def job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    answer = client.get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(client: httpx.Client) -> list[str]:
    """Return the ids of the jobs, newest first."""
    answer = client.get("/jobs")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def running(client: httpx.Client) -> list[str]:
    """Return the ids of the jobs that a worker is running."""
    answer = client.get("/jobs", params={"state": "running"})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def send_until_running(client: httpx.Client, data: bytes) -> str:
    """Upload, and return the job's id as soon as a worker runs it. The response is not awaited: it
    may come after the job's end."""
    sender = ThreadPoolExecutor(1)
    sender.submit(send, client, data)
    sender.shutdown(wait=False)
    return wait_until(lambda: running(client), what="for the upload to be worked on")[0]


def wait_state(client: httpx.Client, job_id: str, *states: str, seconds: float = 90) -> dict:
    """Wait until the job is in one of these states and return it."""

    def reached() -> dict[str, Any] | None:
        try:
            found = job(client, job_id)
        except httpx.HTTPError:
            return None
        return found if found["state"] in states else None

    return wait_until(reached, seconds, f"for {job_id} to be {states}")


def assert_consistent(site: Processes, jobs: list[str]) -> None:
    """Check that each job has one result, each blob a row, and each row its blobs."""
    database = Database(site.settings.database)
    blobs = FolderBlobs(site.folder / "blobs")
    keys = {blob.key for blob in blobs.list()}
    with database.read() as session:
        states = dict(session.execute(select(Job.id, Job.state)).all())
        assert {str(identifier) for identifier in states} >= set(jobs)
        assert all(JobState(state).final for state in states.values()), states
        per_job = session.execute(select(Mask.job_id, func.count()).group_by(Mask.job_id)).all()
        assert all(count == 1 for _, count in per_job)
        named = model_blobs(session)
        pictures = {}
        for image in session.scalars(select(Image)):
            picture = pictures[image.id] = frame_of(session, image.id).picture_id
            named |= {frame_key(image.id, picture), thumbnail_key(image.id, picture)}
            assert session.scalar(select(func.count()).where(Frame.image_id == image.id)) == 1
        for mask in session.scalars(select(Mask)):
            named.add(mask_key(mask.image_id, mask.id))
            overlay = overlay_key(mask.image_id, pictures[mask.image_id], mask.id)
            named |= {overlay} & keys  # drawn on first request
        for found in session.scalars(select(Job).where(Job.input_bytes > 0)):
            named.add(source_key(found.id))
    database.dispose()
    assert named <= keys, f"rows without blobs: {named - keys}"
    assert keys <= named, f"orphan blobs: {keys - named}"


def sweep_orphans(site: Processes) -> None:
    """Delete orphaned blobs now instead of after the sweeper's grace time."""
    site.sweep()


SEEDS = count(7)


@pytest.fixture
def large() -> bytes:
    """An image that no other test sends."""
    small = ultrasound(512, 512, seed=next(SEEDS)).pixels
    return png_bytes(cv2.resize(small, (LARGE, LARGE), interpolation=cv2.INTER_LINEAR))


def test_a_worker_child_killed_mid_job_costs_a_try_and_its_lease_is_not_waited_for(
    product: Product, large: bytes
) -> None:
    worker = product.worker(job_lease_seconds="3600")
    job_id = send_until_running(product.client, large)
    for child in children(worker.pid):
        child.kill()
    done = wait_state(product.client, job_id, "done")
    assert done["attempts"] == 2
    sweep_orphans(product.processes)
    assert_consistent(product.processes, [job_id])


def test_a_worker_killed_with_its_parent_is_replaced_by_another(
    product: Product, large: bytes
) -> None:
    worker = product.worker()
    job_id = send_until_running(product.client, large)
    orphans = children(worker.pid)
    product.processes.kill(worker)
    product.worker()
    wait_state(product.client, job_id, "done")
    wait_until(lambda: not any(p.is_running() and p.status() != "zombie" for p in orphans))
    sweep_orphans(product.processes)
    assert_consistent(product.processes, [job_id])


def test_an_image_that_kills_every_worker_ends_in_a_clear_failure(
    product: Product, large: bytes
) -> None:
    worker = product.worker()
    wait_state(product.client, send(product.client, ultrasound_png(seed=50)), "done")
    stop = threading.Event()

    def kill_whoever_runs() -> None:
        # Query the rows, not the API, which on a busy machine may answer after the job's end.
        database = Database(product.processes.settings.database)
        under_way = select(Job.id).where(Job.state == JobState.RUNNING)
        while not stop.is_set():
            with database.read() as session:
                found = session.scalars(under_way).all()
            if found:
                for child in children(worker.pid):
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            time.sleep(0.01)
        database.dispose()

    killer = threading.Thread(target=kill_whoever_runs)
    killer.start()
    try:
        job_id = send(product.client, large)
        failed = wait_state(product.client, job_id, "failed", "done", seconds=120)
    finally:
        stop.set()
        killer.join()
    assert failed["state"] == "failed"
    assert failed["attempts"] == 2
    assert failed["problem"]["code"] == "job-gave-up"
    assert "Send the image again" in failed["problem"]["detail"]
    assert failed["links"]["retry"] is None
    source = product.processes.folder / "blobs" / source_key(UUID(job_id))
    wait_until(lambda: not source.exists())  # it may name a patient
    assert product.client.post(f"/jobs/{job_id}/retry").status_code == 409
    again = send(product.client, large)
    wait_state(product.client, again, "done")
    sweep_orphans(product.processes)
    assert_consistent(product.processes, [job_id, again])


def decoders(worker: int) -> list[psutil.Process]:
    """Return a worker's decoder processes, the children of the one that forks them."""
    found = []
    for process in children(worker):
        with suppress(psutil.Error):
            parent = process.parent()
            if parent and "worker.decoding_process" in parent.cmdline():
                found.append(process)
    return found


def test_a_file_that_kills_its_decoder_ends_at_once_and_nothing_else_does(
    product: Product, large: bytes
) -> None:
    worker = product.worker()
    wait_state(product.client, send(product.client, ultrasound_png(seed=51)), "done")
    stop = threading.Event()
    before = {p: sum(p.cpu_times()[:2]) for p in decoders(worker.pid)}

    def crash_whoever_works() -> None:
        while not stop.wait(0.005):
            for process, used in before.items():
                with suppress(psutil.Error):
                    if sum(process.cpu_times()[:2]) > used + 0.05:
                        process.send_signal(signal.SIGSEGV)

    killer = threading.Thread(target=crash_whoever_works)
    killer.start()
    try:
        job_id = send(product.client, large)
        failed = wait_state(product.client, job_id, "failed", "done")
    finally:
        stop.set()
        killer.join()
    assert failed["state"] == "failed"
    assert failed["attempts"] == 1
    assert failed["problem"]["code"] == "decoder-stopped"
    assert failed["problem"]["status"] == 422
    assert failed["links"]["retry"] is None
    assert not (product.processes.folder / "blobs" / source_key(UUID(job_id))).exists()
    wait_state(product.client, send(product.client, ultrasound_png(seed=52)), "done")
    assert_consistent(product.processes, [job_id])


def test_a_broker_killed_with_its_memory_costs_time_only(product: Product) -> None:
    product.end_worker()
    jobs = [send(product.client, ultrasound_png(seed=seed)) for seed in range(60, 66)]
    broker = product.processes.broker
    assert broker
    product.processes.kill(broker)
    # The API accepts uploads while the broker is down.
    jobs.append(send(product.client, ultrasound_png(seed=99)))
    product.processes.start_broker()
    product.worker()
    for job_id in jobs:
        wait_state(product.client, job_id, "done")
    client = redis_client(product.processes.settings)
    client.flushall()
    late = send(product.client, ultrasound_png(seed=100))
    client.flushall()
    wait_state(product.client, late, "done")
    assert_consistent(product.processes, [*jobs, late])


def test_an_api_killed_between_upload_and_commit_leaves_nothing_behind(product: Product) -> None:
    product.end_worker()
    # A token's first use is stored; after that, only the job's row needs the lock.
    before = listed(product.client)
    # Another connection holds the write lock, so the API stops exactly between the two.
    blocker = sqlite3.connect(product.processes.folder / "sonoloop.sqlite3", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    uploads = product.processes.folder / "blobs" / "uploads"
    wait_until(lambda: not uploads.exists() or not any(uploads.iterdir()))
    failures: list[Exception] = []

    def upload() -> None:
        try:
            send(product.client, ultrasound_png(seed=70))
        except Exception as error:
            failures.append(error)

    sender = threading.Thread(target=upload)
    sender.start()
    wait_until(lambda: uploads.exists() and any(uploads.iterdir()), what="for the upload")
    product.processes.kill(product.api)
    sender.join()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert failures, "the client must have noticed"
    product.start_api_again()
    product.worker()
    kept = send(product.client, ultrasound_png(seed=71))
    wait_state(product.client, kept, "done")
    sweep_orphans(product.processes)
    assert_consistent(product.processes, [kept])
    assert listed(product.client) == [kept, *before]


def test_a_retry_with_the_same_key_after_a_killed_api_gives_one_job(product: Product) -> None:
    product.end_worker()
    data = ultrasound_png(seed=72)
    first = send(product.client, data, key="study-1-image-1")
    product.processes.kill(product.api)
    product.start_api_again()
    assert send(product.client, data, key="study-1-image-1") == first
    product.worker()
    wait_state(product.client, first, "done")
    assert_consistent(product.processes, [first])


def test_many_uploads_survive_a_storm_of_kills(product: Product) -> None:
    """Workers are killed repeatedly while images are uploaded."""
    site = product.processes
    product.end_worker()
    workers = [site.start_worker(), site.start_worker()]
    jobs = []
    for seed in range(80, 92):
        jobs.append(send(product.client, ultrasound_png(seed=seed)))
        if seed % 6 == 3:
            victim = workers.pop(0)
            site.kill(victim)
            workers.append(site.start_worker())
    for job_id in jobs:
        wait_state(product.client, job_id, "done", "failed", seconds=120)
    for worker in workers:
        site.kill_all_of(worker)
    sweep_orphans(site)
    assert_consistent(site, jobs)


def test_a_full_disk_refuses_clearly_and_recovers(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        for site in opened(tmp_path / "data", blob_url=disk.as_uri()):
            prepare(site)
            _, url = site.start_api()
            headers = {"Authorization": f"Bearer {site.token()}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
                site.start_worker()
                data = ultrasound_png(height=200, width=200, seed=1)
                wait_state(client, send(client, data), "done")
                filler = fill(disk, leave=4096)
                other = ultrasound_png(height=300, width=300, seed=2)
                refused = client.post("/segment?wait=0", content=other)
                assert refused.status_code == 507, refused.text
                assert refused.json()["code"] == "storage-full"
                # Room for the upload but not for its result: the job fails with the reason.
                filler.unlink()
                fill(disk, leave=len(other) + 16384)
                job_id = send(client, other)
                failed = wait_state(client, job_id, "failed")
                assert failed["problem"]["code"] == "storage-full"
                filler.unlink()
                assert client.post(f"/jobs/{job_id}/retry").status_code == 202
                wait_state(client, job_id, "done")


def test_nothing_is_left_of_a_request_that_must_not_be_stored(product: Product) -> None:
    product.worker()
    wait_state(product.client, send(product.client, ultrasound_png(seed=100)), "done")
    sweep_orphans(product.processes)
    blobs = FolderBlobs(product.processes.folder / "blobs")
    database = Database(product.processes.settings.database)

    def files() -> set[str]:
        return {blob.key for blob in blobs.list()}

    def rows() -> list[int]:
        count = select(func.count())
        with database.read() as session:
            tables = (Job, Image, Mask, Frame)
            return [session.scalar(count.select_from(table)) or 0 for table in tables]

    before = files(), rows()
    answer = product.client.post("/segment?store=false&wait=60", content=ultrasound_png(seed=101))
    assert answer.status_code == 200, answer.text
    assert answer.json()["mask_png_base64"]
    wait_until(lambda: (files(), rows()) == before, what="for the cleaning")
    database.dispose()
