"""A model version goes from one hospital to another, and the page shows where it comes from."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE
from tests.behaviour.bundles.test_bundles import OTHER_KEY, own_key
from tests.behaviour.deployments.versions import working
from tests.behaviour.promotions.judged import BETTER, judged_site
from tests.conftest import fresh_settings
from tests.e2e.axe import violations
from tests.e2e.people import Person
from tests.running_site import PASSWORD, Site, running_site
from worker.tasks.run import finish_all, run


def models_page(browser: Browser, site: Site) -> Page:
    user = site.person(Role.ADMIN)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    Person(site.url, user.name, str(user.email), PASSWORD).sign_in(context)
    page = context.new_page()
    page.goto(f"{site.url}/ui/models")
    return page


def section(page: Page, heading: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=heading)).last


def test_a_bundle_leaves_one_site_and_is_a_candidate_with_its_licence_in_the_other(
    browser: Browser, tmp_path: Path, valkey: str
) -> None:
    bundle = tmp_path / "dark.bundle.zip"
    with judged_site(tmp_path / "sender", valkey) as judged:
        judged.evaluate(BETTER)
        licence = judged.site.settings.export_licence
        page = models_page(browser, judged.site)
        own = own_key(judged.admin)
        expect(section(page, "Other hospitals")).to_contain_text(own)
        with page.expect_download() as download:
            page.locator("a[href$='/models/dark/1.1.0/bundle']").click()
        download.value.save_as(bundle)
        page.context.close()
    settings = fresh_settings(tmp_path / "receiver", valkey)
    settings = settings.model_copy(update={"site_key": OTHER_KEY})
    with running_site(settings) as site, working(site) as runtime:
        page = models_page(browser, site)
        panel = section(page, "Other hospitals")
        came = panel.get_by_role("list", name="Received bundles")

        def send() -> None:
            with page.expect_file_chooser() as chooser:
                panel.get_by_role("button", name="Choose a bundle").click()
            chooser.value.set_files(bundle)
            expect(came.get_by_role("listitem").first).to_contain_text("waiting for a worker")
            assert run(runtime, BACKGROUND_QUEUE)
            finish_all()

        send()
        expect(came.get_by_role("listitem").first).to_contain_text("is not trusted here")
        panel.get_by_label("Key of the other site").fill(own)
        panel.get_by_label("Its name").fill("Northern hospital")
        panel.get_by_role("button", name="Trust this site").click()
        expect(panel.get_by_role("table")).to_contain_text("Northern hospital")
        send()
        newest = came.get_by_role("listitem").first
        expect(newest).to_contain_text("dark 1.1.0 of Northern hospital is verified")
        expect(newest).to_contain_text(f"Licence: {licence}.")
        expect(newest).to_contain_text("Measured there: lesion IoU")
        expect(section(page, "Dark regions")).to_contain_text("Candidate")
        assert violations(page) == []
        page.context.close()
