"""Bars have room for the texts of every language."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TABLET, Visit
from tests.e2e.people import Person
from tests.e2e.words import words

LANGUAGES = {"en": "en-GB", "de": "de-DE", "es": "es-ES", "zh-Hans": "zh-CN"}
APART = """(bar) => {
  const shown = [...bar.children].filter((one) => one.checkVisibility());
  const tops = shown.map((one) => one.getBoundingClientRect().top);
  return Math.max(...tops) - Math.min(...tops);
}"""
"""The distance in px between the tops of a bar's highest and lowest visible items."""
CUT = """(bar) => {
  const box = bar.querySelector('[class*="options"]');
  const end = box.getBoundingClientRect().right;
  const tall = bar.getBoundingClientRect();
  const cut = [];
  for (const one of box.querySelectorAll('*')) {
    if (!one.checkVisibility() || one.children.length > 0 || !one.textContent) continue;
    if (one.getBoundingClientRect().width <= 1) continue;  // for those who hear the page
    const text = document.createRange();
    text.selectNodeContents(one);
    const { right, top, bottom } = text.getBoundingClientRect();
    const whole = right <= end && top >= tall.top && bottom <= tall.bottom;
    const hint = one.closest('[class*="hint"]') !== null;
    const clamped = hint && one.scrollHeight > one.clientHeight + 2;
    if (!whole || clamped) cut.push(one.textContent);
  }
  return cut;
}"""
"""Texts of a tool's options that run out of the bar or are truncated."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_filter_of_the_worklist_is_in_one_row(
    language: str, visit: Visit, reviewer: Person
) -> None:
    page = visit(reviewer, locale=LANGUAGES[language])
    page.goto(f"{reviewer.url}/ui/worklist?state=approved&lesions=several")
    bar = page.get_by_role("search")
    expect(bar.get_by_role("button", name=words(language)("Clear filters"))).to_be_visible()
    expect(bar.get_by_role("button", name=words(language)("Views"))).to_be_visible()
    for name in ("State", "Lesions", "Text in the picture", "Model", "Owner", "Order"):
        expect(bar.get_by_role("combobox", name=words(language)(name))).to_be_visible()
    assert bar.evaluate(APART) < 10


def test_on_a_tablet_a_filter_that_narrows_stays_in_sight(visit: Visit, reviewer: Person) -> None:
    page = visit(reviewer, viewport=TABLET)
    page.goto(f"{reviewer.url}/ui/worklist?text=suspected")
    bar = page.get_by_role("search")
    model = bar.get_by_role("combobox", name="Model")
    expect(bar.get_by_role("combobox", name="State")).to_be_visible()
    expect(bar.get_by_role("combobox", name="Text in the picture")).to_have_value("Suspected")
    expect(model).to_be_hidden()
    bar.get_by_role("button", name="Filters", exact=True).click()
    expect(model).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_options_of_every_tool_are_whole_on_a_tablet(
    language: str, visit: Visit, annotator: Person
) -> None:
    page = visit(annotator, viewport=TABLET, has_touch=True, locale=LANGUAGES[language])
    page.goto(f"{annotator.url}/ui/images/{annotator.upload()}")
    page.get_by_test_id("save-state").wait_for(state="attached")
    rail = page.get_by_role("toolbar", name=words(language)("Tools"), exact=True)
    bar = page.get_by_role("toolbar", name=words(language)("Tool options"))
    brush = rail.get_by_role("button", name=words(language)("Brush"))
    brush.click()
    expect(bar.get_by_role("checkbox", name=words(language)("Pressure"))).to_be_in_viewport(ratio=1)
    cut = {}
    for tool in rail.get_by_role("button").all():
        if tool.is_enabled():
            tool.click()
            expect(tool).to_have_attribute("aria-pressed", "true")
            cut[tool.get_attribute("aria-label")] = bar.evaluate(CUT)
    assert len(cut) > 20
    assert not {name: texts for name, texts in cut.items() if texts}
