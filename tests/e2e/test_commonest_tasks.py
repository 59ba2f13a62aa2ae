"""The five commonest tasks of readers take few actions: by the mouse alone, by keys alone, with a
pen, and with fingers on a tablet and a phone, in every language."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, ViewportSize, expect

from tests.e2e.conftest import DESKTOP, PHONE, TABLET, Visit
from tests.e2e.image_page import Fingers, ImagePage, Pen, Point
from tests.e2e.people import Person
from tests.e2e.words import words
from tests.processes import wait_until

Action = Callable[[ImagePage], object]
"""A press of a button or of keys, or a whole stroke. Pointing, with the mouse or with the arrow
keys' crosshair, does not count as an action."""


def key(name: str) -> Action:
    """Press a combination of keys."""
    return lambda image: image.page.keyboard.press(name)


def click(find: Callable[[ImagePage], Locator]) -> Action:
    """Click an element."""
    return lambda image: find(image).click()


def key_stroke(there: str, along: str) -> Action:
    """Draw by keys, each given as an arrow and a count: to the start, and along the stroke."""

    def act(image: ImagePage) -> None:
        press = image.page.keyboard.press
        press("ArrowDown")  # shows the crosshair
        for way in (there, along):
            arrow, _, times = way.partition(" ")
            for _ in range(int(times)):
                press(f"Shift+Arrow{arrow}")
            press("Space")

    return act


def mouse_stroke(*points: Point) -> Action:
    """Draw with the mouse."""
    return lambda image: image.stroke(*points)


def tap(find: Callable[[ImagePage], Locator]) -> Action:
    """Tap an element with a finger."""
    return lambda image: Fingers(image.page).tap(find(image))


def finger_stroke(*points: Point) -> Action:
    """Draw with one finger and wait for the stroke: an earlier touch would be a second finger."""

    def act(image: ImagePage) -> None:
        Fingers(image.page).drag(*((image.at(point),) for point in points))
        options = image.page.get_by_role("toolbar", name=image.words("Tool options"))
        expect(options.get_by_role("button").first).to_be_enabled()  # the undo button

    return act


def pen_tap(find: Callable[[ImagePage], Locator]) -> Action:
    """Tap an element with a pen."""
    return lambda image: Pen(image.page).tap(find(image))


def pen_stroke(*points: Point) -> Action:
    """Draw with a pen."""
    return lambda image: Pen(image.page).stroke(*map(image.at, points), pressure=0.5)


def brush(image: ImagePage) -> Locator:
    """The brush in the toolbar."""
    return image.tool("Brush")


def new_lesion(image: ImagePage) -> Locator:
    """The button that begins a lesion."""
    return image.button("New lesion")


def delete_lesion(image: ImagePage) -> Locator:
    """The button in the bar above the image, on a tablet and a phone."""
    return image.button("Delete lesion")


def more_for_lesion(image: ImagePage) -> Locator:
    """The menu of the only lesion in the list."""
    name = re.escape(image.words("More for {0}")).replace(r"\{0\}", ".+")
    return image.page.get_by_role("button", name=re.compile(f"^{name}$"))


def delete(image: ImagePage) -> Locator:
    """The entry in that menu."""
    return image.page.get_by_role("menuitem", name=image.words("Delete"))


def submit(image: ImagePage) -> Locator:
    """The button that submits the drawing."""
    return image.button("Submit")


def findings(image: ImagePage) -> Locator:
    """The button that opens the panel, which is closed at first on a tablet."""
    return image.button("Findings and history")


def no_lesion(image: ImagePage) -> Locator:
    """The answer without a lesion."""
    return image.answer.get_by_text(image.words("No lesion"), exact=True)


def approve(image: ImagePage) -> Locator:
    """The review's button, which shows its key."""
    return image.page.get_by_role("button", name=image.words("Approve"))


Press = Callable[[Callable[[ImagePage], Locator]], Action]


