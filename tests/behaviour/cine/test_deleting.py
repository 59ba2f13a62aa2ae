"""Deletion on PostgreSQL, where two transactions can deadlock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.broker import BACKGROUND_QUEUE
from app.images.tables import Image
from app.jobs.tables import Job
from tests.behaviour.cine.conftest import Working, good
from tests.behaviour.dicom.test_calibrating_at_once import waiting
from tests.cines import cine_dicom, cine_frames
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.processes import wait_until
from tests.running_site import running_site
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, valkey: str, postgres: Postgres
) -> Iterator[Working]:
    folder = tmp_path_factory.mktemp("deleting")
    settings = fresh_settings(folder, valkey, database_url=postgres.new_database())
    with running_site(settings) as site:
        runtime = Runtime.open(settings)
        yield Working(site, runtime, site.browser(site.add_person()), site.browser("admin"))
        runtime.close()


@pytest.mark.parametrize("act", ["segment", "suggestions"])
def test_who_keeps_a_frame_holds_not_the_job_while_somebody_holds_the_image(
    on_postgresql: Working, act: str
) -> None:
    working, site = on_postgresql, on_postgresql.site
    frames = cine_frames(12, named=False)[0]
    image_id = working.stored(cine_dicom(frames if act == "segment" else frames[:, ::-1]))
    if act == "suggestions":
        runs = [0, 1000, 1, 60, 0, 192 * 256 - 1060]
        labels = {"width": 256, "height": 192, "runs": runs, "names": {}}
        new = {"parent_revision": 1, "labels": labels, "answer": "lesions", "seconds": 1}
        good(working.reader.post(f"/images/{image_id}/frames/0/masks", json=new))
        working.work()
    asked = {"frames": {}} if act == "segment" else {"first": 0, "last": 3}
    job = UUID(good(working.reader.post(f"/images/{image_id}/{act}", json=asked))["id"])
    with ThreadPoolExecutor(1) as pool:
        with site.database.write() as session:
            session.get_one(Image, image_id, with_for_update=True)
            at_work = pool.submit(run, working.runtime, BACKGROUND_QUEUE)
            wait_until(lambda: waiting(site), what="for the worker to wait for the image")
            free = select(Job.id).where(Job.id == job).with_for_update(skip_locked=True)
            assert session.scalar(free) == job
        assert at_work.result(120)
    finish_all()
    assert working.job(str(job))["state"] == "done"
