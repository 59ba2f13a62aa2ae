"""An admin sees a project's waiting, running and failed jobs, and can retry or stop them."""

from datetime import timedelta
from uuid import UUID

from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.core.broker import SEGMENT_QUEUE
from app.core.ids import new_id, now
from app.images.tables import Image
from app.jobs.tables import Job, JobKind, JobState
from app.local_labels import records as local_labels
from app.local_labels.records import FAILED_SINCE, Label
from app.projects.tables import DEFAULT_PROJECT, TRASH
from tests.running_site import Site


def test_an_admin_tries_anybodys_failed_job_again_and_stops_a_running_one(
    shared_site: Site,
) -> None:
    reader, admin = shared_site.add_person(), shared_site.add_person(Role.ANNOTATOR)
    shared_site.add_member(DEFAULT_PROJECT, admin, Role.ADMIN)
    browser = shared_site.browser(admin)
    failed = shared_site.add_job(reader, JobState.FAILED)
    running = shared_site.add_job(reader, JobState.RUNNING)
    done = shared_site.add_job(reader, JobState.DONE)

    listed = {UUID(one["id"]): one for one in browser.get("/project-jobs").json()["items"]}
    assert listed[failed]["problem"]["detail"] == "The worker was lost."
    assert listed[failed]["owner"] == {"id": str(reader.id), "name": reader.name}
    assert listed[failed]["retryable"]
    assert running in listed
    assert done not in listed
    only = browser.get("/project-jobs", params={"state": "failed"}).json()["items"]
    assert {one["state"] for one in only} == {"failed"}
    before = browser.get("/project-job-counts").json()

    assert browser.post(f"/project-jobs/{failed}/retry").status_code == 202
    assert browser.delete(f"/project-jobs/{running}").status_code == 204
    assert browser.delete(f"/project-jobs/{running}").json()["code"] == "ended"
    assert browser.post(f"/project-jobs/{running}/retry").json()["code"] == "not-retryable"
    after = browser.get("/project-job-counts").json()
    assert (after["failed"], after["running"]) == (before["failed"] - 1, before["running"] - 1)
    with shared_site.database.read() as session:
        assert session.get_one(Job, failed).state == JobState.QUEUED
        assert session.get_one(Job, running).state == JobState.CANCELLED
        acted = session.query(AuditEvent).where(AuditEvent.actor_id == admin.id)
        assert {event.action for event in acted} == {"job.retried", "job.cancelled"}


def test_an_admin_reads_which_file_failed_and_nobody_else_does(shared_site: Site) -> None:
    reader, admin = shared_site.add_person(), shared_site.add_person(Role.ANNOTATOR)
    shared_site.add_member(DEFAULT_PROJECT, admin, Role.ADMIN)
    failed = shared_site.add_job(reader, JobState.FAILED)
    done = shared_site.add_job(reader, JobState.DONE)
    label = Label("Marvin/US 0042.dcm", "KH-77")
    with shared_site.database.write() as session:
        key = shared_site.key
        for job_id in (failed, done):
            local_labels.keep(session, key, DEFAULT_PROJECT, job_id, label)
        session.flush()
        image_id = session.get_one(Job, done).image_id
        assert image_id is not None
        local_labels.attach(session, done, image_id)
        # Its file is gone, because a damaged upload is deleted immediately.
        session.get_one(Job, failed).input_bytes = 0

    def listed(state: str) -> dict[UUID, object]:
        jobs = shared_site.browser(admin).get("/project-jobs", params={"state": state}).json()
        return {UUID(one["id"]): one["local"] for one in jobs["items"]}

    told = {"name": label.name, "case": label.case}
    assert listed("failed")[failed] == told
    assert listed("done")[done] == told
    own = shared_site.browser(reader)
    assert str(failed) in (mine := own.get("/jobs").text)
    assert "Marvin" not in mine
    assert own.get("/project-jobs").status_code == 403

    # A token with the scope admin alone may not see images.
    script = shared_site.script(admin, "admin").get("/project-jobs?state=failed").text
    assert str(failed) in script
    assert "Marvin" not in script

    # The image was deleted: the project's admins do not see images in the trash.
    with shared_site.database.write() as session:
        session.get_one(Image, image_id).project_id = TRASH
    assert listed("done")[done] is None


def test_the_name_of_a_failed_file_is_forgotten_after_a_while(shared_site: Site) -> None:
    reader = shared_site.add_person()
    ages = {
        JobState.FAILED: (timedelta(), FAILED_SINCE + timedelta(hours=1)),
        JobState.CANCELLED: (timedelta(),),
    }
    jobs = {}
    with shared_site.database.write() as session:
        for state, found in ages.items():
            for age in found:
                job_id = jobs[state, age] = new_id()
                session.add(
                    Job(
                        id=job_id,
                        project_id=DEFAULT_PROJECT,
                        owner_id=reader.id,
                        state=state,
                        kind=JobKind.INGEST,
                        queue=SEGMENT_QUEUE,
                        finished_at=now() - age,
                    )
                )
                session.flush()
                label = Label("Ford.png", None)
                local_labels.keep(session, shared_site.key, DEFAULT_PROJECT, job_id, label)
        session.flush()
        local_labels.drop_orphans(session)
        key = shared_site.key
        kept = local_labels.labels_of_uploads(session, key, list(jobs.values()))
    assert list(kept) == [jobs[JobState.FAILED, timedelta()]]
