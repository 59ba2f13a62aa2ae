"""Correcting an outline in a real browser: what is shown is what is stored, bit for bit."""

import math
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from scipy import ndimage

from tests.e2e.conftest import Visit
from tests.e2e.image_page import Fingers, ImagePage, Pen, Point
from tests.e2e.people import Person
from tests.processes import wait_until

SAME = np.testing.assert_array_equal


@pytest.fixture(scope="module")
def drawing_worker(annotator: Person) -> None:
    """Wait for the interactive worker, which starts after the API."""
    image_id = annotator.upload()
    box = {"box": {"top": 100, "left": 100, "height": 80, "width": 80}}
    wait_until(lambda: annotator.client.post(f"/images/{image_id}/box", json=box).is_success)


def test_what_the_brush_drew_is_stored_bit_for_bit(image: ImagePage, annotator: Person) -> None:
    before = image.labels
    SAME(before != 0, annotator.mask(image.image_id, 1))
    first = image.draw((60, 200), (140, 240), (120, 330))
    second = image.draw((400, 300), (440, 340))
    for column, row in ((60, 200), (140, 240), (400, 300), (440, 340)):
        assert second[row, column]

    image.page.keyboard.press("Control+z")
    SAME(image.labels, first)
    image.page.keyboard.press("z")
    SAME(image.labels, before)
    image.page.keyboard.press("Control+y")
    image.page.keyboard.press("Shift+Z")
    SAME(image.labels, second)

    image.page.keyboard.press("e")
    image.stroke((60, 200), (140, 240))
    image.expect_step("Eraser")
    image.expect_phase("saved")
    SAME(annotator.draft(image.image_id), image.labels)
    SAME(image.save(2), annotator.labels(image.image_id, 2))
    assert annotator.client.get(f"/images/{image.image_id}/draft").json() is None

    image.page.reload()
    SAME(image.shown().labels, annotator.labels(image.image_id, 2))


def test_points_of_an_outline_are_dragged_by_mouse_and_finger_and_stored(
    tablet: ImagePage, annotator: Person
) -> None:
    image, page = tablet, tablet.page
    before = image.labels
    page.keyboard.press("g")
    for corner in ((30, 30), (90, 30), (90, 80), (30, 80)):
        page.mouse.click(*image.at(corner))
    page.keyboard.press("Enter")
    image.expect_step("Polygon")
    drawn = image.labels
    page.keyboard.press("Shift+V")
    image.stroke((90, 80), (110, 100))
    image.expect_step("Move point")
    moved = image.labels
    grown = moved != drawn
    rows, columns = np.nonzero(grown)
    # Changes lie only between the point's neighbours and beyond the former corner.
    assert grown.any() and rows.min() >= 30 and columns.min() >= 30
    assert moved[90, 95] == drawn[70, 80] != before[90, 95]
    Fingers(page).drag((image.at((32, 79)),), (image.at((30, 100)),), (image.at((30, 110)),))
    wait_until(lambda: bool(image.labels[100, 31]))
    SAME(image.save(2), annotator.labels(image.image_id, 2))


@pytest.mark.parametrize("ratio", [1, 1.5])
def test_the_canvas_shows_the_pixels_that_are_stored(
    visit: Visit, annotator: Person, ratio: float
) -> None:
    page = visit(annotator, device_scale_factor=ratio)
    image = ImagePage(page, annotator.url, annotator.upload()).open()
    image.draw((150, 100), (300, 140), (260, 300))
    page.keyboard.press("t")
    labels = image.save(2)
    SAME(annotator.labels(image.image_id, 2), labels)
    page.keyboard.press("f")  # show the fill, which is off at first
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => drawn()))")
    shown = image.pixels
    page.keyboard.press("o")
    expect(image.button("Show the outlines")).to_be_visible()
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => drawn()))")
    tinted = (shown != image.pixels).any(axis=2)

    scale = min(tinted.shape[1] / image.width, tinted.shape[0] / image.height)
    left = round((tinted.shape[1] - image.width * scale) / 2)
    top = round((tinted.shape[0] - image.height * scale) / 2)
    rows = np.floor(top + (np.arange(image.height) + 0.5) * scale).astype(int)
    columns = np.floor(left + (np.arange(image.width) + 0.5) * scale).astype(int)
    centres = tinted[np.ix_(rows, columns)]
    assert centres[labels != 0].all()
    # The outline's line extends outwards by half of its width.
    near = ndimage.binary_dilation(labels != 0, iterations=2 * math.ceil(4 * ratio / scale))
    assert not centres[~near].any()


