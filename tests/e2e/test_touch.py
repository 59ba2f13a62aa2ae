"""On an upright tablet and a phone, targets measure 44 px and no page is too wide."""

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.e2e.conftest import PHONE, Visit
from tests.e2e.people import Person, square
from tests.processes import wait_until

UPRIGHT: ViewportSize = {"width": 768, "height": 1024}
SMALL = """() => {
  const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"], ' +
    '[role=button], [role=tab], [role=radio], [role=switch], [role=slider], [role=menuitem]';
  const hits = (one, x, y) => {
    const at = document.elementFromPoint(x, y);
    return at !== null && [one, ...(one.labels ?? [])].some((part) => part.contains(at));
  };
  const seen = (x, y) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  const small = [];
  for (const one of document.querySelectorAll(all)) {
    if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) continue;
    const inText = getComputedStyle(one).display === 'inline' && one.closest('p');
    if (inText) continue;
    one.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const { left, top, width, height } = one.getBoundingClientRect();
    if (width * height === 0) continue;
    const [x, y] = [left + width / 2, top + height / 2];
    // What lies under something else, or out of sight until it has the focus, is no target.
    if (!seen(x, y) || !hits(one, x, y)) continue;
    const ends = [[21, 0], [-21, 0], [0, 21], [0, -21]].map(([dx, dy]) => [x + dx, y + dy]);
    if (ends.some((end) => seen(...end) && !hits(one, ...end))) {
      const name = one.getAttribute('aria-label') ?? one.textContent;
      small.push(`${name.trim()}: ${Math.round(width)} × ${Math.round(height)}`);
    }
  }
  return small;
}"""
"""Controls that can be pressed but do not respond 21 px from their middle."""
TABS = {"Findings": "Answer", "Comments": "Pin a comment", "Image": "How this result was made"}
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def images(admin: Person, annotator: Person, reviewer: Person) -> dict[str, str]:
    """Images by what the reviewer is to do with them."""
    found = {name: annotator.upload() for name in ("read", "review", "adjudicate")}
    place = {"x": 100, "y": 90, "text": "Shadow or lesion?"}
    annotator.client.post(f"/images/{found['read']}/pins", json=place).raise_for_status()
    annotator.hand_in(found["review"], square(100))
    readers = [admin.invite("Fay Reader", "annotator"), admin.invite("Gus Reader", "annotator")]
    pair = {"reader_ids": [reader.id for reader in readers], "blind": True}
    path = f"/images/{found['adjudicate']}"
    reviewer.client.post(f"{path}/readings", json=pair).raise_for_status()
    for reader, left in zip(readers, (100, 130), strict=True):
        reader.hand_in(found["adjudicate"], square(left))
    wait_until(lambda: reviewer.client.get(f"{path}/agreement").is_success)
    return found


@pytest.mark.parametrize("size", [UPRIGHT, PHONE], ids=["tablet", "phone"])
def test_fingers_find_what_they_press(
    size: ViewportSize, visit: Visit, reviewer: Person, images: dict[str, str]
) -> None:
    page = visit(reviewer, viewport=size, has_touch=True, is_mobile=True)

    def held(path: str, *shown: Locator) -> None:
        page.goto(f"{reviewer.url}/ui/{path}")
        for one in shown:
            expect(one).to_be_visible()
        expect_room(page)

    held("worklist", page.locator('a[href*="/ui/images/"]').first)
    for one in ("read", "review"):
        held(f"images/{images[one]}", page.get_by_test_id("save-state"))
        page.get_by_role("button", name="Findings and history").click()
        for tab, panel in TABS.items():
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_role("tabpanel").get_by_text(panel).first).to_be_visible()
            expect_room(page)
    page.get_by_role("tab", name="Findings").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    held(
        f"images/{images['adjudicate']}/adjudicate",
        page.locator("dl").filter(has_text="HD95"),
    )


def expect_room(page: Page) -> None:
    """Check that no control is too small to press and the page does not scroll sideways."""
    assert page.evaluate("() => matchMedia('(pointer: coarse)').matches")
    assert page.evaluate(TOO_WIDE) <= 0
    small = page.evaluate(SMALL)
    assert not small, small
