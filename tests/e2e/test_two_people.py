"""Two people work on one image: each sees the other, and both drawings are kept."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from worker.pipeline.zoo import DEFAULT_MODEL

SAME = np.testing.assert_array_equal


@pytest.fixture
def both(visit: Visit, annotator: Person, reviewer: Person) -> tuple[ImagePage, ImagePage]:
    """One image on two screens, its owner's and the reviewer's."""
    image_id = annotator.upload()
    first, second = (
        ImagePage(visit(person), person.url, image_id).open() for person in (annotator, reviewer)
    )
    return first, second


def test_the_second_save_merges_and_overwrites_nothing(
    both: tuple[ImagePage, ImagePage], annotator: Person, reviewer: Person
) -> None:
    first, second = both
    model = first.labels
    expect(second.page.get_by_test_id("presence")).to_contain_text(f"{annotator.name} is viewing")
    mine = first.draw((60, 200), (140, 240))
    expect(second.page.get_by_test_id("presence")).to_contain_text(f"{annotator.name} is editing")
    expect(second.page.get_by_test_id("others-editing")).to_be_visible()

    theirs = second.draw((380, 60), (440, 140))
    SAME(first.save(2), mine)
    expect(second.page.get_by_test_id("newer-revision")).to_contain_text(
        f"{annotator.name} saved revision 2"
    )
    second.button("Save").click()
    merge = second.page.get_by_role("dialog", name="Two drawings of this image")
    expect(merge).to_contain_text("They differ in 2 areas.")
    expect(merge).to_contain_text("Everything is decided.")
    merge.get_by_role("button", name="Save on top of theirs").click()
    second.expect_revision(3)

    merged = second.labels
    SAME(merged != 0, (mine != 0) | (theirs != 0))
    SAME(annotator.labels(first.image_id, 3), merged)
    SAME(annotator.labels(first.image_id, 2), mine)
    SAME(annotator.mask(first.image_id, 1), model != 0)
    line = [
        (mask["revision"], mask["parent_revision"], (mask["author"] or {}).get("name"))
        for mask in reviewer.get(f"/images/{first.image_id}")["masks"]
    ]
    assert line == [(3, 2, reviewer.name), (2, 1, annotator.name), (1, None, None)]
    # The first screen had nothing unsaved, so the merged drawing appears by itself.
    first.expect_revision(3)
    SAME(first.labels, merged)


def test_what_both_changed_is_for_a_person_to_decide(
    both: tuple[ImagePage, ImagePage], annotator: Person
) -> None:
    first, second = both
    mine = first.draw((60, 200), (140, 200))
    theirs = second.draw((130, 200), (200, 200))
    first.save(2)
    second.button("Save").click()
    merge = second.page.get_by_role("dialog", name="Two drawings of this image")
    expect(merge).to_be_visible()
    finish = merge.get_by_role("button", name="Save on top of theirs")
    if finish.is_disabled():
        expect(merge).to_contain_text("to decide")
    merge.get_by_role("listbox").focus()
    for _ in range(merge.get_by_role("option").count()):
        second.page.keyboard.press("3")
        second.page.keyboard.press("ArrowDown")
    finish.click()
    second.expect_revision(3)
    SAME(second.labels != 0, (mine != 0) | (theirs != 0))
    SAME(annotator.labels(first.image_id, 3), second.labels)


def test_a_place_is_commented_on_answered_and_resolved(
    both: tuple[ImagePage, ImagePage], annotator: Person, reviewer: Person
) -> None:
    first, second = both
    first.page.get_by_role("tab", name="Comments").click()
    first.button("Pin a comment").click()
    first.button("Press the place that the comment is about").wait_for()
    # The wheel zooms although an overlay is waiting for the place to be chosen.
    zoom = first.page.get_by_role("button", name="set to one to one")
    fitted = zoom.inner_text()
    first.page.mouse.move(*first.at((300, 120)))
    first.page.mouse.wheel(0, -300)
    expect(zoom).not_to_have_text(fitted)
    first.page.mouse.click(*first.at((300, 120)))
    first.page.get_by_role("textbox", name="New comment").fill("Shadow or lesion?")
    first.button("Pin the comment").click()
    expect(first.button("Comment 1: Shadow or lesion?")).to_be_visible()
    [pin] = annotator.get(f"/images/{first.image_id}/pins")["items"]
    assert (round(pin["x"]), round(pin["y"])) == (300, 120)

    # It appears on the other screen by itself, at its place.
    mark = second.button("Comment 1: Shadow or lesion?")
    expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert box
    column, row = second.at((300, 120))
    assert (box["x"], box["y"] + box["height"]) == pytest.approx((column, row), abs=2)
    second.page.get_by_role("tab", name="Comments").click()
    mark.click()
    second.page.get_by_role("textbox", name="Reply").fill("A shadow.")
    second.page.keyboard.press("Control+Enter")

    said = first.page.get_by_role("list", name="Comments")
    expect(said).to_contain_text("A shadow.")
    expect(said).to_contain_text(reviewer.name)
    first.button("Resolve").click()
    expect(second.page.get_by_text(f"Resolved by {annotator.name}")).to_be_visible()
    second.page.reload()
    second.shown()
    expect(mark).to_have_count(0)
    second.page.get_by_role("tab", name="Comments").click()
    second.button("Show 1 resolved comment").click()
    expect(second.page.get_by_role("list", name="Comments")).to_contain_text("A shadow.")

    # The key puts a comment in the middle and a click moves it; letters are typed into the comment.
    second.page.keyboard.press("Alt+c")
    second.page.mouse.click(*second.at((80, 200)))
    second.page.keyboard.type("below")
    second.page.keyboard.press("Control+Enter")
    expect(second.button("Comment 2: below")).to_be_visible()
    pin = reviewer.get(f"/images/{first.image_id}/pins")["items"][1]
    assert (pin["x"], pin["y"]) == pytest.approx((80, 200), abs=1)


def test_an_old_revision_is_looked_at_and_restored(image: ImagePage, annotator: Person) -> None:
    model = image.labels
    image.draw((60, 200), (140, 240))
    drawn = image.save(2)
    page = image.page
    page.get_by_role("tab", name="History").click()
    rows = page.get_by_test_id("history").locator("[data-revision]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(re.compile(r"2 · Ann Notator.*\+[\d,]+ px", re.DOTALL))
    expect(rows.last).to_contain_text(DEFAULT_MODEL)

    image.button("Show revision 1").click()
    expect(page.get_by_text("Revision 1, read only")).to_be_visible()
    SAME(image.labels != 0, model != 0)
    expect(image.tool("Brush")).to_be_disabled()
    page.keyboard.press("Escape")
    SAME(image.labels, drawn)

    image.button("Restore revision 1").click()
    image.expect_revision(3)
    expect(rows).to_have_count(3)
    SAME(image.labels, model)
    SAME(annotator.mask(image.image_id, 3), model != 0)

    image.button("Restore revision 2").click()
    image.expect_revision(4)
    SAME(image.labels, drawn)
    SAME(annotator.labels(image.image_id, 4), drawn)
    SAME(annotator.labels(image.image_id, 2), drawn)