@pytest.mark.parametrize("ratio", [1, 1.5])
def test_a_dab_hits_the_pixel_under_the_pointer_at_any_zoom(
    visit: Visit, annotator: Person, ratio: float
) -> None:
    page = visit(annotator, device_scale_factor=ratio)
    image = ImagePage(page, annotator.url, annotator.upload()).open()
    page.keyboard.press("p")
    for _ in range(30):
        page.keyboard.press("[")
    for notches in (0, 3, 9, 16):
        page.keyboard.press("0")
        window, pixel = inside_a_pixel(image, 40 + 5 * notches, 60)
        page.mouse.move(*window)
        for _ in range(notches):
            zoom = image.zoom
            page.mouse.wheel(0, -100)
            wait_until(lambda before=zoom: image.zoom > before)  # type: ignore[misc]
        before = image.labels
        page.mouse.down()
        page.mouse.up()
        changed = np.argwhere(image.labels != before)
        assert changed.tolist() == [[pixel[1], pixel[0]]], f"{notches} notches"


def inside_a_pixel(image: ImagePage, column: int, row: int) -> tuple[Point, tuple[int, int]]:
    """Return whole window coordinates well inside a pixel near that one, and this pixel."""
    (left, top), (right, _) = image.at((0, 0)), image.at((1, 0))
    scale = right - left
    x, y = (math.ceil(start + at * scale) for start, at in ((left, column), (top, row)))
    while not 0.3 < ((x - left) / scale) % 1 < 0.7:
        x += 1
    while not 0.3 < ((y - top) / scale) % 1 < 0.7:
        y += 1
    return (x, y), (int((x - left) / scale), int((y - top) / scale))


def test_a_pen_draws_wider_when_it_is_pressed_more(tablet: ImagePage, annotator: Person) -> None:
    tablet.page.keyboard.press("p")
    pen = Pen(tablet.page)
    before = tablet.labels
    widths = []
    for row, pressure in ((40, 0.1), (100, 0.25), (340, 0.5)):
        pen.stroke(*(tablet.at((column, row)) for column in range(30, 90, 6)), pressure=pressure)
        tablet.expect_step("Brush")
        widths.append(int((tablet.labels != before)[row - 20 : row + 20, 60].sum()))
    assert widths[0] < widths[1] < widths[2] <= 21
    palm = Fingers(tablet.page)
    drawn = tablet.labels
    palm.drag((tablet.at((250, 60)),), (tablet.at((300, 90)),))
    SAME(tablet.labels, drawn)
    SAME(tablet.save(2), annotator.labels(tablet.image_id, 2))


def test_two_fingers_move_and_zoom_and_draw_nothing(tablet: ImagePage) -> None:
    tablet.page.keyboard.press("p")
    before, zoom = tablet.labels, tablet.zoom
    (x, y), fingers = tablet.at((256, 192)), Fingers(tablet.page)
    fingers.drag(*(((x - 40 - step, y), (x + 40 + step, y + step)) for step in range(0, 80, 10)))
    expect(tablet.page.get_by_role("button", name=f"Zoom {zoom} %")).to_have_count(0)
    assert tablet.zoom > 1.5 * zoom
    SAME(tablet.labels, before)
    expect(tablet.button("Undo")).to_be_disabled()
    tablet.expect_phase("clean")

    tablet.page.keyboard.press("0")
    expect(tablet.page.get_by_role("button", name=f"Zoom {zoom} %")).to_be_visible()
    fingers.drag(*((tablet.at((column, 200)),) for column in (60, 80, 100)))
    tablet.expect_step("Brush")
    assert (tablet.labels != before).any()


