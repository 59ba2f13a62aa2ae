"""A cine in a real browser: played, stepped through, corrected on two frames, submitted."""

from playwright.sync_api import Page, Route, expect

from tests.cines import cine_dicom, cine_frames
from tests.e2e.axe import violations
from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from tests.processes import wait_until

COUNT = 24
HEIGHT, WIDTH = 192, 256
SEEN = """() => new Promise((resolve) => {
  const strip = document.querySelector('[role=slider][aria-label=Frame]');
  const seen = new Set();
  const end = performance.now() + 20000;
  const look = (now) => {
    seen.add(strip.getAttribute('aria-valuenow'));
    if (now < end && seen.size < strip.ariaValueMax) requestAnimationFrame(look);
    else resolve(seen.size);
  };
  requestAnimationFrame(look);
})"""
"""Counts the frames shown, until all have been or 20 s have passed."""
PAINTED = """() => {
  const canvas = document.querySelector('section[aria-label="Image"] canvas[role=img]');
  if (!canvas) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 < 3 && value > 60);
}"""


def test_a_cine_is_played_corrected_on_two_frames_and_handed_in(page: Page, admin: Person) -> None:
    image_id = admin.upload(cine_dicom(cine_frames(COUNT, HEIGHT, WIDTH)[0]))
    opened = _first_picture_before_the_drawing(ImagePage(page, admin.url, image_id, WIDTH, HEIGHT))
    cine = page.get_by_role("region", name="Cine")
    strip = cine.get_by_role("slider", name="Frame")
    expect(strip).to_have_attribute("aria-valuenow", "1")

    cine.get_by_role("button", name="Play").click()
    assert page.evaluate(SEEN) == COUNT
    page.keyboard.press("r")
    expect(cine.get_by_role("button", name="Play")).to_be_visible()

    strip.focus()
    page.keyboard.press("Home")
    expect(strip).to_have_attribute("aria-valuenow", "1")
    for index, step in ((2, "2"), (3, "1")):
        with page.expect_response(lambda answer: f"/frames/{index}/presence" in answer.url):  # noqa: B023
            for _ in range(int(step)):
                strip.press("ArrowRight")
        expect(strip).to_have_attribute("aria-valuenow", str(index + 1))
        opened.shown()
        opened.draw((110, 120), (140, 120), (140, 130))
        revision = 1 if admin.get(f"/images/{image_id}/frames/{index}")["masks"] == [] else 2
        opened.save(revision)
    listed = admin.get(f"/images/{image_id}/frames")["frames"]
    assert [one["index"] for one in listed if one["corrected"]] == [2, 3]
    _suggestions_are_decided_on(page, admin, image_id)
    strip.focus()
    with page.expect_response(lambda answer: "/frames/3/presence" in answer.url):
        strip.press("Home")
        for _ in range(3):
            strip.press("ArrowRight")
    opened.shown()
    opened.submit()
    wait_until(lambda: admin.get(f"/images/{image_id}")["state"] == "submitted")
    readings = [admin.get(f"/images/{image_id}/frames/{one}")["readings"][0] for one in (2, 3)]
    assert all(one["submitted_revision"] for one in readings)


def _first_picture_before_the_drawing(opened: ImagePage) -> ImagePage:
    """Open the page: the picture is shown before the page's scripts arrive, and stays until the
    frame to draw on does."""
    page, held, scripts = opened.page, list[Route](), list[Route]()
    page.route("**/frame?*", lambda route: held.append(route))
    page.route("**/assets/packages-*.js", lambda route: scripts.append(route))
    page.goto(opened.address, wait_until="commit")
    first = page.locator("img[data-first-picture]")
    expect(first).to_be_visible(timeout=120_000)
    for route in scripts:
        route.continue_()
    page.unroute("**/assets/packages-*.js")
    page.wait_for_function(PAINTED)
    expect(first).to_have_count(0)
    expect(opened.tool("Ruler")).to_be_disabled()
    wait_until(lambda: [page.evaluate("0"), *held][1:])
    for route in held:
        route.continue_()
    page.unroute("**/frame?*")
    return opened.shown()


