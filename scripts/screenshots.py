"""The screenshots of the README: real pages of a running site, with synthetic images.

PYTHONPATH=. .venv/bin/python scripts/screenshots.py
"""

import secrets
from pathlib import Path

import click
import numpy as np
from playwright.sync_api import FilePayload, Page, sync_playwright

from bench.site import Site, site
from models.synthetic import ORGANS, Furniture, SyntheticImage, burn_in, random_scan
from models.synthetic.dicom import calibrated_dataset, dicom_bytes
from tests.e2e.conftest import FLAGS

EMAIL = "ada@example.org"
COUNT = 14


def as_file(number: int, image: SyntheticImage) -> FilePayload:
    """The image as uploaded by a browser, with its spacing and a fictitious patient."""
    dataset = calibrated_dataset(image, identifier=f"{number:04}")
    return {"name": f"{number}.dcm", "mimeType": "", "buffer": dicom_bytes(dataset)}


def files() -> list[FilePayload]:
    """All organs in turn, most with one lesion."""
    organs = list(ORGANS)
    views = [
        random_scan(organs[n % len(organs)], n, lesions=2 if n % 7 == 3 else 1)
        for n in range(COUNT)
    ]
    banner = Furniture(banner=("SYNTHETIC^PATIENT  NOT A PERSON",), scale=True)
    return [as_file(number, burn_in(view, banner)) for number, view in enumerate(views)]


def centred() -> FilePayload:
    """A view with its lesion in the middle of the frame, where `draw` makes its stroke."""
    views = [random_scan("breast", seed, kind="solid") for seed in range(100, 140)]

    def off_centre(view: SyntheticImage) -> float:
        height, width = view.mask.shape
        row, column = np.argwhere(view.mask).mean(axis=0)
        return float(np.hypot(row - height / 2, column - width / 2))

    return as_file(COUNT, min(views, key=off_centre))


def upload(page: Page, chosen: list[FilePayload]) -> None:
    """Upload through the worklist's button; wait until all are outlined."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files(chosen)
    page.get_by_text(f"{len(chosen)} done").wait_for()


def sign_in(page: Page, product: Site, password: str) -> None:
    """Sign in and go to the worklist."""
    page.goto(f"{product.url}/ui/sign-in")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").first.fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Upload", exact=True).wait_for()


def draw(page: Page) -> None:
    """Draw a brush stroke across the image, and wait until its draft is saved."""
    page.get_by_role("button", name="Brush").first.click()
    box = page.locator("canvas").first.bounding_box()
    if box is None:
        raise RuntimeError("the image page shows no canvas")
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(x + 6 * step, y + 3 * step)
    page.mouse.up()
    page.wait_for_timeout(2500)


@click.command()
@click.option("--chromium", default="/usr/bin/chromium", show_default=True)
@click.option("--out", default="docs/images", type=click.Path(path_type=Path), show_default=True)
def main(chromium: str, out: Path) -> None:
    """Write worklist.png and editor.png (dark), editor-light.png."""
    out.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe()
    with (
        site(admin_email=EMAIL, admin_password=password) as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        sign_in(page, product, password)
        upload(page, files())
        page.goto(f"{product.url}/ui/worklist")  # a new tray starts counting from zero
        upload(page, [centred()])
        page.goto(f"{product.url}/ui/worklist?sort=newest")
        page.wait_for_timeout(2000)
        page.screenshot(path=out / "worklist.png")
        page.locator('a[href*="/ui/images/"]').first.click()
        page.get_by_role("button", name="Brush").wait_for()
        page.wait_for_timeout(2500)
        draw(page)
        page.screenshot(path=out / "editor.png")
        page.get_by_label("Switch to the light theme").click()
        page.wait_for_timeout(700)
        page.screenshot(path=out / "editor-light.png")
        browser.close()


if __name__ == "__main__":
    main()