def test_the_keyboard_alone_draws_saves_and_hands_in(image: ImagePage, annotator: Person) -> None:
    press = image.page.keyboard.press
    before = image.labels
    press("p")
    press("ArrowRight")  # shows the crosshair
    for _ in range(14):
        press("Shift+ArrowRight")
    press("Space")
    for _ in range(6):
        press("Shift+ArrowDown")
    press("Space")
    image.expect_step("Brush")
    press("d")
    press("g")
    press("ArrowRight")
    for key, times in (("Left", 22), ("Down", 7), ("Right", 5)):
        for _ in range(times):
            press(f"Shift+Arrow{key}")
        press("Space")
    press("Enter")
    image.expect_step("Polygon")
    drawn = image.labels
    assert set(np.unique(drawn)) - set(np.unique(before))

    press("Control+s")
    image.expect_revision(2)
    SAME(annotator.labels(image.image_id, 2), drawn)
    press(".")
    image.expect_step("Grow")
    grown = image.labels
    press("Control+Enter")  # points out that the outline has two areas, which is intended here
    press("Control+Enter")
    wait_until(lambda: annotator.get(f"/images/{image.image_id}")["state"] == "submitted")
    SAME(annotator.labels(image.image_id, 3), grown)


@pytest.mark.usefixtures("drawing_worker")
def test_a_scribble_refines_the_outline_in_one_step(visit: Visit, annotator: Person) -> None:
    image, lesion = with_lesion(visit, annotator, seed=78)
    press = image.page.keyboard.press
    press("e")
    for column in range(256, 340, 12):  # its right half
        image.stroke((column, 160), (column, 280))
    image.expect_step("Eraser")
    halved = image.labels
    press("s")
    image.stroke((256, 220), (306, 220))
    image.expect_step("Refine")
    refined = image.labels
    assert dice(refined, lesion) > dice(halved, lesion) + 0.1
    press("z")
    SAME(image.labels, halved)
    press("Shift+Z")
    SAME(image.labels, refined)
    SAME(image.save(2), annotator.labels(image.image_id, 2))


@pytest.mark.usefixtures("drawing_worker")
def test_a_box_outlines_a_lesion_that_is_missing(visit: Visit, annotator: Person) -> None:
    image, lesion = with_lesion(visit, annotator, seed=77)
    press = image.page.keyboard.press
    while image.labels.any():
        press("l")
        press("Delete")
    press("q")
    image.stroke((180, 165), (332, 275))
    image.expect_step("Box")
    assert dice(image.labels, lesion) > 0.7
    SAME(image.save(2), annotator.labels(image.image_id, 2))


def with_lesion(visit: Visit, person: Person, seed: int) -> tuple[ImagePage, NDArray[np.bool_]]:
    """Open an image with a lesion (:meth:`Person.upload_lesion`); return it and its true mask."""
    image_id, mask = person.upload_lesion(seed)
    return ImagePage(visit(person), person.url, image_id).open(), mask


def dice(labels: NDArray[np.uint8], truth: NDArray[np.bool_]) -> float:
    """Return the Dice of all lesions against the truth."""
    drawn = labels != 0
    return float(2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()))