def _suggestions_are_decided_on(page: Page, admin: Person, image_id: str) -> None:
    """Request suggestions around frames 3 and 4, accept one by a key, then the rest together, and
    undo that."""

    def standing() -> tuple[list[int], list[int]]:
        listed = admin.get(f"/images/{image_id}/frames")["frames"]
        suggested = [one["index"] for one in listed if one["suggestion"]]
        return suggested, [one["index"] for one in listed if one["corrected"]]

    area = page.get_by_role("region", name="Suggestions")
    area.get_by_role("button", name="Suggest on other frames").click()
    page.get_by_role("menuitem", name="5 frames to either side", exact=True).click()
    expect(area.get_by_text("7 suggestions")).to_be_visible(timeout=60_000)
    assert standing() == ([0, 1, 4, 5, 6, 7, 8], [2, 3])
    with page.expect_response(lambda answer: answer.url.endswith("/frames/4/suggestion")):
        page.keyboard.press("Alt+j")
    accept = area.get_by_role("button", name="Accept", exact=True)
    expect(accept).to_be_enabled()
    assert not violations(page)
    page.keyboard.press("Alt+y")
    expect(area.get_by_text("6 suggestions")).to_be_visible()
    assert standing() == ([0, 1, 5, 6, 7, 8], [2, 3, 4])
    page.keyboard.press("Alt+u")
    expect(page.get_by_text("6 frames accepted.")).to_be_visible()
    assert standing() == ([], [0, 1, 2, 3, 4, 5, 6, 7, 8])
    page.keyboard.press("Alt+z")
    expect(page.get_by_text("They are suggestions again.")).to_be_visible()
    assert standing() == ([0, 1, 5, 6, 7, 8], [2, 3, 4])
    page.keyboard.press("Alt+n")
    expect(area.get_by_text("5 suggestions")).to_be_visible()


def test_a_cine_that_two_people_read_is_decided_frame_by_frame(
    visit: Visit, admin: Person, reviewer: Person
) -> None:
    first, second = (admin.invite(name, "annotator") for name in ("Dora Reader", "Emil Reader"))
    image_id = admin.upload(cine_dicom(cine_frames(6, HEIGHT, WIDTH)[0]))
    people = {"reader_ids": [first.id, second.id], "blind": True}
    reviewer.client.post(f"/images/{image_id}/readings", json=people).raise_for_status()
    # Both outline the second frame, and each outlines one more frame alone.
    saved = {
        (who, frame): who.save_frame(image_id, frame, left, HEIGHT, WIDTH)
        for who, frame, left in (
            (first, 1, 100),
            (first, 4, 100),
            (second, 1, 110),
            (second, 3, 110),
        )
    }
    for who, frame in ((first, 4), (second, 3)):
        body = {"revision": saved[who, frame]}
        address = f"/images/{image_id}/frames/{frame}/submit"
        who.client.post(address, json=body).raise_for_status()
    submitted = lambda: reviewer.get(f"/images/{image_id}/submitted-frames")["items"]  # noqa: E731
    wait_until(lambda: [one["dice"] is not None for one in submitted()] == [True, False, False])

    desk = visit(reviewer)
    desk.goto(f"{reviewer.url}/ui/images/{image_id}/adjudicate?queue=to-adjudicate")
    frames = desk.get_by_role("navigation", name="Frames of the cine")
    dice = f"{submitted()[0]['dice']:.2f}"
    expect(frames.get_by_role("button", name=f"Frame 2 Dice {dice}")).to_be_visible()
    mine, other = desk.get_by_label("First reading"), desk.get_by_label("Second reading")
    expect(mine).to_contain_text(first.name)
    number = saved[second, 1]
    choose = f"Choose revision {number} of {second.name} for this frame"
    desk.get_by_role("button", name=choose).click()
    expect(frames.get_by_role("button", name=f"Frame 2 Dice {dice} chosen")).to_be_visible()
    assert not violations(desk)

    # Only one reader outlined the next frame; that reader stays in the same column.
    desk.keyboard.press(".")
    expect(frames.get_by_role("button", name="Frame 4 one reader")).to_have_attribute(
        "aria-current", "true"
    )
    expect(mine).to_contain_text("Nothing drawn on this frame")
    expect(other.get_by_role("button", name="Choose", exact=False)).to_be_visible()
    desk.keyboard.press("2")
    desk.keyboard.press("c")
    expect(frames.get_by_role("button", name="Frame 4 one reader chosen")).to_be_visible()

    # Decisions stay; the first reader's outlines are chosen on the remaining frames.
    frames.get_by_role("button", name=f"All of {first.name}").click()
    frames.get_by_role("button", name="Approve 3 of 3 frames").click()
    wait_until(lambda: reviewer.get(f"/images/{image_id}")["state"] == "approved")
    approved = {
        frame: reviewer.get(f"/images/{image_id}/frames/{frame}")["approved_revision"]
        for frame in range(6)
    }
    chosen = {1: saved[second, 1], 3: saved[second, 3], 4: saved[first, 4]}
    assert {frame: number for frame, number in approved.items() if number} == chosen
