"""An evaluation's report: the verdict, every row of the gate, and what got worse."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from app.accounts.tables import Role
from tests.behaviour.promotions.judged import WORSE, judged_site
from tests.e2e.axe import violations
from tests.e2e.people import Person
from tests.running_site import PASSWORD


def test_the_report_says_what_got_worse_and_shows_it(
    browser: Browser, tmp_path: Path, valkey: str
) -> None:
    with judged_site(tmp_path, valkey) as judged:
        found = judged.evaluate(WORSE)
        user = judged.site.person(Role.ADMIN)
        admin = Person(judged.site.url, user.name, str(user.email), PASSWORD)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        admin.sign_in(context)
        page = context.new_page()
        page.goto(f"{admin.url}/ui/models")
        row = page.get_by_role("region", name="Evaluations").get_by_role("row").nth(1)
        expect(row).to_contain_text("Fail")
        row.get_by_role("link", name="Report").click()
        expect(page.get_by_text("dark 2.0.0 does not pass the gate")).to_be_visible()
        gate = page.get_by_role("region", name="The gate")
        expect(gate.get_by_role("row", name="False outlines")).to_contain_text("Fail")
        expect(gate.get_by_role("row", name="Gain on the test part")).to_contain_text("[")
        worst = page.get_by_role("listitem").filter(has_text="IoU")
        expect(worst).to_have_count(len(found["verdict"]["worst"]))
        for picture in worst.first.locator("img").all():
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("image => image.naturalWidth") > 0
        assert violations(page) == []
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as PDF").click()
            judged.answer()
        assert download.value.suggested_filename == f"evaluation_{found['id']}.pdf"
        assert download.value.path().read_bytes().startswith(b"%PDF-")
        context.close()