def test_no_lesion_and_cannot_judge_are_answers(image: ImagePage, annotator: Person) -> None:
    image.answer.get_by_text("No lesion", exact=True).click()
    image.expect_step("No lesion")
    assert not image.save(2).any()
    revision = newest(annotator, image.image_id)
    assert (revision["answer"], revision["answer_reason"]) == ("no-lesion", None)

    # A blocked submission names the missing answer and focuses its field.
    image.page.keyboard.press("9")
    reason = image.page.get_by_label("Why it cannot be judged")
    expect(reason).to_be_focused()
    image.page.get_by_role("heading", level=1).click()
    image.submit()
    expect(reason).to_be_focused()
    expect(image.page.get_by_text("Say why the image cannot be judged.").first).to_be_visible()
    image.page.keyboard.type("Shadow over the region")
    image.save(3)
    revision = newest(annotator, image.image_id)
    assert revision["answer"] == "cannot-judge"
    assert revision["answer_reason"] == "Shadow over the region"

    image.canvas.click(button="middle", position={"x": 5, "y": 5})
    image.draw((200, 200), (260, 220))
    expect(image.answer.get_by_label("Lesions")).to_be_checked()
    SAME(image.save(4), annotator.labels(image.image_id, 4))


def test_an_island_is_pointed_out_before_it_is_submitted(
    image: ImagePage, annotator: Person
) -> None:
    image.page.keyboard.press("8")
    image.expect_step("No lesion")
    image.draw((100, 200), (140, 200))
    image.draw((300, 200), (340, 200))
    image.button("Submit").click()
    split = image.page.get_by_role("button", name=re.compile("^Split into lesions"))
    expect(split).to_be_focused()
    image.page.keyboard.press("Enter")
    image.expect_step("Split into lesions")
    assert set(np.unique(image.labels)) == {0, 1, 2}
    image.button("Submit").click()
    wait_until(lambda: annotator.get(f"/images/{image.image_id}")["state"] == "submitted")
    # An accidental submission can be undone.
    image.page.get_by_role("button", name=re.compile("^Undo Alt")).click()
    wait_until(lambda: annotator.get(f"/images/{image.image_id}")["state"] == "in-correction")


def newest(person: Person, image_id: str) -> dict[str, Any]:
    """Return the newest revision."""
    revision: dict[str, Any] = person.get(f"/images/{image_id}")["masks"][0]
    return revision


def test_a_turned_picture_is_drawn_on_where_the_pointer_is_and_nothing_stored_turns(
    image: ImagePage, annotator: Person
) -> None:
    page = image.page
    before = image.labels
    page.keyboard.press("Alt+h")
    note = page.get_by_role("status").get_by_text("left and right are swapped")
    expect(note).to_be_visible()
    # The left of the image is shown on the right.
    last = image.width - 1
    page.keyboard.press("p")
    image.stroke((last - 60, 200), (last - 140, 240))
    image.expect_step("Brush")
    drawn = image.labels
    assert drawn[200, 60] and drawn[240, 140] and not before[200, 60]
    assert drawn[200, last - 60] == before[200, last - 60]

    page.keyboard.press("Alt+t")
    expect(page.get_by_text("Flipped and turned right by 90°.")).to_be_visible()
    page.get_by_role("button", name="Show as taken").click()
    expect(page.get_by_text("Flipped")).to_have_count(0)
    SAME(image.labels, drawn)
    SAME(image.save(2), annotator.labels(image.image_id, 2))

    page.keyboard.press("Shift+E")
    image.stroke((200, 100), (260, 100))
    image.stroke((230, 80), (230, 120))
    image.expect_step("Ellipse")
    expect(page.get_by_role("listitem").filter(has_text="Ellipse 1")).to_contain_text("Grey level")


def test_an_own_image_is_deleted_from_its_page_and_comes_back_with_undo(
    image: ImagePage, annotator: Person
) -> None:
    address = f"/images/{image.image_id}"
    image.button("Delete the image").click()
    image.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    undo = image.page.get_by_role("button", name=re.compile(r"^Undo \S"))
    expect(undo).to_be_visible()
    assert annotator.client.get(address).status_code == 404
    image.page.keyboard.press("Alt+z")
    expect(image.page.get_by_text("Undone for 1 image.")).to_be_visible()
    assert annotator.get(address)["state"] == "predicted"
