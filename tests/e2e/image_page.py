"""Page object for the page on which people view and correct an image."""

import base64
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.e2e.words import Words, english

FIND_EDITOR = """
  const canvas = document.querySelector('main section canvas[role=img]');
  let fiber = canvas[Object.keys(canvas).find((name) => name.startsWith('__reactFiber$'))];
  while (fiber.return) fiber = fiber.return;
  const open = [fiber.stateNode.current];
  let props = null;
  while (open.length > 0 && !props) {
    const one = open.pop();
    if (one.memoizedProps?.canvas && one.memoizedProps.editor?.map) props = one.memoizedProps;
    if (one.sibling) open.push(one.sibling);
    if (one.child) open.push(one.child);
  }
  const base64 = (bytes) => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    }
    return btoa(text);
  };
"""
"""JavaScript that sets `props` to the canvas's props, among them `editor`."""
READ_MAP = f"""() => {{ {FIND_EDITOR}
  const {{ width, height, data }} = props.editor.map;
  return {{ width, height, data: base64(data) }};
}}"""
READ_CANVAS = f"""() => {{ {FIND_EDITOR}
  const {{ width, height }} = canvas;
  const {{ data }} = canvas.getContext('2d').getImageData(0, 0, width, height);
  return {{ width, height, data: base64(data) }};
}}"""

NOTE_CLICK = """(target) => {
  const seen = { click: false };
  addEventListener('click', ({ target: at }) => { seen.click ||= target.contains(at); }, true);
  return seen;
}"""
"""JavaScript that records whether an element has been clicked since."""

Point = tuple[float, float]
"""(column, row) in px of the image; the centre of the first pixel is (0.5, 0.5)."""


