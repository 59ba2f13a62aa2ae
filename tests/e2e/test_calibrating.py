"""Millimetres on the page: calibrated by hand if the file has no scale, and in a dual view."""

import re

import numpy as np
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from tests.synthetic import png_bytes, ultrasound, ultrasound_dicom, ultrasound_region
from tests.unit.worker.depth_scale.drawn import echoes, ticks, write


def rule(image: ImagePage, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a ruler between two points of the image."""
    image.tool("Ruler").click()
    image.stroke(start, end)


def test_a_ruler_of_known_length_makes_every_length_mm_and_is_taken_back(
    image: ImagePage, annotator: Person
) -> None:
    page = image.page
    rule(image, (100.5, 200.5), (200.5, 200.5))
    row = page.get_by_role("listitem").filter(has_text="Ruler 1")
    expect(row).to_contain_text("100 px")
    page.get_by_role("button", name="Calibrate…").first.click()
    dialog = page.get_by_role("dialog", name="Calibrate by hand")
    expect(dialog).to_contain_text("100 px long")
    assert not violations(page)
    dialog.get_by_label("Length of the ruler").fill("25")
    dialog.get_by_role("button", name="Use this scale").click()
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("25.0 mm")
    frame = annotator.get(f"/images/{image.image_id}")["frame"]
    assert abs(frame["spacing_mm"]["row"] - 0.25) < 0.005
    page.get_by_role("button", name="Measured by hand…").first.click()
    page.get_by_role("button", name="Forget the scale").click()
    expect(row).to_contain_text("100 px")
    assert annotator.get(f"/images/{image.image_id}")["frame"]["spacing_mm"] is None


def test_a_printed_scale_is_drawn_over_the_image_and_confirmed_by_one_key(
    visit: Visit, annotator: Person
) -> None:
    picture = write(ticks(echoes(7), 38.0), "Depth 5.0 cm", (30, 20))
    image_id = annotator.upload(png_bytes(picture))
    image = ImagePage(visit(annotator), annotator.url, image_id, 640, 480).open()
    page = image.page
    rule(image, (200.5, 150.5), (200.5, 226.5))
    row = page.get_by_role("listitem").filter(has_text="Ruler 1")
    expect(row).to_contain_text("76 px")
    page.get_by_role("button", name="Printed scale found…").first.click()
    dialog = page.get_by_role("dialog", name="Calibrate by hand")
    expect(dialog).to_contain_text("11 marks, 38.0 px apart")
    expect(dialog).to_contain_text("From the first to the last mark: 50 mm")
    assert not violations(page)
    # Yellow marks cover the printed ones: right of the echoes, over most of the height.
    red, green, blue = np.moveaxis(image.pixels[..., :3].astype(int), 2, 0)
    yellow = np.argwhere((np.minimum(red, green) > 180) & (blue < 120))
    assert yellow[:, 1].min() > 0.7 * red.shape[1] and np.ptp(yellow[:, 0]) > 0.5 * red.shape[0]
    dialog.get_by_label("From one mark to the next").press("Enter")
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("10.0 mm")
    (region,) = annotator.get(f"/images/{image_id}")["frame"]["regions"]
    assert region["scale_confirmed"] and region["spacing_source"] == "manual"
    expect(page.get_by_role("button", name="Printed scale, confirmed…").first).to_be_visible()


def test_each_side_of_a_dual_view_has_its_scale_and_a_ruler_across_is_refused(
    visit: Visit, annotator: Person
) -> None:
    sides = [
        ultrasound_region((0, 0, 384, 256), (0.02, 0.02)),
        ultrasound_region((0, 256, 384, 256), (0.05, 0.05)),
    ]
    image_id = annotator.upload(ultrasound_dicom(ultrasound(seed=777), sides))
    image = ImagePage(visit(annotator), annotator.url, image_id).open()
    page = image.page
    rule(image, (50.5, 200.5), (150.5, 200.5))
    rule(image, (300.5, 200.5), (400.5, 200.5))
    rows = page.get_by_role("listitem").filter(has_text=re.compile(r"Ruler \d"))
    expect(rows.nth(0)).to_contain_text("20.0 mm")
    expect(rows.nth(1)).to_contain_text("50.0 mm")
    rule(image, (200.5, 100.5), (400.5, 100.5))
    expect(page.get_by_text("from one part of the picture to another")).to_be_visible()
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Calibrate…")).to_have_count(0)
