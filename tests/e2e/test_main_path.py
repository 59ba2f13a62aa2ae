"""The main path as a doctor walks it, in a real browser: image in, outline out."""

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import Person
from tests.e2e.serving import Served
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png
from worker.pipeline import decode_mask_png
from worker.pipeline.zoo import DEFAULT_MODEL

README = Path(__file__).parents[2] / "README.md"
SLOW = 60_000


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files in the dialog that the page's button opens."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files(
        [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    )


def upload_and_open(page: Page, data: bytes) -> None:
    """Upload one image and open it when it is done."""
    choose(page, ("study.png", data))
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Done", exact=True)).to_be_visible(timeout=SLOW)
    tray.get_by_role("link", name="Open study.png").or_(
        tray.get_by_role("button", name="Open study.png")
    ).first.click()
    page.wait_for_url("**/ui/images/*")
    expect(page.get_by_role("complementary", name="Findings")).to_contain_text(DEFAULT_MODEL)
    expect(tray).to_be_hidden()  # it would cover the tools


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
    # Failed uploads stay until somebody dismisses them, even after a reload.
    tray.get_by_role("button", name="Clear finished").click()
    page.reload()
    expect(tray).to_contain_text("broken.png")
    tray.get_by_role("button", name="Dismiss").click()
    expect(tray).not_to_contain_text("broken.png")
    page.keyboard.press("Escape")
    expect(page.locator('a[href*="/ui/images/"]').first).to_be_visible()


def test_a_dropped_folder_gives_its_images_and_says_where_the_others_lie(
    page: Page, tmp_path: Path
) -> None:
    case = tmp_path / "study" / "case 7"
    case.mkdir(parents=True)
    (case.parent / "Thumbs.db").write_bytes(b"of the system")
    (case / "a.png").write_bytes(ultrasound_png(seed=5))
    (case / "letter.txt").write_bytes(b"Dear colleague, thank you for the referral.")
    page.get_by_role("button", name=re.compile("^Uploads:")).click()
    tray = page.get_by_role("region", name="Uploads")
    tray.get_by_label("name of the file or folder").fill("{case}/*")
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(case.parent)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 600, "y": 400, "data": data}
        browser.send("Input.dispatchDragEvent", event)
    expect(tray).to_contain_text("1 done · 1 skipped", timeout=SLOW)
    expect(tray.get_by_role("region", name="Files with problems")).to_be_hidden()
    letter = tray.get_by_role("listitem").filter(has_text="letter.txt")
    expect(letter).to_be_hidden()
    tray.get_by_text("1 file is not an image and was not sent").click()
    expect(letter).to_have_text(re.compile("letter.txt.*study/case 7"))
    expect(page.get_by_role("link", name=re.compile("case 7")).first).to_be_visible()


def test_a_possible_lesion_is_kept_or_rejected_by_a_key(page: Page) -> None:
    upload_and_open(page, ultrasound_png(seed=1000))  # the default model gives it 25 %
    address = page.url
    page.goto(address.split("/images/")[0] + "/worklist")
    card = page.locator(f'a[href*="{address.split("/images/")[1].split("?")[0]}"]').first
    expect(card).to_contain_text("1 possible lesion")
    page.goto(address)
    findings = page.get_by_role("complementary", name="Findings")
    possible = findings.get_by_role("heading", name="1 possible lesion")
    expect(possible).to_be_visible()
    expect(findings).to_contain_text("Possible lesion, but probably not one")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("submit again to leave it as it is").first).to_be_visible()
    keep = findings.get_by_role("button", name="Keep Lesion 1")
    expect(keep).to_be_focused()
    page.keyboard.press("P")
    expect(findings.get_by_role("heading", name="1 lesion", exact=True)).to_be_visible()
    expect(keep).to_have_count(0)
    # The decisions are part of the draft.
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-phase", "saved")
    page.reload()
    page.get_by_role("button", name="Continue drawing").click()
    expect(page.get_by_role("dialog")).to_have_count(0)  # the dialog gets the keys until then
    expect(findings.get_by_role("heading", name="1 lesion", exact=True)).to_be_visible()
    expect(keep).to_have_count(0)
    page.keyboard.press("z")
    expect(possible).to_be_visible()
    page.keyboard.press("U")
    expect(findings.get_by_role("heading", name="No lesions")).to_be_visible()