class ImagePage:
    """One image on its page.

    Args:
        page: page of a signed-in person.
        url: URL of the product.
        width, height: size of the image.
        words: texts in the page's language.
    """

    def __init__(
        self,
        page: Page,
        url: str,
        image_id: str,
        width: int = 512,
        height: int = 384,
        words: Words = english,
    ) -> None:
        self.page = page
        self.words = words
        self.image_id = image_id
        self.width, self.height = width, height
        self._url = url

    def open(self) -> "ImagePage":
        """Go to the page and wait until the drawing can be changed."""
        self.page.goto(self.address)
        return self.shown()

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"{self._url}/ui/images/{self.image_id}"

    def shown(self) -> "ImagePage":
        """Wait until the drawing is loaded."""
        expect(self.tool("Ruler")).to_be_enabled()
        expect(self.state).to_be_visible()
        return self

    # -- reading the page -----------------------------------------------------------------------

    @property
    def canvas(self) -> Locator:
        """The image."""
        return self.page.locator("main section canvas[role=img]").last

    @property
    def state(self) -> Locator:
        """The drawing's save state; `data-phase` holds it as one word."""
        return self.page.get_by_test_id("save-state")

    def expect_phase(self, phase: str) -> None:
        """Wait until the drawing's save state is that phase."""
        expect(self.state).to_have_attribute("data-phase", phase)

    def expect_revision(self, revision: int) -> None:
        """Wait until there is nothing unsaved and the drawing is that revision."""
        self.expect_phase("clean")
        expect(self.state).to_contain_text(f"Revision {revision}")

    def expect_step(self, name: str) -> None:
        """Wait until the next undo would revert a step of that name."""
        expect(self.button(f"Undo {name}")).to_be_enabled()

    def tool(self, name: str) -> Locator:
        """A button in the toolbar."""
        rail = self.page.get_by_role("toolbar", name=self.words("Tools"))
        return rail.get_by_role("button", name=self.words(name), exact=True)

    def button(self, name: str) -> Locator:
        """A button on the page."""
        return self.page.get_by_role("button", name=self.words(name), exact=True)

    @property
    def zoom(self) -> int:
        """The zoom in percent."""
        name = self.page.get_by_role("button", name=re.compile(r"^Zoom \d")).get_attribute(
            "aria-label"
        )
        found = re.search(r"\d+", name or "")
        assert found
        return int(found[0])

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The editor's label map, uint8 [H,W].

        The page does not expose its editor, so the map is read from React's own tree. It is not
        read from what was sent to the server, because tests compare it with that.
        """
        return _array(self.page.evaluate(READ_MAP))[..., 0]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Pixels of the canvas, uint8 [H,W,4] in device pixels."""
        return _array(self.page.evaluate(READ_CANVAS))

    # -- acting on the page ---------------------------------------------------------------------

    def at(self, point: Point) -> Point:
        """Return a point of the image in CSS px of the window, while the image is fitted."""
        box = self.canvas.bounding_box()
        assert box
        scale = min(box["width"] / self.width, box["height"] / self.height)
        left = box["x"] + (box["width"] - self.width * scale) / 2
        top = box["y"] + (box["height"] - self.height * scale) / 2
        return left + point[0] * scale, top + point[1] * scale

    def stroke(self, *points: Point, steps: int = 6) -> None:
        """Press the left button at the first point, move through the others, and release it."""
        mouse = self.page.mouse
        mouse.move(*self.at(points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(point), steps=steps)
        mouse.up()

    def draw(self, *points: Point) -> NDArray[np.uint8]:
        """Draw a brush stroke that changes the labels, and return the new labels."""
        before = self.labels
        self.page.keyboard.press("p")
        self.stroke(*points)
        self.expect_step("Brush")
        after = self.labels
        assert (after != before).any()
        return after

    def save(self, revision: int) -> NDArray[np.uint8]:
        """Save as that revision and return the editor's labels."""
        self.button("Save").click()
        self.expect_revision(revision)
        return self.labels

    def submit(self) -> None:
        """Submit, and confirm hints about a possible lesion or separate areas."""
        self.button("Submit").click()
        for hint in ("submit again to leave it as it is", "submit again to keep them"):
            if self.page.get_by_text(hint).first.is_visible():
                self.button("Submit").click()

    @property
    def answer(self) -> Locator:
        """The answer for the whole image."""
        return self.page.get_by_role("radiogroup", name=self.words("Answer"))


class Pen:
    """A pen on the page, through the browser's own input."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)

    def stroke(self, *points: Point, pressure: float) -> None:
        """Put the pen down, move it through all points (CSS px of the window), and lift it."""
        self._send("mouseMoved", points[0], 0, "none", 0)
        self._send("mousePressed", points[0], pressure, "left", 1)
        for point in points[1:]:
            self._send("mouseMoved", point, pressure, "left", 1)
        self._send("mouseReleased", points[-1], 0, "left", 0)

    def tap(self, target: Locator) -> None:
        """Press the middle of an element once it is visible and enabled."""
        target.click(trial=True)
        box = target.bounding_box()
        assert box
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.stroke(middle, pressure=0.5)

    def _send(self, kind: str, at: Point, force: float, button: str, buttons: int) -> None:
        event: dict[str, Any] = {
            "type": kind,
            "x": at[0],
            "y": at[1],
            "button": button,
            "buttons": buttons,
            "force": force,
            "pointerType": "pen",
            "clickCount": 1,
        }
        self._cdp.send("Input.dispatchMouseEvent", event)


class Fingers:
    """Fingers on the page, through the browser's own input."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)

    def drag(self, *steps: tuple[Point, ...]) -> None:
        """Put a finger down at each point of the first step, move through the others, and lift."""
        for number, points in enumerate(steps):
            self._send("touchStart" if number == 0 else "touchMove", points)
        self._send("touchEnd", ())

    def tap(self, target: Locator) -> None:
        """Tap an element until it is clicked.

        On a slow machine the time between down and up can make the tap a long press, which does not
        click.
        """
        clicked = target.evaluate_handle(NOTE_CLICK)
        while not clicked.evaluate("seen => seen.click"):
            target.tap()
            self._page.wait_for_timeout(200)  # the click event follows the touch

    def _send(self, kind: str, points: tuple[Point, ...]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def _array(read: dict[str, Any]) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(read["data"]), np.uint8)
    return data.reshape(read["height"], read["width"], -1)
