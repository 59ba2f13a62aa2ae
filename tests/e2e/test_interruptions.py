"""An interrupted correction is restored bit for bit, after its author is asked."""

import select
import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, Route, expect

from tests.e2e.conftest import FLAGS, SETTLE_MS, Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from tests.e2e.serving import Served

SAME = np.testing.assert_array_equal
FIRST = ((60, 200), (140, 240), (120, 330))
SECOND = ((380, 60), (440, 140))


def prompt(page: Page) -> Locator:
    """The question about an unsaved drawing."""
    return page.get_by_role("dialog", name="You have an unsaved drawing of this image")


def continue_drawing(image: ImagePage, where: str) -> NDArray[np.uint8]:
    """Open the image, answer the expected question, and return the restored labels."""
    image.open()
    expect(prompt(image.page)).to_contain_text(where)
    image.button("Continue drawing").click()
    expect(prompt(image.page)).to_have_count(0)
    image.expect_phase("saved")
    return image.labels


def save(image: ImagePage, person: Person, drawn: NDArray[np.uint8]) -> None:
    """Save as revision 2 and check that it is what was drawn."""
    SAME(image.save(2), drawn)
    SAME(person.labels(image.image_id, 2), drawn)
    image.open()
    image.expect_revision(2)
    expect(prompt(image.page)).to_have_count(0)


def test_the_tab_was_closed(image: ImagePage, annotator: Person) -> None:
    context = image.page.context
    drawn = image.draw(*FIRST)
    # At once, before the autosave; the browser's question whether to leave is accepted.
    image.page.on("dialog", lambda dialog: dialog.accept())
    with image.page.expect_event("close"):
        image.page.close(run_before_unload=True)
    back = ImagePage(context.new_page(), annotator.url, image.image_id)
    SAME(continue_drawing(back, "pixels differ"), drawn)
    SAME(annotator.draft(image.image_id), drawn)
    save(back, annotator, drawn)


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Path]:
    """A folder for a browser's profile; browsers still using it are killed afterwards."""
    folder = tmp_path / "profile"
    yield folder
    for process in browsers(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def browsers(profile: Path) -> list[psutil.Process]:
    """Return the browser's processes that use that profile, oldest first."""
    argument = f"--user-data-dir={profile}"
    found = [
        process
        for process in psutil.process_iter(["cmdline", "create_time"])
        if argument in (process.info["cmdline"] or [])
    ]
    return sorted(found, key=lambda process: process.info["create_time"])


def test_the_browser_was_killed_before_the_server_had_the_drawing(
    annotator: Person, playwright: Playwright, chromium: str, profile: Path
) -> None:
    def launch() -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=FLAGS, viewport={"width": 1440, "height": 900}
        )
        context.set_default_timeout(SETTLE_MS)
        return context

    image_id = annotator.upload()
    context = launch()
    annotator.sign_in(context)
    page = context.new_page()
    page.route("**/draft", _fail_writes)
    image = ImagePage(page, annotator.url, image_id).open()
    image.draw(*FIRST)
    drawn = image.draw(*SECOND)
    image.expect_phase("offline")
    expect(image.state).to_contain_text("kept here")
    for process in browsers(profile):
        process.kill()
    psutil.wait_procs(browsers(profile), 10)
    assert annotator.client.get(f"/images/{image_id}/draft").json() is None

    context = launch()
    annotator.sign_in(context)
    back = ImagePage(context.new_page(), annotator.url, image_id)
    SAME(continue_drawing(back, "in this browser only"), drawn)
    SAME(annotator.draft(image_id), drawn)
    save(back, annotator, drawn)
    context.close()


def _fail_writes(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort("connectionfailed")
    else:
        route.continue_()


class Line(socketserver.ThreadingTCPServer):
    """The network between a browser and the product, which can be cut.

    A browser set offline by Playwright sends a page's pending requests as soon as the page is
    closed. Nothing passes while this line is cut.
    """

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), Carrier)
        self.far = ("127.0.0.1", int(url.rpartition(":")[2]))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.cut = threading.Event()


