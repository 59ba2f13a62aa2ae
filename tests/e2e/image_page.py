"""The page on which an image is looked at and corrected, as tests drive it."""

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
"""JavaScript that names `props`, those of the canvas: `editor`, and by `ref` the stage."""
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
"""JavaScript that tells whether an element was clicked since."""

Point = tuple[float, float]
"""(column, row) in px of the image; the centre of the first pixel is (0.5, 0.5)."""


class ImagePage:
    """One image on its page.

    Args:
        page: of somebody who is signed in.
        url: of the product.
        width, height: of the image.
        words: of the page's language.
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
        """Go to the page; returns once the drawing can be changed."""
        self.page.goto(self.address)
        return self.shown()

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"{self._url}/ui/images/{self.image_id}"

    def shown(self) -> "ImagePage":
        """Wait until the drawing is there."""
        expect(self.tool("Ruler")).to_be_enabled()
        expect(self.state).to_be_visible()
        return self

    # -- what is seen ---------------------------------------------------------------------------

    @property
    def canvas(self) -> Locator:
        """The image."""
        return self.page.locator("main section canvas[role=img]").last

    @property
    def state(self) -> Locator:
        """The drawing's state of storage; `data-phase` says it in a word."""
        return self.page.get_by_test_id("save-state")

    def expect_phase(self, phase: str) -> None:
        """Wait until the drawing has come that far."""
        expect(self.state).to_have_attribute("data-phase", phase)

    def expect_revision(self, revision: int) -> None:
        """Wait until nothing is unsaved and the drawing is that revision."""
        self.expect_phase("clean")
        expect(self.state).to_contain_text(f"Revision {revision}")

    def expect_step(self, name: str) -> None:
        """Wait until undo would take back a step of that name."""
        expect(self.button(f"Undo {name}")).to_be_enabled()

    def tool(self, name: str) -> Locator:
        """A tool of the rail."""
        rail = self.page.get_by_role("toolbar", name=self.words("Tools"))
        return rail.get_by_role("button", name=self.words(name), exact=True)

    def button(self, name: str) -> Locator:
        """A button of the page."""
        return self.page.get_by_role("button", name=self.words(name), exact=True)

    @property
    def zoom(self) -> int:
        """Percent."""
        name = self.page.get_by_role("button", name=re.compile(r"^Zoom \d")).get_attribute(
            "aria-label"
        )
        found = re.search(r"\d+", name or "")
        assert found
        return int(found[0])

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The editor's label map, uint8 [H,W].

        The page hands its editor to nobody, so it is read out of React's own tree: not out of
        what was sent to the server, which is what it is compared with.
        """
        return _array(self.page.evaluate(READ_MAP))[..., 0]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The canvas, uint8 [H,W,4] in device pixels."""
        return _array(self.page.evaluate(READ_CANVAS))

    # -- what a hand does -----------------------------------------------------------------------

    def at(self, point: Point) -> Point:
        """Where a point of the image lies in the window while the image is fitted, CSS px."""
        box = self.canvas.bounding_box()
        assert box
        scale = min(box["width"] / self.width, box["height"] / self.height)
        left = box["x"] + (box["width"] - self.width * scale) / 2
        top = box["y"] + (box["height"] - self.height * scale) / 2
        return left + point[0] * scale, top + point[1] * scale

    def stroke(self, *points: Point, steps: int = 6) -> None:
        """Press the left button at the first point, move through the others, let go."""
        mouse = self.page.mouse
        mouse.move(*self.at(points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(point), steps=steps)
        mouse.up()

    def draw(self, *points: Point) -> NDArray[np.uint8]:
        """One stroke of the brush; the labels after it, which differ from those before."""
        before = self.labels
        self.page.keyboard.press("p")
        self.stroke(*points)
        self.expect_step("Brush")
        after = self.labels
        assert (after != before).any()
        return after

    def save(self, revision: int) -> NDArray[np.uint8]:
        """Save as that revision; what the editor then holds."""
        self.button("Save").click()
        self.expect_revision(revision)
        return self.labels

    def submit(self) -> None:
        """Hand in; what is pointed out once is meant here: a possible lesion, separate areas."""
        self.button("Submit").click()
        for hint in ("submit again to leave it as it is", "submit again to keep them"):
            if self.page.get_by_text(hint).first.is_visible():
                self.button("Submit").click()

    @property
    def answer(self) -> Locator:
        """The answer about the image as a whole."""
        return self.page.get_by_role("radiogroup", name=self.words("Answer"))


class Pen:
    """A pen on the page, through the browser's own input."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)

    def stroke(self, *points: Point, pressure: float) -> None:
        """Down, through all points, up; in CSS px of the window."""
        self._send("mouseMoved", points[0], 0, "none", 0)
        self._send("mousePressed", points[0], pressure, "left", 1)
        for point in points[1:]:
            self._send("mouseMoved", point, pressure, "left", 1)
        self._send("mouseReleased", points[-1], 0, "left", 0)

    def tap(self, target: Locator) -> None:
        """Press the middle of what is shown and can be pressed."""
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
        """Put one finger down at each point of the first step, move through the others, lift."""
        for number, points in enumerate(steps):
            self._send("touchStart" if number == 0 else "touchMove", points)
        self._send("touchEnd", ())

    def tap(self, target: Locator) -> None:
        """Press what is shown until it was clicked.

        On a slow machine so much time passes between down and up that it is a long press, which
        clicks nothing.
        """
        clicked = target.evaluate_handle(NOTE_CLICK)
        while not clicked.evaluate("seen => seen.click"):
            target.tap()
            self._page.wait_for_timeout(200)  # the click comes after the touch

    def _send(self, kind: str, points: tuple[Point, ...]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def _array(read: dict[str, Any]) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(read["data"]), np.uint8)
    return data.reshape(read["height"], read["width"], -1)
