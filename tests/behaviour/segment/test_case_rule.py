"""The project's rule reads the case from a file's name if none is given."""

from uuid import UUID

import pytest

from app.accounts.tables import Role, User
from app.core.audit import AuditEvent
from app.jobs.tables import Job
from app.segment.jobs import INGEST
from tests.running_site import Site
from tests.synthetic import ultrasound_png

RULE = "US_{case}_*"
DICOM = bytes(128) + b"DICM"


def patient(site: Site, sender: User, project: UUID, content: bytes, **fields: str) -> UUID | None:
    """Upload a file and return the id of the patient that its image will belong to."""
    answer = site.browser(sender).post(
        f"/segment?project={project}",
        files={"file": ("image", content)},
        data={"wait": "0", **fields},
    )
    assert answer.status_code == 202, answer.text
    with site.database.read() as session:
        return INGEST.read(session.get_one(Job, UUID(answer.json()["id"]))).subject_id


@pytest.fixture
def ruled(shared_site: Site) -> UUID:
    """A project with a rule set by its admin."""
    admin, project = shared_site.add_person(), shared_site.add_project()
    shared_site.add_member(project, admin, Role.ADMIN)
    browser = shared_site.browser(admin)
    wrong = browser.patch(f"/projects/{project}", json={"case_rule": "US_*"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")
    set_ = browser.patch(f"/projects/{project}", json={"case_rule": f" {RULE} "})
    assert set_.json()["case_rule"] == RULE
    with shared_site.database.read() as session:
        (logged,) = session.query(AuditEvent).where(AuditEvent.actor_id == admin.id)
        assert logged.detail == {"fields": ["case_rule"], "before": {}, "after": {}}
    return project


def test_files_of_one_case_belong_to_one_patient(shared_site: Site, ruled: UUID) -> None:
    member = shared_site.add_person()
    shared_site.add_member(ruled, member)
    picture = ultrasound_png(seed=1)
    first = patient(shared_site, member, ruled, picture, name="us_K17_left.png")
    assert first is not None
    assert patient(shared_site, member, ruled, picture, name="US_K17_right.png") == first
    assert patient(shared_site, member, ruled, picture, name="x.png", case="k17") == first
    assert patient(shared_site, member, ruled, picture, name="US_K18_left.png") != first


def test_what_is_said_of_one_file_goes_before_it(shared_site: Site, ruled: UUID) -> None:
    """A person's case or rule comes first; an empty rule gives no case; DICOM names the patient."""
    member = shared_site.add_person()
    shared_site.add_member(ruled, member)
    picture, name = ultrasound_png(seed=2), "US_K17_left.png"
    of_rule = patient(shared_site, member, ruled, picture, name=name)
    own = patient(shared_site, member, ruled, picture, name=name, case_rule="*_{case}")
    assert own not in (of_rule, None)
    assert patient(shared_site, member, ruled, picture, name=name, case="K9") not in (of_rule, None)
    assert patient(shared_site, member, ruled, picture, name=name, case_rule="") is None
    assert patient(shared_site, member, ruled, picture, name="left.png") is None
    assert patient(shared_site, member, ruled, DICOM, name="US_K17_left.dcm") is None