def on_a_touchscreen(press: Press, stroke: Callable[..., Action]) -> dict[str, list[Action]]:
    """Return the tasks for touchscreens, on which the findings panel is closed at first."""
    return {
        "fix an outline": [
            press(brush),
            stroke((256, 220), (256, 260), (256, 290)),
            press(submit),
        ],
        "draw a missed lesion": [
            press(new_lesion),
            stroke((80, 80), (100, 80), (120, 80)),
            press(submit),
        ],
        "reject a false outline": [press(delete_lesion), press(submit)],
        "answer no lesion": [press(findings), press(no_lesion), press(submit)],
        "approve": [press(findings), press(approve)],
    }


TASKS: dict[str, dict[str, list[Action]]] = {
    "keys": {
        "fix an outline": [key("p"), key_stroke("Down 1", "Down 7"), key("Control+Enter")],
        "draw a missed lesion": [key("d"), key_stroke("Left 16", "Right 4"), key("Control+Enter")],
        "reject a false outline": [key("Delete"), key("Control+Enter")],
        "answer no lesion": [key("8"), key("Control+Enter")],
        "approve": [key("Alt+a")],
    },
    "mouse": {
        "fix an outline": [click(brush), mouse_stroke((256, 220), (256, 290)), click(submit)],
        "draw a missed lesion": [
            click(new_lesion),
            mouse_stroke((80, 80), (120, 80)),
            click(submit),
        ],
        "reject a false outline": [click(more_for_lesion), click(delete), click(submit)],
        "answer no lesion": [click(no_lesion), click(submit)],
        "approve": [click(approve)],
    },
    "fingers": on_a_touchscreen(tap, finger_stroke),
    "pen": on_a_touchscreen(pen_tap, pen_stroke),
}
LESIONS = {"draw a missed lesion": 2, "reject a false outline": 0, "answer no lesion": 0}
BY = [
    ("keys", DESKTOP, "de-DE"),
    ("mouse", DESKTOP, "zh-CN"),
    ("pen", TABLET, "es-ES"),
    ("fingers", TABLET, "en-GB"),
    ("fingers", PHONE, "de-DE"),
]
"""Input device, screen size and browser language."""


@pytest.mark.parametrize(
    ("hand", "size", "language"), BY, ids=[f"{h}-{s['width']}-{tag}" for h, s, tag in BY]
)
def test_the_five_commonest_tasks_take_at_most_three_actions(
    hand: str,
    size: ViewportSize,
    language: str,
    visit: Visit,
    annotator: Person,
    reviewer: Person,
) -> None:
    def at_desk(person: Person, image_id: str) -> ImagePage:
        page = visit(person, viewport=size, has_touch=size != DESKTOP, locale=language)
        return ImagePage(page, person.url, image_id, words=said).open()

    def done(image: ImagePage, task: str, wanted: str) -> NDArray[np.uint8]:
        assert len(TASKS[hand][task]) <= 3
        for act in TASKS[hand][task]:
            act(image)

        def is_done() -> bool:
            image.page.wait_for_timeout(50)  # touches proceed only while Playwright's loop runs
            return bool(annotator.get(f"/images/{image.image_id}")["state"] == wanted)

        wait_until(is_done)
        return annotator.labels(image.image_id, 2)

    tag = language.partition("-")[0]
    said = words("zh-Hans" if tag == "zh" else tag)
    seed = 81 + 10 * BY.index((hand, size, language))
    image = at_desk(annotator, annotator.upload_lesion(seed)[0])
    before = image.labels
    fixed = done(image, "fix an outline", "submitted")
    assert (fixed == 1).sum() > (before == 1).sum()

    desk = at_desk(reviewer, image.image_id)
    if size == DESKTOP:
        expect(approve(desk)).to_be_visible()
    done(desk, "approve", "approved")

    for task, lesions in LESIONS.items():
        seed += 1
        image.image_id, _ = annotator.upload_lesion(seed)
        image.open()
        assert set(np.unique(image.labels)) == {0, 1}
        found = done(image, task, "submitted")
        assert len(set(np.unique(found)) - {0}) == lesions
