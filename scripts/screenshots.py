"""The screenshots of the README: real pages of a running product, with synthetic images.

PYTHONPATH=. .venv/bin/python scripts/screenshots.py
"""

import secrets
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright

from bench.site import Site, site
from tests.e2e.conftest import FLAGS
from tests.synthetic import ultrasound, ultrasound_dicom, ultrasound_png, ultrasound_region

EMAIL = "ada@example.org"


def files() -> list[dict[str, object]]:
    """A dozen images of different kinds, some with spacing."""
    pictures = [(f"{seed}.png", ultrasound_png(480, 640, seed)) for seed in range(20, 29)]
    for seed in range(4):
        image = ultrasound(480, 640, seed)
        region = ultrasound_region(image.sector_box)
        pictures.append((f"{seed}.dcm", ultrasound_dicom(image, [region], PatientID=f"P{seed}")))
    return [{"name": name, "mimeType": "", "buffer": data} for name, data in pictures]


def sign_in(page: Page, product: Site, password: str) -> None:
    """From the sign-in page to the worklist."""
    page.goto(f"{product.url}/ui/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").first.fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Upload", exact=True).wait_for()


def draw(page: Page) -> None:
    """A stroke of the brush across the image, and its draft saved."""
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
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload", exact=True).click()
        chooser.value.set_files(files())
        page.get_by_text(f"{len(files())} done").wait_for()
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
