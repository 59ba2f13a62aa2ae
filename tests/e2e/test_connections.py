"""An admin sets a project's PACS and webhooks, and sees whether what was sent arrived."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from app.core.problems import Problem
from app.jobs.tables import Job, JobKind, JobState
from tests.behaviour.dicom.test_sending import image_of
from tests.behaviour.reviews.acting import person
from tests.conftest import fresh_settings
from tests.e2e.axe import violations
from tests.e2e.conftest import DESKTOP, SETTLE_MS
from tests.running_site import PASSWORD, Site, running_site


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("connections")
    allowed = {"webhook_hosts": ["his.example.org"], "send_after_seconds": 0}
    with running_site(fresh_settings(folder, valkey, **allowed)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, place: Site) -> Iterator[Page]:
    admin = place.person("admin")
    with browser.new_context(viewport=DESKTOP) as context:
        context.set_default_timeout(SETTLE_MS)
        credentials = {"email": admin.email, "password": PASSWORD}
        headers = {"Origin": place.url}
        context.request.post(f"{place.url}/session", data=credentials, headers=headers)
        yield context.new_page()


def fail(place: Site, kind: JobKind) -> None:
    """Record a job as finally failed, as a worker does."""
    with place.database.write() as session:
        detail = "The address answered 500. It was tried 14 times."
        problem = Problem(502, "not-delivered", detail).document()
        where = update(Job).where(Job.kind == kind)
        session.execute(where.values(state=JobState.FAILED, problem=problem))


def test_an_admin_connects_a_project_and_sees_what_arrived(page: Page, place: Site) -> None:
    page.goto(f"{place.url}/ui/project")
    page.get_by_role("link", name="Destinations and webhooks").click()
    # The previous page also has a field "Name", and a panel with this page's title.
    expect(page.get_by_role("heading", name="PACS and other systems", level=1)).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Archive")
    page.get_by_label("AE title").fill("ARCHIVE")
    page.get_by_label("Host").fill("pacs.example.org")
    page.get_by_label("Port").fill("104")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("cell", name="ARCHIVE at pacs.example.org, port 104")).to_be_visible()

    reader, reviewer = person(place), person(place, "reviewer")
    image_id = image_of(place, reader, "1.2.3.77")
    assert reviewer.approve(image_id, reader.hand_in(image_id)).status_code == 201
    row = page.get_by_role("row").filter(has_text=str(image_id)[-8:])
    expect(row).to_contain_text("Waiting")
    fail(place, JobKind.SEND)
    expect(row).to_contain_text("answered 500")
    row.get_by_role("button", name="again").click()
    expect(row).to_contain_text("Waiting")

    page.get_by_label("Address", exact=True).fill("https://his.example.org/sonoloop")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_text("shown once")).to_be_visible()
    page.get_by_role("button", name="I have it").click()
    page.get_by_role("button", name="Send a test to").click()
    told = page.get_by_role("region", name="Messages").get_by_role("row").filter(has_text="test")
    expect(told).to_contain_text("Waiting")
    fail(place, JobKind.HOOK)
    expect(told).to_contain_text("Failed")
    page.get_by_role("button", name="Pause https").click()
    expect(page.get_by_text("Paused: no messages are sent")).to_be_visible()
    assert violations(page) == []
