"""An admin sees what waits, runs and failed in the project, why, and may try again or stop it."""

from uuid import UUID

from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.jobs.tables import Job, JobState
from app.projects.tables import DEFAULT_PROJECT
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
