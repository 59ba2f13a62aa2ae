"""Suspected text is blacked out for everybody: on the page, in the list and after a reload."""

from io import BytesIO
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from playwright.sync_api import Page, expect

from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from app.core.settings import Settings
from tests.e2e.axe import violations
from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person, square
from tests.e2e.serving import Served
from tests.running_site import Site

NAME = (150, 200, 20, 120)
"""Top, left, height and width of an area that looks like text, in the middle of the sector."""
OTHER = (230, 220, 18, 60)


@pytest.fixture
def suspected(served: Served, annotator: Person) -> str:
    """An image of the annotator with two areas that look like text."""
    image_id = annotator.upload()
    settings = Settings(_env_file=None, data_dir=served.data)
    site = Site(
        settings,
        served.url,
        Database(settings.database),
        open_blobs(settings),
        load_site_key(settings),
    )
    site.add_suspected(UUID(image_id), NAME, OTHER)
    site.close()
    return image_id


def frame_of(person: Person, image_id: str) -> NDArray[np.uint8]:
    url = person.get(f"/images/{image_id}")["frame"]["url"]
    return np.asarray(Picture.open(BytesIO(person.client.get(url).content)))


def inside(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    top, left, height, width = box
    return pixels[top : top + height, left : left + width]


def shown_at(image: ImagePage, row: int, column: int) -> int:
    """Return the brightest channel of the canvas at a point of the image."""
    x, y = image.at((column + 0.5, row + 0.5))
    box = image.canvas.bounding_box()
    assert box
    return int(image.pixels[int(y - box["y"]), int(x - box["x"]), :3].max())


def thumbnail_on(page: Page, image_id: str) -> NDArray[np.uint8]:
    """Return the worklist's thumbnail as the browser decoded it."""
    picture = page.locator(f'a[href*="{image_id}"] img').first
    expect(picture).to_have_js_property("complete", True)
    values = picture.evaluate(
        """(img) => {
          const canvas = document.createElement('canvas');
          canvas.width = img.naturalWidth; canvas.height = img.naturalHeight;
          const context = canvas.getContext('2d');
          context.drawImage(img, 0, 0);
          return [canvas.width, canvas.height,
            [...context.getImageData(0, 0, canvas.width, canvas.height).data]];
        }"""
    )
    width, height, data = values
    return np.array(data, np.uint8).reshape(height, width, 4)[..., :3]


def test_suspected_text_is_shown_blacked_out_and_stays_black(
    visit: Visit, annotator: Person, suspected: str
) -> None:
    page = visit(annotator)
    page.goto(f"{annotator.url}/ui/worklist?text=suspected")
    card = page.locator(f'a[href*="{suspected}"]').first
    expect(card).to_contain_text("Text")
    before = thumbnail_on(page, suspected)
    image = ImagePage(page, annotator.url, suspected).open()
    expect(page.get_by_role("heading", name="Text suspected: 2")).to_be_visible()
    row, column = NAME[0] + NAME[2] // 2, NAME[1] + NAME[3] // 2
    assert inside(frame_of(annotator, suspected), NAME).max() > 30
    assert not violations(page)

    page.get_by_role("button", name="Black out T1").click()
    dialog = page.get_by_role("dialog", name="Black out this area permanently?")
    expect(dialog).to_be_visible()
    assert not violations(page)
    dialog.get_by_role("button", name="Keep the pixels").click()
    expect(dialog).to_be_hidden()
    assert inside(frame_of(annotator, suspected), NAME).max() > 30, "a question changes nothing"

    page.get_by_role("button", name="Black out T1").click()
    dialog.get_by_role("button", name="Black out permanently").click()
    expect(page.get_by_text("Blacked out permanently.")).to_be_visible()
    expect(page.get_by_role("heading", name="Text suspected", exact=True)).to_be_visible()
    assert inside(frame_of(annotator, suspected), NAME).max() == 0
    page.wait_for_function("() => !document.querySelector('[aria-label=\"Loading the image\"]')")
    image.shown()
    assert shown_at(image, row, column) < 8

    page.get_by_role("button", name="Keep (not identifying) T2").click()
    expect(page.get_by_role("heading", name="Text: judged")).to_be_visible()
    expect(page.get_by_text("Kept by Ann Notator")).to_be_visible()

    page.reload()
    image.shown()
    assert shown_at(image, row, column) < 8
    page.goto(f"{annotator.url}/ui/worklist")
    expect(page.locator(f'a[href*="{suspected}"]').first).to_be_visible()
    expect(page.locator(f'a[href*="{suspected}"]').first).not_to_contain_text("Text")
    after = thumbnail_on(page, suspected)
    scale = after.shape[1] / 512
    small = tuple(int(value * scale) for value in NAME)
    middle = (small[0] + 2, small[1] + 4, small[2] - 4, small[3] - 8)
    assert inside(before, middle).max() > 60
    assert inside(after, middle).max() < 30, "JPEG rings a little beside the bright border"


def test_boxes_are_drawn_taken_back_and_applied(image: ImagePage, annotator: Person) -> None:
    page = image.page
    before = frame_of(annotator, image.image_id)
    page.keyboard.press("Shift+Q")
    expect(image.tool("Black box")).to_have_attribute("aria-pressed", "true")
    image.stroke((100, 100), (180, 140))
    image.stroke((300, 200), (340, 260))
    expect(page.get_by_role("button", name="Black out 2 areas…")).to_be_enabled()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Black out…", exact=True)).to_be_enabled()
    page.keyboard.press("Shift+Z")
    page.keyboard.press("z")
    page.keyboard.press("Shift+G")
    for x, y in ((220, 60), (280, 60), (250, 100)):
        page.mouse.click(*image.at((x, y)))
    page.keyboard.press("Enter")
    image.expect_phase("clean")
    assert np.array_equal(frame_of(annotator, image.image_id), before), "nothing is applied yet"

    page.get_by_role("button", name="Black out 2 areas…").click()
    dialog = page.get_by_role("dialog", name="Black out 2 areas permanently?")
    dialog.get_by_role("button", name="Black out permanently").click()
    expect(page.get_by_text("Blacked out permanently.")).to_be_visible()
    after = frame_of(annotator, image.image_id)
    assert after[102:138, 102:178].max() == 0
    assert after[64:70, 240:260].max() == 0
    assert np.array_equal(after[200:, :], before[200:, :]), "what was taken back is there still"
    expect(page.get_by_role("button", name="Black out…", exact=True)).to_be_disabled()


def test_an_approved_image_is_blacked_out_by_a_reviewer(
    visit: Visit, admin: Person, annotator: Person, reviewer: Person
) -> None:
    image_id = annotator.upload()
    revision = annotator.hand_in(image_id, square(100))
    approval = {"revision": revision, "verdict": "approved"}
    reviewer.client.post(f"/images/{image_id}/reviews", json=approval).raise_for_status()
    page = visit(reviewer)
    image = ImagePage(page, reviewer.url, image_id).open()
    expect(image.tool("Brush")).to_be_disabled()
    image.tool("Black box").click()
    expect(image.tool("Black box")).to_have_attribute("aria-pressed", "true")
    image.stroke((200, 200), (260, 230))
    image.stroke((300, 200), (340, 230))
    page.keyboard.press("z")
    page.get_by_role("button", name="Black out…", exact=True).click()
    page.get_by_role("button", name="Black out permanently").click()
    expect(page.get_by_text("Blacked out permanently.")).to_be_visible()
    assert inside(frame_of(reviewer, image_id), (202, 202, 26, 56)).max() == 0
    assert inside(frame_of(reviewer, image_id), (202, 302, 26, 36)).max() > 30
    assert reviewer.get(f"/images/{image_id}")["state"] == "approved"
    np.testing.assert_array_equal(reviewer.labels(image_id, revision), square(100))


def test_who_may_not_decide_sees_it_and_has_no_tool(
    visit: Visit, admin: Person, annotator: Person, reviewer: Person, suspected: str
) -> None:
    reader = admin.invite("Otto Reader", "annotator")
    reviewer.client.post(
        f"/images/{suspected}/readings", json={"reader_ids": [reader.id]}
    ).raise_for_status()
    page = visit(reader)
    image = ImagePage(page, reader.url, suspected).open()
    expect(page.get_by_role("heading", name="Text suspected: 2")).to_be_visible()
    expect(page.get_by_text("owner or a reviewer can decide")).to_be_visible()
    expect(image.tool("Black box")).to_have_count(0)
    expect(page.get_by_role("button", name="Black out T1")).to_have_count(0)
    page.keyboard.press("Shift+Q")
    expect(page.get_by_role("button", name="Black out…", exact=True)).to_have_count(0)
