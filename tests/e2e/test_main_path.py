"""The main path as a doctor walks it, in a real browser: image in, outline out."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Served
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SLOW = 60_000


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Pick files in the dialog that the page's button opens."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files(
        [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    )


def violations(page: Page) -> list[dict[str, Any]]:
    """Serious and critical findings of axe on the page as it is."""
    # Through the debugger: the page's policy rightly refuses scripts from elsewhere.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run().then(r => JSON.stringify(r.violations.map("
            "v => ({id: v.id, impact: v.impact, targets: v.nodes.map(n => n.target)}))))",
            "awaitPromise": True,
        },
    )
    found = json.loads(answer["result"]["value"])
    return [item for item in found if item["impact"] in ("serious", "critical")]


def upload_and_open(page: Page, data: bytes) -> None:
    """Upload one image and open it once it is done."""
    choose(page, ("study.png", data))
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Done", exact=True)).to_be_visible(timeout=SLOW)
    tray.get_by_role("link", name="Open study.png").or_(
        tray.get_by_role("button", name="Open study.png")
    ).first.click()
    page.wait_for_url("**/ui/images/*")
    expect(page.get_by_role("complementary", name="Findings")).to_contain_text("sonoloop-lite0")


def test_several_images_go_in_and_each_says_how_it_ends(page: Page) -> None:
    choose(
        page,
        ("first.png", ultrasound_png(seed=1)),
        ("second.dcm", ultrasound_dicom(ultrasound(seed=3))),
        ("broken.png", ultrasound_png(seed=2)[:3000]),
        ("letter.txt", b"Dear colleague, thank you for the referral."),
    )
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Done", exact=True)).to_have_count(2, timeout=SLOW)
    expect(tray).to_contain_text("ends before the image does")
    expect(page.get_by_role("region", name="Uploads")).to_contain_text("letter.txt")
    page.keyboard.press("Escape")
    expect(page.locator('a[href*="/ui/images/"]').first).to_be_visible()


def test_the_outline_is_shown_toggled_and_measured_by_keyboard(page: Page) -> None:
    upload_and_open(page, ultrasound_png(seed=11))
    findings = page.get_by_role("complementary", name="Findings")
    expect(findings).to_contain_text("lesion")
    expect(findings).to_contain_text("px")
    canvas = page.locator("canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_timeout(500)
    shown = canvas.screenshot()
    page.keyboard.press("o")
    page.wait_for_timeout(300)
    hidden = canvas.screenshot()
    page.keyboard.press("o")
    page.wait_for_timeout(300)
    assert canvas.screenshot() == shown
    if "No lesion" not in findings.inner_text():
        assert hidden != shown


def test_mask_and_overlay_can_be_downloaded_without_a_name(page: Page) -> None:
    upload_and_open(page, ultrasound_png(seed=12))
    image_id = page.url.split("/ui/images/")[1].split("?")[0]
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Mask").click()
    assert download.value.suggested_filename.startswith(image_id)
    assert "study" not in download.value.suggested_filename


def test_pages_have_no_serious_accessibility_findings(page: Page, served: Served) -> None:
    upload_and_open(page, ultrasound_png(seed=13))
    page.wait_for_timeout(500)
    found = {"image": violations(page)}
    for name in ("worklist", "models", "tokens", "people", "audit", "account"):
        page.goto(f"{served.url}/ui/{name}")
        expect(page.get_by_role("heading").first).to_be_visible()
        page.wait_for_timeout(300)
        found[name] = violations(page)
    assert not {name: items for name, items in found.items() if items}


def test_a_signed_out_visitor_is_asked_to_sign_in_and_brought_back(
    page: Page, served: Served
) -> None:
    page.goto(f"{served.url}/ui/models")
    page.context.clear_cookies()
    page.reload()
    page.wait_for_url("**/ui/sign-in*")
    assert httpx.get(f"{served.url}/images").status_code == 401


def test_the_readme_curl_line_and_python_client_work(served: Served, tmp_path: Path) -> None:
    token = served.run("token", "create", "--name", "readme", "--scope", "segment")
    answer = httpx.post(
        f"{served.url}/segment",
        headers={"Authorization": f"Bearer {token}", "Accept": "image/png"},
        files={"file": ("x.png", ultrasound_png(seed=21))},
        timeout=60,
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_is_remembered(page: Page, theme: str) -> None:
    expect(page.get_by_label("Switch to the")).to_be_visible()
    button = page.get_by_label(f"Switch to the {theme} theme")
    if button.count():
        button.click()
    page.reload()
    other = "light" if theme == "dark" else "dark"
    expect(page.get_by_label(f"Switch to the {other} theme")).to_be_visible()
