"""A week that differs from earlier ones raises one alarm; small numbers and equal weeks do not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE
from app.core.ids import new_id, now
from app.core.state import State
from app.drift import service
from app.drift.records import WEEK, last_week
from app.hooks.records import seal_secret
from app.hooks.tables import HookEvent, Webhook
from app.images.tables import Frame, Image, subject_with
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask, MaskSource
from app.projects.tables import DEFAULT_PROJECT, Project
from app.reviews.tables import Reading
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.promotions.confirming import let_serve
from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks.drift import values_of
from worker.tasks.run import finish_all, run


@pytest.fixture
def runtime(site: Site, tmp_path: Path) -> Iterator[Runtime]:
    with working(site) as opened:
        taken_in(opened, tmp_path, "1.0.0")
        yield opened


def images(site: Site, weeks_ago: int, patients: range, distance: float) -> list[str]:
    """Store an image of each patient in the middle of a past week, and return the ids."""
    owner, at = site.person(Role.ANNOTATOR), last_week() - weeks_ago * WEEK + timedelta(days=3)
    made = []
    for number in patients:
        image_id = site.add_image(owner)
        with site.database.write() as session:
            mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
            mask.created_at, mask.model_name, mask.model_version = at, "dark", "1.0.0"
            mask.result = {
                **(mask.result or {}),
                "domain_distance": distance + 0.01 * (number % 7),
                "out_of_domain": False,
            }
            patient = site.key.pseudonym(f"patient {number}")
            session.get_one(Image, image_id).subject_id = subject_with(
                session, DEFAULT_PROJECT, patient
            )
        made.append(str(image_id))
    return made


def look(site: Site, runtime: Runtime) -> None:
    """Sweep twice concurrently, then run a worker; the site's own sweeper may run in between."""
    state = State.open(site.settings)
    both = Barrier(2)

    def sweep() -> None:
        both.wait()
        service.look(state)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(sweep) for _ in range(2)]:
            done.result()
    assert the_job(site).state == JobState.QUEUED
    for minutes, after in ((59, JobState.FAILED), (61, JobState.QUEUED)):
        with site.database.write() as session:
            failed = session.get_one(Job, the_job(site).id)
            failed.state, failed.finished_at = JobState.FAILED, now() - timedelta(minutes=minutes)
        service.look(state)
        assert the_job(site).state == after, "one that failed is queued again after an hour"
    state.close()
    while run(runtime, BACKGROUND_QUEUE):
        finish_all()


def the_job(site: Site) -> Job:
    """Return the only job that checks the week."""
    with site.database.read() as session:
        return session.scalars(select(Job).where(Job.kind == JobKind.DRIFT)).one()


def aged(site: Site, runtime: Runtime) -> None:
    """Deploy a version, date the project before its images, and add a webhook."""
    admin = site.browser(Role.ADMIN)
    let_serve(site, admin, "dark@1.0.0")
    with site.database.write() as session:
        session.get_one(Project, DEFAULT_PROJECT).created_at = now() - 10 * WEEK
        hook = Webhook(
            project_id=DEFAULT_PROJECT,
            url="http://127.0.0.1:9/",
            events=[HookEvent.DRIFT],
            sealed_secret=b"",
            created_by_id=site.person(Role.ADMIN).id,
        )
        session.add(hook)
        session.flush()
        hook.sealed_secret = seal_secret(site.key, hook.id, "secret")