def test_the_outline_is_shown_toggled_and_measured_by_keyboard(page: Page) -> None:
    upload_and_open(page, ultrasound_png(seed=11))
    findings = page.get_by_role("complementary", name="Findings")
    expect(findings).to_contain_text("1 lesion")
    expect(findings).to_contain_text("px")
    canvas = page.locator("canvas").first
    expect(page.get_by_test_id("save-state")).to_be_visible()
    shown = picture(canvas)
    page.keyboard.press("o")
    expect(page.get_by_text("Outlines hidden")).to_be_visible()
    hidden = picture(canvas)
    page.keyboard.press("o")
    expect(page.get_by_text("Outlines hidden")).to_have_count(0)
    assert np.abs(shown - hidden).mean() > 0.1
    np.testing.assert_array_equal(shown, picture(canvas))


def picture(canvas: Locator) -> NDArray[np.float64]:
    """Return the pixels of the canvas, [H, W, 3], without elements that lie over it."""
    # A change is drawn with the next animation frame.
    address = canvas.evaluate(
        "canvas => new Promise((resolve) => requestAnimationFrame(() => "
        "resolve(canvas.toDataURL('image/png'))))"
    )
    image = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")
    return np.asarray(image, dtype=np.float64)


def test_mask_and_overlay_can_be_downloaded_without_a_name(page: Page) -> None:
    upload_and_open(page, ultrasound_png(seed=12))
    image_id = page.url.split("/ui/images/")[1].split("?")[0]
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Mask").click()
    assert download.value.suggested_filename.startswith(image_id)
    assert "study" not in download.value.suggested_filename


def test_a_signed_out_visitor_is_asked_to_sign_in_and_brought_back(
    page: Page, served: Served
) -> None:
    page.goto(f"{served.url}/ui/models")
    page.context.clear_cookies()
    page.reload()
    page.wait_for_url("**/ui/sign-in*")
    assert httpx.get(f"{served.url}/images").status_code == 401


def readme_block(language: str, marker: str) -> str:
    """Return the README's first code block in that language that contains the marker."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return next(block for block in blocks if marker in block)


def test_the_readme_curl_line_and_python_client_work_as_pasted(
    served: Served, admin: Person, tmp_path: Path
) -> None:
    token = served.run("token", "create", "--name", "readme", "--scope", "segment")
    (tmp_path / "image.png").write_bytes(ultrasound_png(seed=21))
    environment = {**os.environ, "TOKEN": token, "SONOLOOP_URL": served.url}
    lines = readme_block("sh", "curl").splitlines()
    curl = next(line for line in lines if line.startswith("curl"))
    curl = curl.replace("http://127.0.0.1:8000", served.url)
    subprocess.run(["sh", "-c", curl], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert decode_mask_png((tmp_path / "mask.png").read_bytes()).shape == (384, 512)
    client = readme_block("python", "httpx")
    done = subprocess.run(
        [sys.executable, "-c", client, "image.png"],
        cwd=tmp_path,
        env=environment,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert "image.png" in done.stdout
    mask = (tmp_path / "image.mask.png").read_bytes()
    assert decode_mask_png(mask).shape == (384, 512)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_is_remembered(page: Page, theme: str) -> None:
    expect(page.get_by_label("Switch to the")).to_be_visible()
    button = page.get_by_label(f"Switch to the {theme} theme")
    if button.count():
        button.click()
    page.reload()
    other = "light" if theme == "dark" else "dark"
    expect(page.get_by_label(f"Switch to the {other} theme")).to_be_visible()
