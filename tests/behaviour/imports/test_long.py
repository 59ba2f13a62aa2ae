"""Imports take as long as they need: the time limit is for jobs that a person waits for."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts.tables import Role
from app.jobs.tables import Job
from tests.behaviour.exports.rows import ellipses, speckle
from tests.behaviour.exports.test_killed import ended, site_of
from tests.behaviour.imports.sending import zipped
from worker.pipeline import encode_mask_png, encode_png

LIMIT_SECONDS = 1
IMAGES = 600


@pytest.mark.timeout(240)
def test_an_import_may_take_longer_than_a_job_that_somebody_waits_for(tmp_path: Path) -> None:
    image, mask = encode_png(speckle(1)), encode_mask_png(ellipses((20, 20)) > 0)
    files = {}
    for number in range(IMAGES):
        files[f"images/{number}.png"], files[f"masks/{number}.png"] = image, mask
    for processes, site in site_of(tmp_path / "data", job_time_limit_seconds=str(LIMIT_SECONDS)):
        admin = site.script(site.add_person(Role.ADMIN), "admin")
        sent = admin.post("/imports", files={"file": ("labels.zip", zipped(files))}).json()
        processes.start_worker("background")
        checked = ended(admin, sent["links"]["self"], "checked")
        assert (checked["checked"]["labels"], checked["checked"]["new_images"]) == (1, 1)
        with site.database.read() as session:
            job = session.scalars(select(Job)).one()
        assert job.started_at and job.finished_at
        assert (job.finished_at - job.started_at).total_seconds() > 1.5 * LIMIT_SECONDS
        assert job.attempts == 1
