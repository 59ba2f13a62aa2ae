"""A project's own de-identification options override the site's, for its images only."""

from uuid import UUID

import pytest

from app.accounts.principal import Scope
from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.deidentification.records import DATES, METHODS, PATIENT, Options, described
from app.images.tables import Image
from tests.running_site import Site

PATIENT_RULE, DATES_RULE = "retain_patient_characteristics", "retain_shifted_dates"


def image_that_kept_all(site: Site, project: UUID) -> UUID:
    both = Options(patient=True, dates=True)
    image_id = site.add_image(site.add_person(project_id=project), project)
    with site.database.write() as session:
        session.get_one(Image, image_id).acquisition = described(
            {}, {"PatientSex": "F"}, {"StudyDate": "20190407"}, both
        )
    return image_id


def shown(site: Site, image_id: UUID) -> tuple[list[str], set[str]]:
    """Return the codes of the options and the kept attributes of the patient, as shown now."""
    answer = site.browser("admin").get(f"/images/{image_id}").raise_for_status()
    attributes = answer.json()["frame"]["attributes"]
    return attributes[METHODS][3:], {PATIENT, DATES} & {*attributes}


def test_a_project_may_keep_what_the_site_does_not(shared_site: Site) -> None:
    project, other = shared_site.add_project(), shared_site.add_project()
    here, elsewhere = (image_that_kept_all(shared_site, one) for one in (project, other))
    admin = shared_site.person("admin")
    browser = shared_site.browser(admin)
    assert shown(shared_site, here) == ([], set())

    changed = browser.patch(f"/projects/{project}", json={PATIENT_RULE: True}).json()
    assert (changed[PATIENT_RULE], changed[DATES_RULE]) == (True, None)
    in_force = changed["in_force"]
    assert (in_force[PATIENT_RULE], in_force[DATES_RULE]) == (True, False)
    assert shown(shared_site, here) == (["113108"], {PATIENT})
    assert shown(shared_site, elsewhere) == ([], set())

    browser.patch(f"/projects/{project}", json={PATIENT_RULE: None}).raise_for_status()
    assert shown(shared_site, here) == ([], set())
    with shared_site.database.read() as session:
        logged = session.query(AuditEvent).where(AuditEvent.object_id == str(project))
        changes = [(one.detail["before"], one.detail["after"]) for one in logged]
    assert changes == [
        ({PATIENT_RULE: None}, {PATIENT_RULE: True}),
        ({PATIENT_RULE: True}, {PATIENT_RULE: None}),
    ]


def test_a_project_may_drop_what_the_site_keeps(shared_site: Site) -> None:
    project = shared_site.add_project(retain_shifted_dates=False)
    image_id = image_that_kept_all(shared_site, project)
    browser = shared_site.browser("admin")
    both = dict.fromkeys((PATIENT_RULE, DATES_RULE), True)
    browser.patch("/site-settings", json=both).raise_for_status()
    try:
        assert shown(shared_site, image_id) == (["113108"], {PATIENT})
    finally:
        browser.patch("/site-settings", json=dict.fromkeys(both)).raise_for_status()


@pytest.mark.parametrize("rule", [PATIENT_RULE, DATES_RULE])
def test_only_a_signed_in_site_admin_decides_what_is_kept(shared_site: Site, rule: str) -> None:
    project = shared_site.add_project()
    admin = shared_site.add_person(Role.ADMIN, project_id=project)
    of_site = shared_site.script(shared_site.person("admin"), Scope.ADMIN, Scope.READ)
    for client in (shared_site.browser(admin), of_site):
        refused = client.patch(f"/projects/{project}", json={"purpose": "ovary", rule: True})
        assert (refused.status_code, refused.json()["code"]) == (403, "role-missing")
        there = client.get(f"/projects/{project}").json()
        assert (there[rule], there["purpose"]) == (None, "")
        # An unchanged value needs no site admin.
        same = client.patch(f"/projects/{project}", json={"purpose": "", rule: None})
        assert same.status_code == 200