class Carrier(socketserver.BaseRequestHandler):
    """Carries one connection both ways until either end closes or the line is cut."""

    server: Line

    def handle(self) -> None:
        if self.server.cut.is_set():
            return
        with socket.create_connection(self.server.far) as far, suppress(ConnectionError):
            ends = {self.request: far, far: self.request}
            while True:
                ready, _, _ = select.select(list(ends), [], [], 0.05)
                if self.server.cut.is_set():
                    return
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


@pytest.fixture
def line(served: Served) -> Iterator[Line]:
    """A line to the product."""
    with Line(served.url) as line:
        thread = threading.Thread(target=line.serve_forever)
        thread.start()
        yield line
        line.shutdown()
        thread.join()


def test_the_network_was_gone_while_drawing(line: Line, visit: Visit, annotator: Person) -> None:
    image = ImagePage(visit(annotator), line.url, annotator.upload()).open()
    context = image.page.context
    image.draw(*FIRST)
    image.expect_phase("saved")
    context.set_offline(True)
    drawn = image.draw(*SECOND)
    image.expect_phase("offline")
    expect(image.state).to_contain_text("Offline – kept here")

    context.set_offline(False)
    image.expect_phase("saved")
    SAME(annotator.draft(image.image_id), drawn)

    line.cut.set()
    kept = annotator.draft(image.image_id)
    drawn = image.draw((450, 300), (470, 340))
    image.expect_phase("offline")
    SAME(annotator.draft(image.image_id), kept)
    image.page.close()
    line.cut.clear()
    # What a page sends on closing outlives the page, and may arrive once the line is restored. Then
    # the server has the drawing as well.
    back = ImagePage(context.new_page(), line.url, image.image_id)
    SAME(continue_drawing(back, "pixels differ"), drawn)
    save(back, annotator, drawn)


def test_the_session_ended_while_drawing(image: ImagePage, annotator: Person) -> None:
    page, url = image.page, annotator.url
    before = image.draw(*FIRST)
    image.expect_phase("saved")
    # In the middle of a stroke, which must not be interrupted.
    page.mouse.move(*image.at(SECOND[0]))
    page.mouse.down()
    end_session(page.context, url)
    page.mouse.move(*image.at(SECOND[1]), steps=6)
    page.mouse.up()
    drawn = image.labels
    assert all(drawn[row, column] and not before[row, column] for column, row in SECOND)
    dialog = page.get_by_role("dialog", name="Sign in to continue")
    expect(dialog).to_contain_text("Your drawing is safe here")
    SAME(image.labels, drawn)
    dialog.get_by_label(f"Password of {annotator.email}").fill(annotator.password)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_have_count(0)
    image.expect_phase("saved")
    SAME(annotator.draft(image.image_id), drawn)

    # A save that fails because the session ended continues by itself after signing in.
    def expire(route: Route) -> None:
        end_session(page.context, url)
        route.continue_()

    page.route("**/masks", expire, times=1)
    image.button("Save").click()
    dialog.get_by_label(f"Password of {annotator.email}").fill(annotator.password)
    page.keyboard.press("Enter")
    image.expect_revision(2)
    SAME(annotator.labels(image.image_id, 2), drawn)


def end_session(context: BrowserContext, url: str) -> None:
    """End the browser's session on the server without the browser's knowledge."""
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies(url)}
    answer = httpx.delete(f"{url}/session", cookies=cookies, headers={"Origin": url})
    assert answer.status_code == 204


def test_the_server_was_killed_while_drawing(
    image: ImagePage, annotator: Person, served: Served
) -> None:
    image.draw(*FIRST)
    image.expect_phase("saved")
    api = served.process("app.serve.api")
    api.kill()
    drawn = image.draw(*SECOND)
    image.expect_phase("saved")
    assert served.process("app.serve.api").pid != api.pid
    SAME(annotator.draft(image.image_id), drawn)

    served.process("app.serve.api").kill()
    back = ImagePage(image.page, annotator.url, image.image_id)
    SAME(continue_drawing(back, "on the server"), drawn)
    save(back, annotator, drawn)
