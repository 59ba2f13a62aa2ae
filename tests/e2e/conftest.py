"""A product as `sonoloop serve` starts it, and a real browser in front of it."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.processes import free_port

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
SETTLE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Served:
    """The address of a served product, its data folder, and what it printed at its start."""

    url: str
    data: Path
    printed: str
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run a `sonoloop` command on this product's data; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`sonoloop serve` on a fresh folder, ready, without an admin."""
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SONOLOOP_DATA_DIR": str(folder / "data"),
        "SONOLOOP_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"], env=environment, stdout=file, stderr=file
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            try:
                if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        yield Served(url, folder / "data", output.read_text(), environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one named by SONOLOOP_CHROMIUM."""
    path = os.environ.get("SONOLOOP_CHROMIUM") or shutil.which("chromium")
    assert path, "install Chromium (apt install chromium) or set SONOLOOP_CHROMIUM to its path"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    email: str
    password: str


@pytest.fixture(scope="session")
def admin(served: Served, browser: Browser) -> Person:
    """The first admin, made as people do it: by the link that the start printed."""
    person = Person("admin@example.org", secrets.token_urlsafe())
    link = next(word for word in served.printed.split() if "/ui/set-up#token=" in word)
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SETTLE_MS)
    page.goto(link)
    page.get_by_label("Your name").fill("Ada Admin")
    page.get_by_label("E-mail").fill(person.email)
    for field in page.locator("input[type=password]").all():
        field.fill(person.password)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/ui/worklist*")
    context.close()
    return person


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here, of a desktop's size."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(SETTLE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, served: Served, admin: Person) -> Page:
    """The worklist, signed in as the admin; errors of the page's scripts fail the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
    page.goto(f"{served.url}/ui/sign-in")
    page.get_by_label("E-mail").fill(admin.email)
    page.get_by_label("Password", exact=False).first.fill(admin.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/worklist*")
    page.get_by_role("button", name="Upload", exact=True).wait_for()
    return page