def test_a_week_that_is_unlike_raises_an_alarm_with_its_images(
    site: Site, runtime: Runtime
) -> None:
    aged(site, runtime)
    images(site, 1, range(24), 0.5)
    strange = images(site, 0, range(100, 112), 1.5)
    look(site, runtime)
    (week,) = site.browser(Role.ADMIN).get("/drift").json()["items"]
    assert (week["model"], week["images"], week["patients"], week["look"]) == (
        "dark@1.0.0",
        12,
        12,
        1,
    )
    (alarm,) = week["alarms"]
    assert alarm["measure"] == "distance"
    assert alarm["before"] == pytest.approx(0.53, abs=0.01)
    assert alarm["p"] < alarm["limit"] < 0.01
    assert set(alarm["images"]) == set(strange)
    with site.database.read() as session:
        messages = [
            job.parameters["message"]
            for job in session.scalars(select(Job).where(Job.kind == JobKind.HOOK))
            if job.parameters
        ]
    assert [(one["event"], one["measure"]) for one in messages] == [("drift", "distance")]
    assert set(messages[0]["image_ids"]) == set(strange)
    admin = site.browser(Role.ADMIN)
    assert admin.delete(f"/images/{strange[0]}").status_code == 204
    (week,) = admin.get("/drift").json()["items"]
    assert strange[0] not in week["alarms"][0]["images"]
    assert site.browser(Role.REVIEWER).get("/drift").status_code == 403


def test_equal_weeks_and_few_patients_raise_none(site: Site, runtime: Runtime) -> None:
    aged(site, runtime)
    images(site, 1, range(24), 0.5)
    images(site, 0, range(100, 109), 5.0)
    look(site, runtime)
    (week,) = site.browser(Role.ADMIN).get("/drift").json()["items"]
    assert (week["patients"], week["look"], week["alarms"]) == (9, 0, []), "nine patients"
    assert all(one["p"] is None for one in week["figures"])


def test_each_frame_of_a_cine_counts_as_it_was_handed_in(site: Site) -> None:
    """A reading refers to one of its masks; the cine's other masks are found by their frames."""
    owner, week = site.person(Role.ANNOTATOR), last_week()
    image_id = site.add_image(owner)
    submitted = week + timedelta(days=2)
    with site.database.write() as session:
        image = session.get_one(Image, image_id)
        image.frame_count = 3
        reading = Reading(
            id=new_id(), image_id=image_id, reader_id=owner.id, submitted_at=submitted
        )
        session.add(reading)
        outlined = [session.scalars(select(Mask).where(Mask.image_id == image_id)).one()]
        for index in (1, 2):
            frame = Frame(
                id=new_id(), image_id=image_id, index=index, width=32, height=24, blanked=[]
            )
            session.add(frame)
            session.flush()
            outlined.append(
                Mask(
                    id=new_id(),
                    image_id=image_id,
                    frame_id=frame.id,
                    revision=1,
                    source=MaskSource.MODEL,
                    result={"domain_distance": 0.5 + index},
                )
            )
            session.add(outlined[-1])
        for mask in outlined:
            mask.model_name, mask.model_version, mask.created_at = "dark", "1.0.0", week
        # For each frame: Dice of the revisions, and minutes before submission.
        for mask, drawn in zip(
            outlined, ([(0.9, 60)], [(0.2, 50), (0.6, 40)], [(0.8, 30), (0.1, -10)]), strict=True
        ):
            for revision, (dice, minutes) in enumerate(drawn, start=2):
                one = Mask(
                    id=new_id(),
                    image_id=image_id,
                    frame_id=mask.frame_id,
                    revision=revision,
                    source=MaskSource.HUMAN,
                    reading_id=reading.id,
                    prediction_id=mask.id,
                    dice=dice,
                    untouched=False,
                    created_at=submitted - timedelta(minutes=minutes),
                )
                session.add(one)
                session.flush()
                if minutes == 60:
                    reading.submitted_mask_id = one.id
    with site.database.read() as session:
        found, images = values_of(
            session, DEFAULT_PROJECT, ("dark", "1.0.0"), (week, week + WEEK), 100
        )
    assert sorted(one.value for one in found["dice"]) == [0.6, 0.8, 0.9]
    assert [one.value for one in found["corrected"]] == [1.0] * 3
    assert sorted(one.value for one in found["distance"]) == [1.5, 2.5]
    assert {one.image for one in images} == {str(image_id)}
    assert {one.patient for one in found["dice"]} == {image_id}, "still one patient"
