"""No page has a serious axe finding, dark or light, at a desktop's or a tablet's size.

Most pages are in English; signing in is in German and Chinese, the dialogs of the image page also
in Spanish.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import DESKTOP, SETTLE_MS, TABLET, Visit
from tests.e2e.people import Person, square
from tests.e2e.words import Words, english, words
from tests.processes import wait_until
from worker.interactive import encode_runs

SIZES = (DESKTOP, TABLET)
THEMES = ("dark", "light")
IMAGE = "images/{image}"
ADJUDICATION = "images/{image}/adjudicate"
PAGES = {
    "worklist": "Worklist",
    "worklist?queue=to-adjudicate": "Worklist",
    IMAGE: "Image",
    ADJUDICATION: "Image",
    "pool": "Training pool",
    "exports": "Exports",
    "imports": "Imports",
    "effort": "Effort",
    "models": "Models",
    "tokens": "tokens",
    "project": "Project",
    "project/labels": "Label set",
    "jobs": "Jobs",
    "people": "People",
    "site": "Site settings",
    "site/storage": "Storage",
    "deleted": "Deleted images",
    "audit": "Audit",
    "account": "account",
}


@pytest.fixture(scope="module")
def image_id(admin: Person, reviewer: Person) -> str:
    """An image with two blind readings to adjudicate; another image is approved."""
    readers = [admin.invite("Dora Reader", "annotator"), admin.invite("Emil Reader", "annotator")]
    image_id, other = admin.upload(), admin.upload()
    everybody = {"reader_ids": [reader.id for reader in readers], "blind": True}
    reviewer.client.post(f"/images/{image_id}/readings", json=everybody).raise_for_status()
    for reader, left in zip(readers, (100, 130), strict=True):
        reader.hand_in(image_id, square(left))
    revision = admin.hand_in(other, square(100))
    approval = {"revision": revision, "verdict": "approved"}
    reviewer.client.post(f"/images/{other}/reviews", json=approval).raise_for_status()
    admin.client.post("/exports", json={"format": "png", "filters": {}}).raise_for_status()
    wait_until(lambda: reviewer.client.get(f"/images/{image_id}/agreement").is_success)
    return image_id


@pytest.fixture(scope="module")
def desk(browser: Browser, admin: Person) -> Iterator[Page]:
    """A page of the admin, who may see every page."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(SETTLE_MS)
    admin.sign_in(context)
    yield context.new_page()
    context.close()


def in_all_looks(page: Page) -> dict[str, list[dict[str, Any]]]:
    """Return the findings by theme and size, without empty ones."""
    found = {}
    for theme in THEMES:
        switch = page.get_by_role("button", name=f"Switch to the {theme} theme")
        if switch.count():
            switch.click()
        page.mouse.move(0, 0)
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
        for size in SIZES:
            page.set_viewport_size(size)
            found[f"{theme}, {size['width']} px"] = violations(page)
    page.set_viewport_size(DESKTOP)
    return {look: items for look, items in found.items() if items}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_finding_and_shows_its_keys(
    desk: Page, admin: Person, image_id: str, path: str
) -> None:
    desk.goto(f"{admin.url}/ui/{path.format(image=image_id)}")
    expect(desk.get_by_role("heading", level=1)).to_contain_text(PAGES[path], ignore_case=True)
    expect(desk.locator("[aria-busy=true]")).to_have_count(0)
    if path == IMAGE:
        expect(desk.get_by_test_id("save-state")).to_be_visible()
    if path == ADJUDICATION:
        expect(desk.locator("dl").filter(has_text="HD95")).to_be_visible()
    assert not in_all_looks(desk)

    desk.keyboard.press("?")
    keys = desk.get_by_role("dialog", name="Keyboard")
    expect(keys).to_contain_text("Show this map")
    assert not violations(desk)
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert path.format(image=image_id) in desk.url


@pytest.mark.parametrize(
    ("theme", "locale", "language"), [("dark", "de-DE", "de"), ("light", "zh-CN", "zh-Hans")]
)
def test_signing_in_has_no_serious_finding(
    browser: Browser, admin: Person, theme: str, locale: str, language: str
) -> None:
    said = words(language)
    context = browser.new_context(viewport=DESKTOP, locale=locale)
    context.add_init_script(f"localStorage.setItem('sonoloop.colour-scheme', '{theme}')")
    page = context.new_page()
    for path, heading in (("worklist", "Sign in"), ("forgotten", "Forgot your password?")):
        page.goto(f"{admin.url}/ui/{path}")
        expect(page.get_by_role("heading", level=1)).to_contain_text(said(heading))
        for size in SIZES:
            page.set_viewport_size(size)
            assert not violations(page)
    context.close()


@pytest.mark.parametrize(
    ("theme", "locale", "said"), [("dark", "en-GB", english), ("light", "es-ES", words("es"))]
)
def test_the_dialogs_of_correcting_have_no_serious_finding(
    visit: Visit, admin: Person, reviewer: Person, theme: str, locale: str, said: Words
) -> None:
    image_id = admin.upload()
    labels = {"width": 512, "height": 384, "runs": encode_runs(square(100)), "names": {}}
    draft = {"version": 0, "parent_revision": 1, "labels": labels, "seconds": 3}
    admin.client.put(f"/images/{image_id}/draft", json=draft).raise_for_status()
    page = visit(admin, viewport=TABLET, locale=locale)
    page.add_init_script(f"localStorage.setItem('sonoloop.colour-scheme', '{theme}')")
    page.goto(f"{admin.url}/ui/images/{image_id}")
    expect(
        page.get_by_role("dialog", name=said("You have an unsaved drawing of this image"))
    ).to_be_visible()
    assert not violations(page)
    page.get_by_role("button", name=said("Look at both")).click()
    assert not violations(page)
    page.get_by_role("button", name=said("Continue drawing")).click()

    reviewer.hand_in(image_id, square(300))
    expect(page.get_by_test_id("newer-revision")).to_be_visible()
    assert not violations(page)
    page.get_by_test_id("newer-revision").get_by_role("button", name=said("Merge")).click()
    merge = page.get_by_role("dialog", name=said("Two drawings of this image"))
    expect(merge).to_be_visible()
    assert not violations(page)
    merge.get_by_role("button", name=said("Later")).click()

    page.get_by_role("button", name=said("Findings and history")).click()
    page.get_by_role("tab", name=said("History")).click()
    expect(page.get_by_test_id("history").locator("[data-revision]")).to_have_count(2)
    assert not violations(page)
    page.get_by_role("tab", name=said("Findings")).click()
    page.get_by_role("button", name=said("Assign"), exact=True).click()
    expect(page.get_by_role("dialog", name=said("Assign"))).to_be_visible()
    assert not violations(page)
