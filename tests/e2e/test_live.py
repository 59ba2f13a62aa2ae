"""A live picture in a real browser: frozen, measured, kept, and found in the worklist."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.axe import violations
from tests.e2e.people import Person
from tests.e2e.serving import Served
from tests.films import lesion_film


@pytest.fixture
def link(served: Served, admin: Person, tmp_path: Path) -> Iterator[str]:
    """The address of `sonoloop live`'s page for a film, with a token for the served product."""
    token = served.run(
        *("token", "create", "--name", "live", "--user", admin.email),
        *("--scope", "segment", "--scope", "write"),
    )
    film = lesion_film(tmp_path / "monitor.mp4", count=1800, rate=10)
    command = [sys.executable, "-m", "app", "live", str(film), "--port", "0", "--seconds", "20"]
    environment = {**os.environ, "SONOLOOP_TOKEN": token, "SONOLOOP_URL": served.url}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(60)


def test_a_frozen_frame_and_a_cine_are_measured_kept_and_in_the_worklist(
    link: str, context: BrowserContext, page: Page, admin: Person
) -> None:
    before = {one["id"] for one in admin.get("/images")["items"]}
    live = context.new_page()
    errors: list[str] = []
    live.on("pageerror", lambda error: errors.append(str(error)))
    live.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    frames: list[bytes] = []
    live.on(
        "websocket", lambda socket: socket.on("framereceived", lambda said: _take(frames, said))
    )
    live.goto(link)
    expect(live.get_by_text("frames a second")).to_be_visible(timeout=90_000)
    size = live.get_by_role("listitem").filter(has_text="px²")
    expect(size.first).to_be_visible(timeout=60_000)
    while len(frames) < 4:  # enough for a cine
        live.wait_for_timeout(50)

    live.keyboard.press("Space")
    expect(live.get_by_role("button", name="Resume")).to_be_visible()
    live.get_by_label("Distance between the marks").fill("40")
    expect(live.get_by_role("listitem").filter(has_text="mm²").first).to_be_visible()
    assert violations(live) == []
    live.get_by_label("Patient or case").fill("Case 17")
    live.get_by_role("heading", name="Keep").click()  # moves the focus out of the field
    live.keyboard.press("k")
    kept = live.get_by_role("link", name="In the worklist", exact=True)
    expect(kept).to_have_count(1, timeout=90_000)
    live.keyboard.press("c")
    expect(kept).to_have_count(2, timeout=120_000)
    assert errors == []

    cine, still = (one.get_attribute("href") for one in kept.all())
    found = {one["id"] for one in admin.get("/images")["items"]} - before
    assert {still, cine} == {f"{admin.url}/ui/images/{one}" for one in found}
    assert still is not None and cine is not None
    image = admin.get(f"/images/{still.rsplit('/', 1)[-1]}")
    assert (image["width"], image["height"]) == (640, 480)
    assert image["frame"]["regions"][0]["spacing_source"] == "manual"
    assert 0.08 < image["frame"]["regions"][0]["row_mm"] < 0.12
    assert image["subject"] is not None
    assert admin.get(f"/images/{cine.rsplit('/', 1)[-1]}")["frame_count"] > 1
    page.goto(still)
    measured = re.compile(r"^Lesion 1 .* mm²")
    expect(page.get_by_role("button", name=measured)).to_be_visible()


def _take(frames: list[bytes], said: str | bytes) -> None:
    """Keep pictures and skip text messages."""
    if isinstance(said, bytes):
        frames.append(said)
