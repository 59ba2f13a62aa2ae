"""The five commonest tasks of readers take few actions, by the mouse alone, by keys alone, and by
fingers on a tablet."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import TABLET, Visit
from tests.e2e.image_page import Fingers, ImagePage, Point
from tests.e2e.people import Person
from tests.processes import wait_until

Action = Callable[[ImagePage], object]
"""A press of a button or of keys, or a stroke: from where it begins to where it ends. To point,
with the mouse or with the crosshair of the arrow keys, is none."""


def key(name: str) -> Action:
    """Press keys together."""
    return lambda image: image.page.keyboard.press(name)


def click(find: Callable[[ImagePage], Locator]) -> Action:
    """Press what is found."""
    return lambda image: find(image).click()


def key_stroke(there: str, along: str) -> Action:
    """By keys, each an arrow and how often: to where it begins, and along the stroke."""

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
    """By the mouse."""
    return lambda image: image.stroke(*points)


def tap(find: Callable[[ImagePage], Locator]) -> Action:
    """Press what is found with a finger."""
    return lambda image: find(image).tap()


def finger_stroke(*points: Point) -> Action:
    """With one finger."""
    return lambda image: Fingers(image.page).drag(*((image.at(point),) for point in points))


def findings(image: ImagePage) -> Locator:
    """The button of the panel, which is closed on a tablet."""
    return image.button("Findings and history")


def approve(image: ImagePage) -> Locator:
    """The button of the review, which shows its key."""
    return image.page.get_by_role("button", name="Approve")


SUBMIT = {
    "keys": key("Control+Enter"),
    "mouse": click(lambda image: image.button("Submit")),
    "fingers": tap(lambda image: image.button("Submit")),
}
TASKS: dict[str, dict[str, list[Action]]] = {
    "keys": {
        "fix an outline": [key("p"), key_stroke("Down 1", "Down 7"), SUBMIT["keys"]],
        "draw a missed lesion": [key("d"), key_stroke("Left 16", "Right 4"), SUBMIT["keys"]],
        "reject a false outline": [key("Delete"), SUBMIT["keys"]],
        "answer no lesion": [key("8"), SUBMIT["keys"]],
        "approve": [key("Alt+a")],
    },
    "mouse": {
        "fix an outline": [
            click(lambda image: image.tool("Brush")),
            mouse_stroke((256, 220), (256, 290)),
            SUBMIT["mouse"],
        ],
        "draw a missed lesion": [
            click(lambda image: image.button("New lesion")),
            mouse_stroke((80, 80), (120, 80)),
            SUBMIT["mouse"],
        ],
        "reject a false outline": [
            click(lambda image: image.button("More for Lesion 1")),
            click(lambda image: image.page.get_by_role("menuitem", name="Delete")),
            SUBMIT["mouse"],
        ],
        "answer no lesion": [
            click(lambda image: image.answer.get_by_text("No lesion", exact=True)),
            SUBMIT["mouse"],
        ],
        "approve": [click(approve)],
    },
    "fingers": {
        "fix an outline": [
            tap(lambda image: image.tool("Brush")),
            finger_stroke((256, 220), (256, 260), (256, 290)),
            SUBMIT["fingers"],
        ],
        "draw a missed lesion": [
            tap(lambda image: image.button("New lesion")),
            finger_stroke((80, 80), (100, 80), (120, 80)),
            SUBMIT["fingers"],
        ],
        "reject a false outline": [
            tap(lambda image: image.button("Delete lesion")),
            SUBMIT["fingers"],
        ],
        "answer no lesion": [
            tap(findings),
            tap(lambda image: image.answer.get_by_text("No lesion", exact=True)),
            SUBMIT["fingers"],
        ],
        "approve": [tap(findings), tap(approve)],
    },
}
LESIONS = {"draw a missed lesion": 2, "reject a false outline": 0, "answer no lesion": 0}


@pytest.mark.parametrize("hand", ["keys", "mouse", "fingers"])
def test_the_five_commonest_tasks_take_at_most_three_actions(
    hand: str, visit: Visit, annotator: Person, reviewer: Person
) -> None:
    def done(image: ImagePage, task: str, wanted: str) -> NDArray[np.uint8]:
        assert len(TASKS[hand][task]) <= 3
        for act in TASKS[hand][task]:
            act(image)

        def is_done() -> bool:
            image.page.wait_for_timeout(50)  # touches go on only while Playwright's loop runs
            return bool(annotator.get(f"/images/{image.image_id}")["state"] == wanted)

        wait_until(is_done)
        return annotator.labels(image.image_id, 2)

    seed = {"keys": 81, "mouse": 91, "fingers": 101}[hand]
    screen = {"viewport": TABLET, "has_touch": True} if hand == "fingers" else {}
    image_id, _ = annotator.upload_lesion(seed)
    image = ImagePage(visit(annotator, **screen), annotator.url, image_id).open()
    before = image.labels
    fixed = done(image, "fix an outline", "submitted")
    assert (fixed == 1).sum() > (before == 1).sum()

    desk = ImagePage(visit(reviewer, **screen), reviewer.url, image.image_id).open()
    if hand != "fingers":
        expect(approve(desk)).to_be_visible()
    done(desk, "approve", "approved")

    for task, lesions in LESIONS.items():
        seed += 1
        image.image_id, _ = annotator.upload_lesion(seed)
        image.open()
        assert set(np.unique(image.labels)) == {0, 1}
        found = done(image, task, "submitted")
        assert len(set(np.unique(found)) - {0}) == lesions
