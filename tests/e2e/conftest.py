"""Fixtures: a product started by `sonoloop serve`, and a real browser in front of it."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from tests.e2e.serving import Served, serving

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLE_MS = 60_000
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
TABLET: ViewportSize = {"width": 1024, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}

expect.set_options(timeout=SETTLE_MS)

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`sonoloop serve` on a new folder, ready, without an admin."""
    with serving(tmp_path_factory.mktemp("site")) as product:
        yield product


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, or the one that SONOLOOP_CHROMIUM names."""
    path = os.environ.get("SONOLOOP_CHROMIUM") or shutil.which("chromium")
    assert path, "install Chromium (apt install chromium) or set SONOLOOP_CHROMIUM to its path"
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The Playwright driver."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """One browser for all tests; each test has its own contexts."""
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def admin(served: Served, browser: Browser) -> Person:
    """The first admin, created as people do it: with the link printed at the start."""
    person = Person(served.url, "Ada Admin", "admin@example.org", secrets.token_urlsafe())
    link = next(word for word in served.printed.split() if "/ui/set-up#token=" in word)
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SETTLE_MS)
    page.goto(link)
    page.get_by_label("Your name").fill(person.name)
    page.get_by_label("Email").fill(person.email)
    for field in page.locator("input[type=password]").all():
        field.fill(person.password)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/ui/worklist*")
    context.close()
    return person


@pytest.fixture(scope="session")
def annotator(admin: Person) -> Person:
    """A person with the role of annotator."""
    return admin.invite("Ann Notator", "annotator")


@pytest.fixture(scope="session")
def reviewer(admin: Person) -> Person:
    """A person with the role of reviewer."""
    return admin.invite("Rita Viewer", "reviewer")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new browser context with a desktop's window size."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(SETTLE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, served: Served, admin: Person) -> Page:
    """The worklist, with the admin signed in; errors in the page's scripts fail the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
    page.goto(f"{served.url}/ui/sign-in")
    page.get_by_label("Email").fill(admin.email)
    page.get_by_label("Password", exact=False).first.fill(admin.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/worklist*")
    page.get_by_role("button", name="Upload", exact=True).wait_for()
    return page


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """`visit(person)`: an empty page in a new browser context with the person signed in.

    Options are those of Playwright's `new_context`. Errors in the pages' scripts fail the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def come(person: Person, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        context.set_default_timeout(SETTLE_MS)
        contexts.append(context)
        person.sign_in(context)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        return context.new_page()

    yield come
    for context in contexts:
        context.close()
    assert not errors, f"scripts of the page failed: {errors}"


@pytest.fixture
def image(visit: Visit, annotator: Person) -> ImagePage:
    """A new image of the annotator with the model's outline, opened on its page."""
    image_id = annotator.upload()
    return ImagePage(visit(annotator), annotator.url, image_id).open()


@pytest.fixture
def tablet(visit: Visit, annotator: Person) -> ImagePage:
    """Like `image`, on a tablet."""
    page = visit(annotator, viewport=TABLET, has_touch=True)
    return ImagePage(page, annotator.url, annotator.upload()).open()
